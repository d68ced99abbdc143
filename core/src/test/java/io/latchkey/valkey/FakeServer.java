package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.latchkey.tck.Resp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Says what no server says that can be had here: it answers each command by a function. */
final class FakeServer implements AutoCloseable {
  /** No answer, and the end of the connection. */
  static final String HANG_UP = "hang up";

  /** An answer: none, and the connection stays open. */
  static final String SILENCE = "";

  private final Phaser connections = new Phaser(1);
  private final ServerSocket socket;
  private final Function<List<?>, String> answers;

  /**
   * Starts it.
   *
   * @param answers the answer, in the wire protocol without its last line end, to a command; {@link
   *     #HANG_UP} closes the connection instead, {@link #SILENCE} sends none
   */
  FakeServer(Function<List<?>, String> answers) {
    this.answers = answers;
    try {
      socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  /** What a server of that version answers to HELLO 3. */
  static String hello(String version) {
    return String.join(
        "\r\n",
        "%7",
        bulk("server") + "\r\n" + bulk("redis"),
        bulk("version") + "\r\n" + bulk(version),
        bulk("proto") + "\r\n:3",
        bulk("id") + "\r\n:7",
        bulk("mode") + "\r\n" + bulk("standalone"),
        bulk("role") + "\r\n" + bulk("master"),
        bulk("modules") + "\r\n*0");
  }

  /** Waits until all connections that were made are closed. */
  void awaitNoConnection(Duration patience) {
    try {
      connections.awaitAdvanceInterruptibly(
          connections.arrive(), patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("connections are still open", e);
    }
  }

  String uri() {
    return "valkey://127.0.0.1:" + socket.getLocalPort();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = socket.accept();
        connections.register();
        start(() -> serve(client));
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  private void serve(Socket client) {
    byte[] buffer = new byte[1 << 16];
    int filled = 0;
    try (client) {
      for (int read = 0; read >= 0; read = client.getInputStream().read(buffer, filled, 4096)) {
        filled += read;
        int end;
        while ((end = Resp.end(buffer, 0, filled)) >= 0) {
          List<?> command = (List<?>) Objects.requireNonNull(Resp.decode(buffer, 0, end));
          System.arraycopy(buffer, end, buffer, 0, filled - end);
          filled -= end;
          String answer = answer(command);
          if (answer.equals(HANG_UP)) {
            return;
          }
          if (!answer.equals(SILENCE)) {
            client.getOutputStream().write((answer + "\r\n").getBytes(UTF_8));
          }
        }
      }
    } catch (IOException e) {
      // The client has gone.
    } finally {
      connections.arriveAndDeregister();
    }
  }

  private String answer(List<?> command) {
    String name = String.valueOf(command.get(0)).toUpperCase(Locale.ROOT);
    return switch (name) {
      case "PING" -> "+PONG";
      case "CLIENT" -> "+OK";
      default -> answers.apply(command);
    };
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "fake-server");
    thread.setDaemon(true);
    thread.start();
  }
}
