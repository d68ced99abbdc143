package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.testing.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** A primary of a cluster goes, and its replica takes over. */
class ClusterFailoverTest {
  private final TestCluster cluster = TestCluster.start(3, 1);
  private final ValkeySessionStore store =
      ValkeySessionStore.builder(cluster.uri()).commandTimeout(Duration.ofSeconds(1)).build();

  @AfterEach
  void stop() {
    store.close();
    cluster.close();
  }

  @Test
  void aPrimaryThatHandsOverAndOneThatIsKilledAreReplacedAndNothingIsLost() {
    List<String> kept = created(60);
    List<String> deleted = created(60);
    Flux.fromIterable(deleted).concatMap(store::delete).blockLast(PATIENCE);

    cluster.command(3, "CLUSTER", "FAILOVER");
    do {
      saveAll(kept, "n");
    } while (!role(3).contains("role:master"));
    saveAll(kept, "n");
    assertComplete(kept, deleted);

    TestCluster.await("the replica has everything", () -> hasEverything(1));
    cluster.process(1).kill();
    TestCluster.await("the replica takes over", () -> role(4).contains("role:master"));
    for (String id : kept) {
      assertThat(value(whenBack(store.get(id))).get("n", Integer.class)).contains(1);
    }
    assertComplete(kept, deleted);
  }

  private void assertComplete(List<String> kept, List<String> deleted) {
    assertThat(value(store.getAll(kept).map(Session::id).collectList())).isEqualTo(kept);
    StepVerifier.create(store.getAll(deleted)).verifyComplete();
    saveAll(kept, "m");
  }

  private void saveAll(List<String> ids, String name) {
    Flux.fromIterable(ids)
        .concatMap(store::get)
        .concatMap(session -> store.save(session.set(name, 1)))
        .blockLast(PATIENCE);
  }

  private List<String> created(int count) {
    return new ArrayList<>(
        value(
            Flux.range(0, count)
                .flatMapSequential(i -> store.create(Map.of("user", "user" + i)))
                .map(Session::id)
                .collectList()));
  }

  private String role(int node) {
    return String.valueOf(cluster.command(node, "INFO", "replication"));
  }

  private boolean hasEverything(int primary) {
    String info = role(primary);
    String offset =
        info.lines()
            .filter(line -> line.startsWith("master_repl_offset:"))
            .map(line -> line.substring(line.indexOf(':') + 1))
            .findFirst()
            .orElseThrow();
    return info.contains("offset=" + offset + ",");
  }

  private static <T> Mono<T> whenBack(Mono<T> call) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance))
        .timeout(PATIENCE);
  }
}
