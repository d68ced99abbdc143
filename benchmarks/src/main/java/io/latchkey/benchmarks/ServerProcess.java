package io.latchkey.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A {@code valkey-server} that keeps everything in memory, and ends with this process. */
final class ServerProcess {
  private static final Duration START_PATIENCE = Duration.ofSeconds(10);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

  private final Process process;
  private final Thread hook;

  private ServerProcess(Process process) {
    this.process = process;
    this.hook = new Thread(process::destroyForcibly, "stop-valkey-server");
  }

  /** The first {@code valkey-server} of the PATH. */
  static Optional<Path> executable() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, "valkey-server"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static ServerProcess start(Path executable, int port) {
    try {
      Path log = Files.createTempFile("latchkey-bench-valkey", ".log");
      log.toFile().deleteOnExit();
      ProcessBuilder command =
          new ProcessBuilder(
              executable.toString(),
              "--port",
              Integer.toString(port),
              "--bind",
              "127.0.0.1",
              "--save",
              "",
              "--appendonly",
              "no");
      command.redirectErrorStream(true).redirectOutput(log.toFile());
      ServerProcess server = new ServerProcess(command.start());
      Runtime.getRuntime().addShutdownHook(server.hook);
      server.awaitConnections(port, log);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + executable, e);
    }
  }

  void stop() {
    Runtime.getRuntime().removeShutdownHook(hook);
    process.destroy();
    try {
      if (!process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void awaitConnections(int port, Path log) throws IOException {
    long deadline = System.nanoTime() + START_PATIENCE.toNanos();
    while (!accepts(port)) {
      if (!process.isAlive() || System.nanoTime() - deadline > 0) {
        stop();
        throw new IOException("valkey-server does not answer:\n" + Files.readString(log));
      }
      pause();
    }
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private void pause() {
    try {
      // Ends early when the server does.
      process.waitFor(20, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      stop();
      Thread.currentThread().interrupt();
    }
  }
}
