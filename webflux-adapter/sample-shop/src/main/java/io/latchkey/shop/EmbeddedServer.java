package io.latchkey.shop;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import redis.embedded.RedisServer;
import redis.embedded.core.ExecutableProvider;

/**
 * A server of the shop's own, if there is no other. It ends with the shop. It listens on loopback
 * only, and wants a password that is new at each start, as other users and web pages can reach
 * loopback too.
 */
final class EmbeddedServer implements AutoCloseable {
  /**
   * Runs the server, and ends it when standard input does: that is a pipe from this process, which
   * closes however this process ends, even if it is killed. The traps keep the shell alive until it
   * has done so.
   */
  private static final String END_WITH_PARENT =
      "trap '' INT HUP; trap : TERM; \"$@\" </dev/null & server=$!;"
          + " cat >/dev/null; kill $server; wait $server";

  private static final int PASSWORD_BYTES = 24;

  private final RedisServer server;
  private final String uri;

  private EmbeddedServer(RedisServer server, String uri) {
    this.server = server;
    this.uri = uri;
  }

  /** With the password, so not to be printed. */
  String uri() {
    return uri;
  }

  static EmbeddedServer start(int port) {
    try {
      File executable = ExecutableProvider.newJarResourceProvider().get();
      String password = newPassword();
      Path configuration = configuration(password);
      List<String> command = new ArrayList<>();
      if (new File("/bin/sh").canExecute()) {
        command.addAll(List.of("/bin/sh", "-c", END_WITH_PARENT, "sh"));
      }
      command.addAll(
          List.of(
              executable.getAbsolutePath(),
              configuration.toString(),
              "--port",
              String.valueOf(port),
              "--bind",
              "127.0.0.1",
              "--save",
              "",
              "--appendonly",
              "no",
              "--dir",
              executable.getParent()));
      // Its output must be read, or it stops once the pipe is full.
      var server = new RedisServer(port, command, false, line -> {}, line -> {});
      try {
        server.start();
      } finally {
        Files.deleteIfExists(configuration);
      }
      return new EmbeddedServer(server, "valkey://:" + password + "@127.0.0.1:" + port);
    } catch (IOException e) {
      throw new SessionServerException("an embedded server", e);
    }
  }

  private static String newPassword() {
    byte[] random = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  /** Everybody can read the arguments of a process, but only its user a temporary file. */
  private static Path configuration(String password) throws IOException {
    Path file = Files.createTempFile("shop-sessions", ".conf");
    Files.writeString(file, "requirepass " + password + "\n");
    return file;
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (IOException e) {
      throw new IllegalStateException("The embedded server did not stop", e);
    }
  }
}
