package io.latchkey.shop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The server that keeps the shop's sessions: the one of {@code LATCHKEY_URI}, else one on
 * localhost:6379 if it answers, else one that the shop starts for itself.
 */
final class SessionServer implements AutoCloseable {
  private static final int DEFAULT_PORT = 6379;
  private static final int TIMEOUT_MILLIS = 500;

  private final String uri;
  private final String description;
  private final @Nullable EmbeddedServer embedded;

  private SessionServer(String uri, String description, @Nullable EmbeddedServer embedded) {
    this.uri = uri;
    this.description = description;
    this.embedded = embedded;
  }

  static SessionServer choose(@Nullable String configured) {
    if (configured != null && !configured.isBlank()) {
      return new SessionServer(
          configured.strip(), "the server at " + address(configured) + " (LATCHKEY_URI)", null);
    }
    if (answersPing(DEFAULT_PORT)) {
      return new SessionServer(
          "valkey://localhost:" + DEFAULT_PORT, "the server on localhost:" + DEFAULT_PORT, null);
    }
    int port = freePort();
    EmbeddedServer embedded = EmbeddedServer.start(port);
    return new SessionServer(
        embedded.uri(),
        "an embedded server on 127.0.0.1:"
            + port
            + ", which forgets everything when the shop stops",
        embedded);
  }

  /** With whatever is needed to connect, so not to be printed. */
  String uri() {
    return uri;
  }

  /** Tells people which server it is, without user name or password. */
  String description() {
    return description;
  }

  @Override
  public void close() {
    if (embedded != null) {
      embedded.close();
    }
  }

  /** Host and port only. */
  private static String address(String uri) {
    try {
      URI parsed = new URI(uri.strip());
      if (parsed.getHost() != null) {
        return parsed.getPort() < 0 ? parsed.getHost() : parsed.getHost() + ":" + parsed.getPort();
      }
    } catch (URISyntaxException e) {
      // Its message quotes the URI.
    }
    return "an address that cannot be read";
  }

  /** A server that asks for a password answers too, but not with PONG: that one is not for us. */
  static boolean answersPing(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("localhost", port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(5);
      return new String(answer, StandardCharsets.US_ASCII).equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new SessionServerException("an embedded server", e);
    }
  }
}
