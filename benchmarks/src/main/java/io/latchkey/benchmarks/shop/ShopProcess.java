package io.latchkey.benchmarks.shop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A {@link ShopServer} in a JVM of its own, which ends with this one. */
final class ShopProcess implements AutoCloseable {
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
                "-cp",
                System.getProperty("java.class.path"),
                ShopServer.class.getName(),
                variant.name(),
                uri)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(ShopServer.READY)) {
        return new ShopProcess(
            process, Integer.parseInt(line.substring(ShopServer.READY.length())));
      }
    }
    process.destroyForcibly();
    throw new IOException("The shop " + variant + " does not start");
  }

  int port() {
    return port;
  }

  /** At once, as there is nothing that it has to bring to an end. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
