package io.latchkey.benchmarks;

import io.lettuce.core.FlushMode;
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
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisServer;

/**
 * The server that a benchmark runs against: the one of the system property {@code latchkey.uri} or
 * the environment variable {@code LATCHKEY_URI}; else a {@code valkey-server} of the PATH, started
 * for this run; else the embedded binary. It says once on standard output which one it is.
 */
public final class BenchServer implements AutoCloseable {
  private static final int KEYS_PER_SCAN = 1_000;
  private static final AtomicBoolean SAID = new AtomicBoolean();

  private final String uri;
  private final @Nullable Stoppable process;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;

  private BenchServer(String uri, @Nullable Stoppable process) {
    this.uri = uri;
    this.process = process;
    client = RedisClient.create(lettuceUri(uri));
    connection = client.connect();
  }

  /** Somebody else's server: nothing but our own keys may be deleted, and it is left running. */
  static BenchServer of(String uri) {
    return new BenchServer(uri, null);
  }

  /** Whether the server is somebody else's. */
  public static boolean isGiven() {
    return givenUri().isPresent();
  }

  /** The server of this run, found or started. */
  public static BenchServer start() {
    BenchServer server =
        givenUri().map(BenchServer::of).or(BenchServer::fromPath).orElseGet(BenchServer::embedded);
    if (SAID.compareAndSet(false, true)) {
      System.out.printf("%n# Server: %s%n", server.describe());
    }
    return server;
  }

  /** Where it is, in the older scheme that all clients know. */
  public String uri() {
    return uri;
  }

  /** Its host and port, which is the usual one where the URI names none. */
  public InetSocketAddress address() {
    RedisURI parsed = lettuceUri(uri);
    return new InetSocketAddress(parsed.getHost(), parsed.getPort());
  }

  static RedisURI lettuceUri(String uri) {
    return RedisURI.create(redisUri(uri));
  }

  /** Most clients know Valkey's URIs by their older schemes only. */
  public static String redisUri(String uri) {
    return uri.replaceFirst("^valkey", "redis");
  }

  /**
   * Deletes whatever the benchmarks have stored: everything, on a server of our own; else the keys
   * that begin with {@link SessionData#NAMESPACE}, and nothing else.
   */
  public void clear() {
    if (process == null) {
      clearNamespace();
    } else {
      // Not in the background, as Valkey would from 8.0 on: whoever looks at the memory, or
      // measures next, must not see this.
      ask(commands -> commands.flushall(FlushMode.SYNC));
    }
  }

  private void clearNamespace() {
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

  /** Asks the server something, on a connection beside that of the store. */
  public <T> T ask(Function<RedisCommands<String, String>, T> question) {
    return question.apply(connection.sync());
  }

  @Override
  public void close() {
    shutdown(client);
    if (process != null) {
      process.stop();
    }
  }

  /** Ends a client that has nothing under way, with its threads. */
  static void shutdown(RedisClient client) {
    client.shutdown();
    client.getResources().shutdown(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private String describe() {
    RedisURI address = lettuceUri(uri);
    return version() + " at " + address.getHost() + ":" + address.getPort();
  }

  /** Which server it is, such as {@code Valkey 8.0.1}. */
  public String version() {
    String info = ask(commands -> commands.info("server"));
    return version(info, "valkey_version:", "Valkey ")
        .or(() -> version(info, "redis_version:", "Redis "))
        .orElse("unknown");
  }

  private static Optional<String> version(String info, String field, String product) {
    return info.lines()
        .filter(line -> line.startsWith(field))
        .findFirst()
        .map(line -> product + line.substring(field.length()));
  }

  private static Optional<String> givenUri() {
    return Optional.ofNullable(System.getProperty("latchkey.uri"))
        .or(() -> Optional.ofNullable(System.getenv("LATCHKEY_URI")));
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

  /** How a server of our own is stopped. */
  private interface Stoppable {
    void stop();
  }
}
