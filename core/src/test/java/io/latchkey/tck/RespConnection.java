package io.latchkey.tck;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.Arrays;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A plain connection to a server, to look at what a store has done there: one command at a time,
 * each waiting for its answer.
 *
 * <p>Safe for use by several threads, which take turns.
 */
public final class RespConnection implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MS = 2_000;
  private static final int ANSWER_TIMEOUT_MS = 10_000;
  private static final int DEFAULT_PORT = 6379;

  private final Socket socket;
  private byte[] buffer = new byte[8192];
  private int filled;

  private RespConnection(Socket socket) {
    this.socket = socket;
  }

  /**
   * Connects, signs in and selects the database that the URI names.
   *
   * @param uri {@code valkey://[[user:]password@]host[:port][/database]}; {@code redis} is the
   *     same, {@code valkeys} and {@code rediss} use TLS
   * @return the connection
   * @throws UncheckedIOException if there is no connection to be had
   * @throws IllegalArgumentException if this is no such URI; the message does not repeat it
   */
  public static RespConnection open(String uri) {
    URI parsed = parse(uri);
    RespConnection connection = new RespConnection(connect(parsed));
    try {
      String user = parsed.getUserInfo();
      if (user != null) {
        String[] parts = user.split(":", 2);
        if (parts.length == 1) {
          connection.call("AUTH", parts[0]);
        } else if (parts[0].isEmpty()) {
          connection.call("AUTH", parts[1]);
        } else {
          connection.call("AUTH", parts[0], parts[1]);
        }
      }
      if (parsed.getPath() != null && parsed.getPath().length() > 1) {
        connection.call("SELECT", parsed.getPath().substring(1));
      }
      return connection;
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * The URI without user and password.
   *
   * @param uri a server's URI
   * @return what may be printed of it
   */
  static String withoutPassword(String uri) {
    URI parsed = parse(uri);
    String path = parsed.getPath() == null ? "" : parsed.getPath();
    return parsed.getScheme() + "://" + parsed.getHost() + ":" + port(parsed) + path;
  }

  /**
   * Sends a command and waits for its answer.
   *
   * @param words the command's name and its arguments
   * @return the answer: a String, a Long, a List of these, or null
   * @throws Resp.ErrorReply if the server answers with an error
   * @throws UncheckedIOException if the connection fails
   */
  public synchronized @Nullable Object call(String... words) {
    try {
      socket.getOutputStream().write(Resp.command(words));
      int end = Resp.end(buffer, 0, filled);
      while (end < 0) {
        if (filled == buffer.length) {
          buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        }
        int read = socket.getInputStream().read(buffer, filled, buffer.length - filled);
        if (read < 0) {
          throw new IOException("the server closed the connection");
        }
        filled += read;
        end = Resp.end(buffer, 0, filled);
      }
      Object answer = Resp.decode(buffer, 0, end);
      System.arraycopy(buffer, end, buffer, 0, filled - end);
      filled -= end;
      if (answer instanceof Resp.ErrorReply error) {
        throw error;
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Socket connect(URI uri) {
    boolean tls = uri.getScheme().equals("valkeys") || uri.getScheme().equals("rediss");
    Socket socket = null;
    try {
      socket = tls ? SSLSocketFactory.getDefault().createSocket() : new Socket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(ANSWER_TIMEOUT_MS);
      socket.connect(new InetSocketAddress(uri.getHost(), port(uri)), CONNECT_TIMEOUT_MS);
      return socket;
    } catch (IOException e) {
      try {
        if (socket != null) {
          socket.close();
        }
      } catch (IOException ignored) {
        e.addSuppressed(ignored);
      }
      throw new UncheckedIOException(e);
    }
  }

  private static int port(URI uri) {
    return uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
  }

  private static URI parse(String uri) {
    if (uri.matches("(valkey|redis)s?://.+")) {
      try {
        URI parsed = URI.create(uri);
        if (parsed.getHost() != null) {
          return parsed;
        }
      } catch (IllegalArgumentException e) {
        // Its message repeats the URI, and so the password.
      }
    }
    throw new IllegalArgumentException(
        "not a server's URI, as valkey://localhost:6379 or valkeys://user:password@host:port is");
  }
}
