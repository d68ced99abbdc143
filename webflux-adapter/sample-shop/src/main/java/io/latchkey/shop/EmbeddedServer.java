package io.latchkey.shop;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import redis.embedded.RedisServer;
import redis.embedded.core.ExecutableProvider;

/** A server of the shop's own, for whoever has none. It ends with the shop. */
final class EmbeddedServer implements AutoCloseable {
  /**
   * Runs the server, and ends it when standard input does: that is a pipe from this process, which
   * closes however this process ends, even if it is killed. The traps keep the shell alive until it
   * has done so.
   */
  private static final String END_WITH_PARENT =
      "trap '' INT HUP; trap : TERM; \"$@\" </dev/null & server=$!;"
          + " cat >/dev/null; kill $server; wait $server";

  private final RedisServer server;

  private EmbeddedServer(RedisServer server) {
    this.server = server;
  }

  static EmbeddedServer start(int port) {
    try {
      File executable = ExecutableProvider.newJarResourceProvider().get();
      List<String> command = new ArrayList<>();
      if (new File("/bin/sh").canExecute()) {
        command.addAll(List.of("/bin/sh", "-c", END_WITH_PARENT, "sh"));
      }
      command.addAll(
          List.of(
              executable.getAbsolutePath(),
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
      server.start();
      return new EmbeddedServer(server);
    } catch (IOException e) {
      throw new SessionServerException("an embedded server", e);
    }
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
