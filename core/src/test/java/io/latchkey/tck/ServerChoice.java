package io.latchkey.tck;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Decides which server the tests use. It starts nothing. */
enum ServerChoice {
  /** The one that runs at the URI in the environment. */
  URI,
  /** {@code valkey-server} on the PATH. */
  PATH,
  /** A container. */
  DOCKER,
  /** The binary that comes as a dependency. */
  EMBEDDED;

  /** The environment variable that names a running server. */
  static final String URI_VARIABLE = "LATCHKEY_TEST_URI";

  private static final String EXECUTABLE = "valkey-server";

  /** The server that all test classes share. */
  static ServerChoice shared(
      @Nullable String uri, @Nullable String path, BooleanSupplier dockerAnswers) {
    return uri != null && !uri.isBlank() ? URI : ofOnesOwn(path, dockerAnswers);
  }

  /** A server that is started for one test, whatever runs elsewhere. */
  static ServerChoice ofOnesOwn(@Nullable String path, BooleanSupplier dockerAnswers) {
    if (executableOn(path).isPresent()) {
      return PATH;
    }
    return dockerAnswers.getAsBoolean() ? DOCKER : EMBEDDED;
  }

  static Optional<Path> executableOn(@Nullable String path) {
    if (path == null) {
      return Optional.empty();
    }
    for (String folder : path.split(File.pathSeparator, -1)) {
      if (!folder.isEmpty()) {
        Path file = Path.of(folder, EXECUTABLE).toAbsolutePath();
        if (Files.isRegularFile(file) && Files.isExecutable(file)) {
          return Optional.of(file);
        }
      }
    }
    return Optional.empty();
  }
}
