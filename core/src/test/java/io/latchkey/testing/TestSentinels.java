package io.latchkey.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A primary, a replica and three sentinels as processes on the loopback interface. Where the
 * servers of the tests cannot be watched so, the test is skipped.
 *
 * <p>For use by one thread at a time.
 */
public final class TestSentinels implements AutoCloseable {
  /** What the sentinels call the primary. */
  public static final String NAME = "sessions";

  private static @Nullable TestSentinels shared;

  private final List<ServerProcess> servers = new ArrayList<>();
  private final List<ServerProcess> sentinels = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();

  private TestSentinels() {}

  /** Those that all tests share which break nothing. */
  public static synchronized TestSentinels shared() {
    TestSentinels all = shared;
    if (all == null) {
      all = start();
      shared = all;
    }
    return all;
  }

  /**
   * Starts them.
   *
   * @return the running processes, to be closed by the test
   */
  public static TestSentinels start() {
    TestSentinels all = new TestSentinels();
    try {
      all.form();
      return all;
    } catch (RuntimeException e) {
      all.close();
      throw e;
    }
  }

  /** The sentinels, as a URI for a store. */
  public String uri() {
    return uri(0);
  }

  /** The sentinels, as a URI for a store which names that one first. */
  public String uri(int first) {
    List<ServerProcess> all = new ArrayList<>(sentinels);
    Collections.rotate(all, -first);
    return all.stream()
        .map(sentinel -> "127.0.0.1:" + sentinel.port())
        .collect(Collectors.joining(",", "valkey-sentinel://", "?sentinelMasterId=" + NAME));
  }

  /** Whom the first sentinel takes for the primary. */
  public ServerProcess primary() {
    try (RespConnection sentinel = RespConnection.open(sentinels.get(0).uri())) {
      List<?> address = (List<?>) sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME);
      int port = address == null ? -1 : Integer.parseInt(String.valueOf(address.get(1)));
      return servers.stream().filter(server -> server.port() == port).findFirst().orElseThrow();
    }
  }

  /** The other one. */
  public ServerProcess replica() {
    ServerProcess primary = primary();
    return servers.stream()
        .filter(server -> server.port() != primary.port())
        .findFirst()
        .orElseThrow();
  }

  /** A sentinel, to be stopped or killed. */
  public ServerProcess process(int number) {
    return sentinels.get(number);
  }

  /** Sends a command to a sentinel. */
  public String sentinel(int number, String... words) {
    try (RespConnection sentinel = RespConnection.open(sentinels.get(number).uri())) {
      return String.valueOf(sentinel.call(words));
    }
  }

  /** Sends a command to every sentinel. */
  public void sentinels(String... words) {
    for (int i = 0; i < sentinels.size(); i++) {
      sentinel(i, words);
    }
  }

  /** Sends a command to the primary and to the replica, as what it does may not be replicated. */
  public void commandAll(String... words) {
    for (ServerProcess server : servers) {
      try (RespConnection admin = RespConnection.open(server.uri())) {
        admin.call(words);
      }
    }
  }

  /** Waits until the replica has all that the primary has. */
  public void awaitReplication() {
    TestCluster.await(
        "the replica has everything",
        () -> {
          String info = info(primary(), "replication");
          return info.contains("state=online")
              && info.contains("offset=" + field(info, "master_repl_offset") + ",");
        });
  }

  @Override
  public void close() {
    Stream.concat(sentinels.stream(), servers.stream()).forEach(ServerProcess::close);
    for (Path file : files) {
      try (Stream<Path> all = Files.walk(file)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void form() {
    ServerProcess primary = ValkeyServer.start("--repl-diskless-sync-delay", "0");
    servers.add(primary);
    try (RespConnection admin = RespConnection.open(primary.uri())) {
      assumeTrue(
          List.of("port", Integer.toString(primary.port()))
              .equals(admin.call("CONFIG", "GET", "port")),
          "SKIPPED: sentinels need servers that run outside of a container");
    }
    servers.add(
        ValkeyServer.start(
            "--replicaof",
            "127.0.0.1",
            Integer.toString(primary.port()),
            "--repl-diskless-sync-delay",
            "0"));
    TestCluster.await(
        "the replica is in sync", () -> info(primary, "replication").contains("state=online"));
    for (int i = 0; i < 3; i++) {
      sentinels.add(sentinel(primary.port()));
    }
    TestCluster.await(
        "the sentinels know each other and the replica",
        () ->
            sentinels.stream()
                .allMatch(
                    sentinel ->
                        info(sentinel, "sentinel").contains("status=ok")
                            && info(sentinel, "sentinel").contains("slaves=1,sentinels=3")));
  }

  /** The same binary, which a configuration of its own makes a sentinel. */
  private ServerProcess sentinel(int port) {
    List<String> lines = new ArrayList<>();
    lines.add("sentinel monitor " + NAME + " 127.0.0.1 " + port + " 2");
    lines.add("sentinel down-after-milliseconds " + NAME + " 500");
    lines.add("sentinel failover-timeout " + NAME + " 1000");
    try {
      Path folder = Files.createTempDirectory("latchkey-sentinel-");
      files.add(folder);
      Path file = Files.write(folder.resolve("sentinel.conf"), lines);
      return ValkeyServer.start(file.toString(), "--sentinel");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String info(ServerProcess server, String section) {
    try (RespConnection admin = RespConnection.open(server.uri())) {
      return String.valueOf(admin.call("INFO", section));
    }
  }

  private static String field(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElseThrow();
  }
}
