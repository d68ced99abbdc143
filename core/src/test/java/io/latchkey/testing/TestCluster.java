package io.latchkey.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.tck.Resp;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * A cluster of processes on the loopback interface: primaries with an equal share of the slots
 * each, and replicas. Where the servers of the tests cannot form one, the test is skipped.
 *
 * <p>For use by one thread at a time.
 */
public final class TestCluster implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SLOTS = 16384;

  private static final int START_ATTEMPTS = 20;

  private static @Nullable TestCluster shared;

  private final int primaries;
  private final List<Member> members = new ArrayList<>();

  private TestCluster(int primaries) {
    this.primaries = primaries;
  }

  /** The cluster of three primaries that all tests share which break nothing. */
  public static synchronized TestCluster shared() {
    TestCluster cluster = shared;
    if (cluster == null) {
      cluster = start(3, 0);
      shared = cluster;
    }
    return cluster;
  }

  /**
   * Starts a cluster of one test's own.
   *
   * @param primaries how many nodes have slots
   * @param replicas how many each of them has
   * @param args further options of each server
   * @return the running cluster, to be closed by the test
   */
  public static TestCluster start(int primaries, int replicas, String... args) {
    TestCluster cluster = new TestCluster(primaries);
    try {
      for (int i = 0; i < primaries * (1 + replicas); i++) {
        cluster.members.add(new Member(startNode(args)));
      }
      cluster.form();
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  /** The primaries that it began with, as a URI for a store. */
  public String uri() {
    return IntStream.range(0, primaries)
        .mapToObj(i -> "127.0.0.1:" + process(i).port())
        .collect(Collectors.joining(",", "valkey-cluster://", ""));
  }

  /** A node; the primaries come first, the i-th replica belongs to the i-th primary. */
  public ServerProcess process(int node) {
    return members.get(node).process;
  }

  /** Sends a command to a node, past all stores. */
  public @Nullable Object command(int node, String... words) {
    return members.get(node).admin().call(words);
  }

  /** Sends a command to every node. */
  public void commandAll(String... words) {
    for (int i = 0; i < members.size(); i++) {
      command(i, words);
    }
  }

  /** The primary that has had the slot from the beginning. */
  public int firstOwner(int slot) {
    return IntStream.range(0, primaries).filter(i -> slot < firstSlot(i + 1)).findFirst().orElse(0);
  }

  /** Lets a slot be imported by one node, and be on its way from another. */
  public void beginMigration(int slot, int from, int to) {
    command(to, "CLUSTER", "SETSLOT", Integer.toString(slot), "IMPORTING", id(from));
    command(from, "CLUSTER", "SETSLOT", Integer.toString(slot), "MIGRATING", id(to));
  }

  /** Moves the keys that are there now. */
  public void moveKeys(int slot, int from, int to) {
    while (true) {
      List<?> keys =
          (List<?>) command(from, "CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), "10");
      if (keys == null || keys.isEmpty()) {
        return;
      }
      String port = Integer.toString(process(to).port());
      List<String> words = new ArrayList<>(List.of("MIGRATE", "127.0.0.1", port, "", "0", "5000"));
      words.add("KEYS");
      keys.forEach(key -> words.add(String.valueOf(key)));
      command(from, words.toArray(String[]::new));
    }
  }

  /** Makes the new owner known to all, to itself first. */
  public void endMigration(int slot, int to) {
    command(to, "CLUSTER", "SETSLOT", Integer.toString(slot), "NODE", id(to));
    for (int i = 0; i < primaries; i++) {
      if (i != to) {
        command(i, "CLUSTER", "SETSLOT", Integer.toString(slot), "NODE", id(to));
      }
    }
    awaitAgreement();
  }

  /** Else the next move may be decided by what a node has not heard of yet. */
  private void awaitAgreement() {
    await(
        "the primaries agree",
        () -> IntStream.range(0, primaries).mapToObj(this::view).distinct().count() == 1);
  }

  /** Which node has which slots, since which epoch, as one of them sees it. */
  private List<String> view(int node) {
    return String.valueOf(command(node, "CLUSTER", "NODES"))
        .lines()
        .map(line -> line.split(" ", -1))
        .map(
            words ->
                words[0]
                    + ' '
                    + words[6]
                    + ' '
                    + Stream.of(words)
                        .skip(8)
                        .filter(word -> !word.startsWith("["))
                        .collect(Collectors.joining(" ")))
        .sorted()
        .toList();
  }

  /** The id that the node has in the cluster. */
  public String id(int node) {
    return String.valueOf(command(node, "CLUSTER", "MYID"));
  }

  /** Waits until something holds. */
  public static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("not within " + PATIENCE + ": " + what);
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    members.forEach(Member::close);
  }

  private void form() {
    for (int i = 0; i < primaries; i++) {
      command(i, "CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
      command(
          i,
          Stream.concat(
                  Stream.of("CLUSTER", "ADDSLOTS"),
                  IntStream.range(firstSlot(i), firstSlot(i + 1)).mapToObj(Integer::toString))
              .toArray(String[]::new));
    }
    for (int i = 1; i < members.size(); i++) {
      command(0, "CLUSTER", "MEET", "127.0.0.1", Integer.toString(process(i).port()));
    }
    await("all nodes know each other", () -> everyone("cluster_known_nodes:" + members.size()));
    for (int i = primaries; i < members.size(); i++) {
      int replica = i;
      String primary = id(i % primaries);
      await("a replica knows its primary", () -> replicates(replica, primary));
    }
    await("the cluster works", () -> everyone("cluster_state:ok"));
    for (int i = primaries; i < members.size(); i++) {
      int replica = i;
      await("a replica is in sync", () -> info(replica, "replication").contains("link_status:up"));
    }
  }

  private boolean replicates(int replica, String primary) {
    try {
      command(replica, "CLUSTER", "REPLICATE", primary);
      return true;
    } catch (Resp.ErrorReply unknownYet) {
      return false;
    }
  }

  private boolean everyone(String says) {
    return IntStream.range(0, members.size())
        .allMatch(i -> String.valueOf(command(i, "CLUSTER", "INFO")).contains(says + "\r\n"));
  }

  private String info(int node, String section) {
    return String.valueOf(command(node, "INFO", section));
  }

  private int firstSlot(int primary) {
    return SLOTS * primary / primaries;
  }

  private static ServerProcess startNode(String... args) {
    List<String> words =
        new ArrayList<>(List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "1000"));
    words.addAll(List.of("--cluster-require-full-coverage", "no"));
    words.addAll(List.of("--repl-diskless-sync-delay", "0"));
    words.addAll(List.of(args));
    RuntimeException error = new IllegalStateException("never tried");
    for (int i = 0; i < START_ATTEMPTS; i++) {
      ServerProcess process;
      try {
        process = ValkeyServer.start(words.toArray(String[]::new));
      } catch (IllegalStateException e) {
        // Its port may be too high, or the port of the bus be taken.
        error = e;
        continue;
      }
      try {
        checkUsable(process);
        return process;
      } catch (RuntimeException e) {
        process.close();
        throw e;
      }
    }
    throw error;
  }

  private static void checkUsable(ServerProcess process) {
    try (RespConnection admin = RespConnection.open(process.uri())) {
      assumeTrue(
          List.of("port", Integer.toString(process.port()))
              .equals(admin.call("CONFIG", "GET", "port")),
          "SKIPPED: a cluster needs servers that run outside of a container");
      admin.call("CLUSTER", "MYID");
    } catch (Resp.ErrorReply e) {
      throw new TestAbortedException("SKIPPED: these servers cannot form a cluster: " + e, e);
    }
  }

  /** A process and a connection to it. */
  private static final class Member {
    private final ServerProcess process;
    private @Nullable RespConnection admin;

    Member(ServerProcess process) {
      this.process = process;
    }

    RespConnection admin() {
      RespConnection open = admin;
      if (open != null) {
        try {
          open.call("PING");
          return open;
        } catch (UncheckedIOException restarted) {
          open.close();
        }
      }
      open = RespConnection.open(process.uri());
      admin = open;
      return open;
    }

    void close() {
      if (admin != null) {
        admin.close();
      }
      process.close();
    }
  }
}
