package io.latchkey.benchmarks;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import redis.embedded.RedisServer;

/**
 * The server that a benchmark runs against: the one of the system property {@code latchkey.uri} or
 * the environment variable {@code LATCHKEY_URI}; else a {@code valkey-server} of the PATH, started
 * for this run; else the embedded binary. It says once on standard output which one it is.
 */
final class BenchServer implements AutoCloseable {
  private static final int KEYS_PER_SCAN = 1_000;
  private static final AtomicBoolean SAID = new AtomicBoolean();

  private final String uri;
  private final Stoppable process;

  private BenchServer(String uri, Stoppable process) {
    this.uri = uri;
    this.process = process;
  }

  static BenchServer start() {
    BenchServer server = given().or(BenchServer::fromPath).orElseGet(BenchServer::embedded);
    if (SAID.compareAndSet(false, true)) {
      System.out.printf("%n# Server: %s%n", server.describe());
    }
    return server;
  }

  String uri() {
    return uri;
  }

  /** Lettuce knows Valkey's URIs by their older schemes only. */
  static RedisURI lettuceUri(String uri) {
    return RedisURI.create(uri.replaceFirst("^valkey", "redis"));
  }

  /** Deletes whatever the benchmarks have stored, and nothing else. */
  void clear() {
    ask(
        commands -> {
          ScanArgs ours =
              ScanArgs.Builder.matches(SessionData.NAMESPACE + ":*").limit(KEYS_PER_SCAN);
          ScanCursor cursor = ScanCursor.INITIAL;
          while (!cursor.isFinished()) {
            KeyScanCursor<String> found = commands.scan(cursor, ours);
            if (!found.getKeys().isEmpty()) {
              commands.unlink(found.getKeys().toArray(String[]::new));
            }
            cursor = found;
          }
          return cursor;
        });
  }

  /** Asks the server something, on a connection of its own. */
  <T> T ask(Function<RedisCommands<String, String>, T> question) {
    RedisClient client = RedisClient.create(lettuceUri(uri));
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      return question.apply(connection.sync());
    } finally {
      client.shutdown();
      client.getResources().shutdown().syncUninterruptibly();
    }
  }

  @Override
  public void close() {
    process.stop();
  }

  private String describe() {
    String info = ask(commands -> commands.info("server"));
    RedisURI address = lettuceUri(uri);
    String version =
        version(info, "valkey_version:", "Valkey ")
            .or(() -> version(info, "redis_version:", "Redis "))
            .orElse("unknown");
    return version + " at " + address.getHost() + ":" + address.getPort();
  }

  private static Optional<String> version(String info, String field, String product) {
    return info.lines()
        .filter(line -> line.startsWith(field))
        .findFirst()
        .map(line -> product + line.substring(field.length()));
  }

  private static Optional<BenchServer> given() {
    return Optional.ofNullable(System.getProperty("latchkey.uri"))
        .or(() -> Optional.ofNullable(System.getenv("LATCHKEY_URI")))
        .map(uri -> new BenchServer(uri, () -> {}));
  }

  private static Optional<BenchServer> fromPath() {
    return ServerProcess.executable()
        .map(
            executable -> {
              int port = freePort();
              ServerProcess started = ServerProcess.start(executable, port);
              return new BenchServer("redis://127.0.0.1:" + port, started::stop);
            });
  }

  private static BenchServer embedded() {
    int port = freePort();
    try {
      RedisServer server =
          RedisServer.newRedisServer()
              .port(port)
              .bind("127.0.0.1")
              .setting("save \"\"")
              .setting("appendonly no")
              .onShutdownForceStop(true)
              .build();
      server.start();
      return new BenchServer("redis://127.0.0.1:" + port, () -> stop(server));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "No server given by -Dlatchkey.uri or LATCHKEY_URI, no valkey-server on the PATH, and"
              + " the embedded one does not start",
          e);
    }
  }

  private static void stop(RedisServer server) {
    try {
      server.stop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How a server is stopped: not at all, if it is somebody else's. */
  private interface Stoppable {
    void stop();
  }
}
