package io.latchkey.tck;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A server as a child process of this JVM.
 *
 * <p><b>How it ends with the JVM.</b> A shell starts a watcher and then becomes the server ({@code
 * exec}), so that the process known to Java is the server itself. The watcher alone holds the end
 * of a pipe whose other end only the JVM has. However the JVM ends, SIGKILL included, the system
 * closes the pipe, and the watcher kills the server. Java closes the pipe as well when the server
 * ends first, so no watcher stays behind.
 */
final class NativeServerProcess implements ServerProcess {
  private static final String BECOME_THE_SERVER =
      """
      exec 3<&0
      (
        trap '' HUP INT TERM
        while read -r line <&3; do :; done
        kill -9 $$
      ) </dev/null 2>/dev/null &
      exec 3<&-
      exec "$@" </dev/null
      """;

  private static final Duration START_TIMEOUT = Duration.ofSeconds(20);
  private static final int START_ATTEMPTS = 5;
  private static final int POLL_MS = 5;

  private final Path folder;
  private final int port;
  private final List<String> command;
  private Process process;

  private NativeServerProcess(Path executable, int port, List<String> args) {
    this.folder = WorkFolder.create("server-");
    this.port = port;
    this.command = new ArrayList<>(List.of("sh", "-c", BECOME_THE_SERVER, "sh"));
    this.command.add(executable.toString());
    boolean hasFile = !args.isEmpty() && !args.get(0).startsWith("--");
    if (hasFile) {
      this.command.add(args.get(0));
    }
    this.command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    this.command.addAll(List.of("--dir", folder.toString(), "--save", "", "--appendonly", "no"));
    this.command.addAll(hasFile ? args.subList(1, args.size()) : args);
    this.process = launch();
  }

  static NativeServerProcess start(Path executable, List<String> args) {
    for (int attempt = 1; ; attempt++) {
      NativeServerProcess server = new NativeServerProcess(executable, freePort(), args);
      try {
        server.awaitAnswer();
        return server;
      } catch (PortTakenException e) {
        server.close();
        if (attempt == START_ATTEMPTS) {
          throw e;
        }
      } catch (RuntimeException e) {
        server.close();
        throw e;
      }
    }
  }

  @Override
  public String uri() {
    return "valkey://127.0.0.1:" + port;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void pause() {
    signal("STOP");
  }

  @Override
  public void resume() {
    signal("CONT");
  }

  @Override
  public void restart() {
    kill();
    process = launch();
    awaitAnswer();
  }

  @Override
  public void close() {
    kill();
    if (Files.exists(folder)) {
      WorkFolder.delete(folder);
    }
  }

  private Process launch() {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(log().toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a server through sh", e);
    }
  }

  private void awaitAnswer() {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (!answers()) {
      if (!process.isAlive()) {
        throw ended();
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the server did not answer within " + START_TIMEOUT + "; its log:\n" + readLog());
      }
      pauseBriefly();
    }
    if (!process.isAlive()) {
      // Somebody else's server answered on this port.
      throw ended();
    }
  }

  private boolean answers() {
    try (RespConnection connection = RespConnection.open(uri())) {
      connection.call("PING");
      return true;
    } catch (Resp.ErrorReply e) {
      // It wants a password: it is up.
      return !String.valueOf(e.getMessage()).startsWith("LOADING");
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private RuntimeException ended() {
    String log = readLog();
    return log.contains("ddress already in use")
        ? new PortTakenException(log)
        : new IllegalStateException("the server ended at its start; its log:\n" + log);
  }

  private void signal(String name) {
    try {
      String pid = Long.toString(process.pid());
      Process kill =
          new ProcessBuilder("sh", "-c", "kill -" + name + " \"$0\"", pid).inheritIO().start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("no signal " + name + " to a server that has ended");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Path log() {
    return folder.resolve("server.log");
  }

  private String readLog() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      return "not readable: " + e;
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pauseBriefly() {
    try {
      Thread.sleep(POLL_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a server started", e);
    }
  }

  /** Between our look for a free port and the server's start, somebody took it. */
  private static final class PortTakenException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    PortTakenException(String log) {
      super("the server's port was taken; its log:\n" + log);
    }
  }
}
