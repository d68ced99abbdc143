package io.latchkey.valkey;

import static io.latchkey.testing.TestReplica.call;
import static io.latchkey.valkey.ReplicaReadsTest.calls;
import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestReplica;
import io.latchkey.testing.TestSentinels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Replicas of a cluster's primaries, of one that sentinels watch, and those behind permissions. */
@Tag("thorough")
class ReplicaTopologiesTest {
  private static final String PERMITTED =
      ServerErrors.NEEDED + " " + ServerErrors.NEEDED_FOR_REPLICAS;

  @Test
  void replicasOfAClusterAreReadFromByWhoMayAlsoAfterOneHasTakenOver() {
    try (TestCluster cluster = TestCluster.start(2, 1);
        ValkeySessionStore elsewhere = ValkeySessionStore.connect(cluster.uri());
        ValkeySessionStore store = store(cluster.uri().replace("://", "://app:s3cret@"))) {
      String commands = PERMITTED + " " + ServerErrors.NEEDED_ON_A_CLUSTER;
      for (int i = 0; i < 4; i++) {
        permit(cluster.process(i), commands);
      }
      List<String> ids = ids(elsewhere, 40);
      TestCluster.await(
          "a replica has refused", () -> hasRun(store, ids, cluster.process(2), "readonly"));
      for (int i = 0; i < 4; i++) {
        permit(cluster.process(i), commands + " " + ServerErrors.NEEDED_FOR_REPLICAS_OF_A_CLUSTER);
      }
      awaitReads(store, ids, cluster.process(2), cluster.process(3));
      cluster.command(0, "CONFIG", "RESETSTAT");
      cluster.command(1, "CONFIG", "RESETSTAT");
      assertThat(value(Flux.fromIterable(ids).flatMap(store::get).count())).isEqualTo(40);
      assertThat(value(store.getAll(ids).map(Session::id).collectList())).isEqualTo(ids);
      assertThat(calls(cluster.process(0), "get") + calls(cluster.process(1), "get")).isZero();

      assertThat(cluster.command(2, "CLUSTER", "FAILOVER")).isEqualTo("OK");
      TestCluster.await("it has taken over", () -> isPrimary(cluster.process(2)));
      awaitReads(store, ids, cluster.process(0), cluster.process(3));
    }
  }

  @Test
  void theReplicaBehindSentinelsIsReadFromAlsoAfterItWasThePrimary() {
    try (TestSentinels own = TestSentinels.start();
        ValkeySessionStore elsewhere = ValkeySessionStore.connect(own.uri());
        ValkeySessionStore store = store(own.uri())) {
      List<String> ids = ids(elsewhere, 10);
      ServerProcess former = own.primary();
      awaitReads(store, ids, own.replica());
      assertThat(own.sentinel(0, "SENTINEL", "FAILOVER", TestSentinels.NAME)).isEqualTo("OK");
      TestCluster.await("another is the primary", () -> own.primary().port() != former.port());
      // Else the former one might be read from as the primary that it was.
      TestCluster.await("the store writes to it", () -> writesTo(store, own.primary()));
      awaitReads(store, ids, former);
    }
  }

  @Test
  void aUserNeedsThePermissionsThatTheReadmeNames() throws IOException {
    assertThat(Files.readString(Path.of("../README.md")))
        .contains("`" + ServerErrors.NEEDED_FOR_REPLICAS + "`")
        .contains("`" + ServerErrors.NEEDED_FOR_REPLICAS_OF_A_CLUSTER + "`");
    try (TestReplica servers = TestReplica.start();
        ValkeySessionStore elsewhere = ValkeySessionStore.connect(servers.primary().uri())) {
      String uri = servers.primary().uri().replace("://", "://app:s3cret@");
      List<String> ids = ids(elsewhere, 1);
      permit(servers.primary(), ServerErrors.NEEDED);
      permit(servers.replica(), PERMITTED);
      try (Logged warnings = Logged.by(Replicas.class);
          ValkeySessionStore app = store(uri)) {
        TestCluster.await(
            "the primary has refused to tell", () -> hasRun(app, ids, servers.primary(), "role"));
        TestCluster.await("it is said", () -> !warnings.all.isEmpty());
        assertThat(warnings.all)
            .singleElement()
            .asString()
            .contains("all reads go to the primary", ServerErrors.NEEDED_FOR_REPLICAS);
        assertThat(hasRun(app, ids, servers.replica(), "get")).isFalse();
      }
      permit(servers.primary(), PERMITTED);
      try (ValkeySessionStore app = store(uri)) {
        awaitReads(app, ids, servers.replica());
      }
    }
  }

  private static void permit(ServerProcess server, String commands) {
    List<String> words = new ArrayList<>(List.of("ACL", "SETUSER", "app", "reset", "on"));
    words.addAll(List.of(">s3cret", "~latchkey:*"));
    words.addAll(List.of(commands.split(" ")));
    call(server, words.toArray(String[]::new));
  }

  private static List<String> ids(ValkeySessionStore store, int count) {
    return Stream.generate(() -> created(store).id()).limit(count).toList();
  }

  private static ValkeySessionStore store(String uri) {
    return ValkeySessionStore.builder(uri)
        .readFromReplicas(true)
        .commandTimeout(Duration.ofSeconds(2))
        .build();
  }

  private static boolean writesTo(ValkeySessionStore store, ServerProcess server) {
    long before = calls(server, "set");
    value(whenBack(store.create(Map.of())));
    return calls(server, "set") > before && isPrimary(server);
  }

  private static boolean isPrimary(ServerProcess server) {
    return String.valueOf(call(server, "INFO", "replication")).contains("role:master");
  }

  /** Reads all, and tells whether a server was asked something, or refused it. */
  private static boolean hasRun(
      ValkeySessionStore store, List<String> ids, ServerProcess server, String command) {
    for (String id : ids) {
      assertThat(value(whenBack(store.get(id).hasElement()))).isTrue();
    }
    return String.valueOf(call(server, "INFO", "commandstats"))
        .contains("cmdstat_" + command + ":");
  }

  private static void awaitReads(
      ValkeySessionStore store, List<String> ids, ServerProcess... replicas) {
    TestCluster.await(
        "the replicas alone are read from",
        () -> {
          long before = Stream.of(replicas).mapToLong(each -> calls(each, "get")).sum();
          for (String id : ids) {
            assertThat(value(whenBack(store.get(id).hasElement()))).isTrue();
          }
          return Stream.of(replicas).mapToLong(each -> calls(each, "get")).sum() - before
              == ids.size();
        });
  }

  private static <T> Mono<T> whenBack(Mono<T> call) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance))
        .timeout(PATIENCE);
  }
}
