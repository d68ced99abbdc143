package io.latchkey.tck;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/** Gets servers running, as {@link ServerChoice} decides, and knows the one that all share. */
final class TestServers {
  private static @Nullable Shared shared;
  private static @Nullable Path embedded;
  private static @Nullable Boolean docker;

  private TestServers() {}

  /** The server that all test classes of this JVM share; started, and announced, the first time. */
  static synchronized Shared shared() {
    Shared server = shared;
    if (server == null) {
      server = open();
      System.out.println(server.announcement());
      shared = server;
    }
    return server;
  }

  /** Another server, of the kind that the tests use. */
  static ServerProcess start(String... args) {
    return start(ServerChoice.ofOnesOwn(path(), TestServers::dockerAnswers), Arrays.asList(args));
  }

  private static Shared open() {
    String given = System.getenv(ServerChoice.URI_VARIABLE);
    ServerChoice choice = ServerChoice.shared(given, path(), TestServers::dockerAnswers);
    if (choice == ServerChoice.URI && given != null) {
      return new Shared(choice, given, RespConnection.open(given));
    }
    String uri = start(choice, List.of()).uri();
    return new Shared(choice, uri, RespConnection.open(uri));
  }

  private static ServerProcess start(ServerChoice choice, List<String> args) {
    return switch (choice) {
      case PATH -> NativeServerProcess.start(ServerChoice.executableOn(path()).orElseThrow(), args);
      case DOCKER -> ContainerServerProcess.start(args);
      case EMBEDDED -> NativeServerProcess.start(embeddedExecutable(), args);
      case URI -> throw new IllegalArgumentException("a given server cannot be started");
    };
  }

  private static @Nullable String path() {
    return System.getenv("PATH");
  }

  private static synchronized boolean dockerAnswers() {
    Boolean answers = docker;
    if (answers == null) {
      try {
        answers = ContainerServerProcess.dockerAnswers();
      } catch (NoClassDefFoundError e) {
        // Testcontainers is not on the class path.
        answers = false;
      }
      docker = answers;
    }
    return answers;
  }

  private static synchronized Path embeddedExecutable() {
    Path executable = embedded;
    if (executable == null) {
      try {
        Path folder = WorkFolder.create("embedded-");
        executable = ExecutableProvider.newJarResourceProvider(folder.toFile()).get().toPath();
        embedded = executable;
      } catch (NoClassDefFoundError e) {
        throw new IllegalStateException(
            "no server for the tests: set "
                + ServerChoice.URI_VARIABLE
                + ", put valkey-server on the PATH, start Docker (with Testcontainers on the class"
                + " path), or add com.github.codemonstur:embedded-redis to the class path",
            e);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return executable;
  }

  /** The shared server and a connection to it. */
  record Shared(ServerChoice choice, String uri, RespConnection connection) {

    String version() {
      String info = String.valueOf(connection.call("INFO", "server"));
      String valkey = field(info, "valkey_version");
      return valkey != null ? valkey : String.valueOf(field(info, "redis_version"));
    }

    String announcement() {
      String info = String.valueOf(connection.call("INFO", "server"));
      String name = field(info, "valkey_version") != null ? "valkey-server " : "redis-server ";
      String origin =
          switch (choice) {
            case URI -> " at the URI in " + ServerChoice.URI_VARIABLE;
            case PATH -> " from the PATH";
            case DOCKER -> " in a container";
            case EMBEDDED -> ", the embedded binary";
          };
      String where = RespConnection.withoutPassword(uri);
      return "Latchkey tests use " + name + version() + origin + " (" + where + ")";
    }

    private static @Nullable String field(String info, String name) {
      return info.lines()
          .filter(line -> line.startsWith(name + ":"))
          .map(line -> line.substring(name.length() + 1))
          .findFirst()
          .orElse(null);
    }
  }
}
