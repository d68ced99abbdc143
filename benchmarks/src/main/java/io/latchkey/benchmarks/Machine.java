package io.latchkey.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Where and with what something was measured.
 *
 * @param cpu the model of its processors, or its architecture where the system does not tell
 * @param cores how many the JVM may use
 * @param memoryGib how much memory it has
 * @param os the system and its version
 * @param jvm the JVM and its version
 * @param versions of the libraries, and of the server, by their names
 */
public record Machine(
    String cpu, int cores, long memoryGib, String os, String jvm, Map<String, String> versions) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /** This machine, with the server that was used, such as {@code Valkey 8.0.1}. */
  public static Machine here(String server) {
    Map<String, String> versions = libraries();
    int space = server.lastIndexOf(' ');
    versions.put(server.substring(0, Math.max(space, 0)), server.substring(space + 1));
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return new Machine(
        processor(),
        Runtime.getRuntime().availableProcessors(),
        Math.round(memory / (double) (1 << 30)),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
        versions);
  }

  private static Map<String, String> libraries() {
    Properties properties = new Properties();
    try (Reader reader =
        new InputStreamReader(
            Objects.requireNonNull(Machine.class.getResourceAsStream("versions.properties")),
            StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> versions = new TreeMap<>();
    properties.forEach((name, version) -> versions.put((String) name, (String) version));
    return versions;
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
