package io.latchkey.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A primary with one replica as processes on the loopback interface. Where the servers of the tests
 * cannot replicate, the test is skipped.
 *
 * <p>For use by one thread at a time.
 */
public final class TestReplica implements AutoCloseable {
  private final ServerProcess primary;
  private final ServerProcess replica;
  private final @Nullable TestLink link;

  private TestReplica(ServerProcess primary, ServerProcess replica, @Nullable TestLink link) {
    this.primary = primary;
    this.replica = replica;
    this.link = link;
  }

  /**
   * Starts them.
   *
   * @return the running processes, to be closed by the test
   */
  public static TestReplica start() {
    return start(false);
  }

  /**
   * Starts them with a link between them that can be held; the replica can keep data on disk.
   *
   * @return the running processes, to be closed by the test
   */
  public static TestReplica startLinked() {
    return start(true);
  }

  private static TestReplica start(boolean linked) {
    ServerProcess primary = ValkeyServer.start("--repl-diskless-sync-delay", "0");
    try {
      assumeTrue(
          List.of("port", Integer.toString(primary.port()))
              .equals(call(primary, "CONFIG", "GET", "port")),
          "SKIPPED: a replica needs servers that run outside of a container");
      TestLink link = linked ? new TestLink(primary.port()) : null;
      int port = link == null ? primary.port() : link.port();
      ServerProcess replica =
          ValkeyServer.start(
              "--replicaof", "127.0.0.1", Integer.toString(port), "--repl-timeout", "600");
      TestReplica both = new TestReplica(primary, replica, link);
      TestCluster.await(
          "the replica is in sync",
          () -> String.valueOf(call(primary, "INFO", "replication")).contains("state=online"));
      return both;
    } catch (RuntimeException e) {
      primary.close();
      throw e;
    }
  }

  /** Where stores write. */
  public ServerProcess primary() {
    return primary;
  }

  /** Where everything should be soon. */
  public ServerProcess replica() {
    return replica;
  }

  /** What the replica is told by the primary passes here. */
  public TestLink link() {
    return Objects.requireNonNull(link, "link");
  }

  /** All keys on a server. */
  public static Set<String> keys(ServerProcess server) {
    List<?> keys = (List<?>) call(server, "KEYS", "*");
    return keys == null ? Set.of() : keys.stream().map(String::valueOf).collect(Collectors.toSet());
  }

  /** Sends a command to a server, past all stores. */
  public static @Nullable Object call(ServerProcess server, String... words) {
    try (RespConnection admin = RespConnection.open(server.uri())) {
      return admin.call(words);
    }
  }

  @Override
  public void close() {
    replica.close();
    primary.close();
    if (link != null) {
      link.close();
    }
  }
}
