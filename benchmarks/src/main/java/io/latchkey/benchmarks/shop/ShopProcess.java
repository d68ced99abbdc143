package io.latchkey.benchmarks.shop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A {@link ShopServer} in a JVM of its own, which ends with this one. */
final class ShopProcess implements AutoCloseable {
  /**
   * By itself each of the three would take up to a quarter of the machine's memory, and another one
   * on another machine.
   */
  private static final String HEAP = "-Xmx512m";

  private final Process process;
  private final int port;

  private ShopProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it, and waits until it serves. */
  static ShopProcess start(Variant variant, String uri) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-cp",
                System.getProperty("java.class.path"),
                ShopServer.class.getName(),
                variant.name(),
                uri)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String ready = passOn(out, ShopServer.READY);
    if (ready == null) {
      process.destroyForcibly();
      throw new IOException("The shop " + variant + " does not start");
    }
    readToTheEnd(out, variant);
    return new ShopProcess(process, Integer.parseInt(ready.substring(ShopServer.READY.length())));
  }

  /** Whatever else the shop says, in a full pipe it would wait for somebody to read it. */
  private static void readToTheEnd(BufferedReader out, Variant variant) {
    Thread reader =
        new Thread(
            () -> {
              try (out) {
                passOn(out, null);
              } catch (IOException e) {
                // The process was ended, and its pipe with it.
              }
            },
            "output-of-" + variant);
    reader.setDaemon(true);
    reader.start();
  }

  /** Passes on what the shop says, until a line that begins so; null if there is none. */
  private static @Nullable String passOn(BufferedReader out, @Nullable String until)
      throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (until != null && line.startsWith(until)) {
        return line;
      }
      System.err.println(line);
    }
    return null;
  }

  int port() {
    return port;
  }

  /** How it ended; empty while it runs. */
  OptionalInt exitCode() {
    return process.isAlive() ? OptionalInt.empty() : OptionalInt.of(process.exitValue());
  }

  /** At once, as there is nothing that it has to bring to an end. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
