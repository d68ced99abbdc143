package io.latchkey.tck;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The one folder into which this JVM's test servers write. A shell deletes it when the JVM ends:
 * unlike a shutdown hook, it does so after SIGKILL too.
 */
final class WorkFolder {
  private static final String DELETE_AT_END_OF_INPUT =
      "trap '' HUP INT TERM; while read -r line; do :; done; rm -rf -- \"$0\"";

  private static @Nullable Path root;

  // Held, because its end is the end of the folder.
  @SuppressWarnings("unused")
  private static @Nullable Process janitor;

  private WorkFolder() {}

  /** A new, empty folder in it. */
  static synchronized Path create(String prefix) {
    try {
      Path parent = root;
      if (parent == null) {
        parent = Files.createTempDirectory("latchkey-tests-");
        janitor =
            new ProcessBuilder("sh", "-c", DELETE_AT_END_OF_INPUT, parent.toString())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start();
        root = parent;
      }
      return Files.createTempDirectory(parent, prefix);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
