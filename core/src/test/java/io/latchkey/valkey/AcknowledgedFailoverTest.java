package io.latchkey.valkey;

import static io.latchkey.testing.TestReplica.keys;
import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestSentinels;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * A primary dies while it is at work; its replica takes over, and has all that was acknowledged.
 */
class AcknowledgedFailoverTest {
  private static final int SESSIONS = 600;
  private static final int AT_ONCE = 16;

  @Test
  void whatWasAcknowledgedBehindSentinelOutlivesThePrimary() {
    try (TestSentinels sentinels = TestSentinels.start();
        ValkeySessionStore store = store(sentinels.uri())) {
      ServerProcess former = sentinels.primary();
      Account account = new Account(store);
      account.workUntil(former::kill);
      TestCluster.await(
          "the replica takes over", () -> sentinels.primary().port() != former.port());
      account.check();
      assertThat(error(whenBack(store.create(Map.of()), true))) // there is no replica any more
          .hasMessageContaining("0 of 1 replicas have confirmed it");
    }
  }

  @Test
  void whatWasAcknowledgedInAClusterOutlivesAPrimary() {
    try (TestCluster cluster = TestCluster.start(3, 1);
        ValkeySessionStore store = store(cluster.uri())) {
      Account account = new Account(store);
      account.workUntil(() -> cluster.process(1).kill());
      TestCluster.await(
          "the replica takes over",
          () -> String.valueOf(cluster.command(4, "INFO", "replication")).contains("role:master"));
      account.check();
    }
  }

  /** The change is the other node's, and so are the replicas that are to have it. */
  @ParameterizedTest
  @EnumSource
  void aSessionAheadOfItsSlotIsWaitedForWhereItWent(Layout layout) {
    try (TestCluster cluster = TestCluster.start(3, 1);
        ValkeySessionStore store =
            ValkeySessionStore.builder(cluster.uri())
                .layout(layout)
                .acknowledgedBy(1, Duration.ofMillis(200))
                .build()) {
      Session session = created(store);
      int slot = SlotHash.getSlot("latchkey:" + session.handle());
      int from = cluster.firstOwner(slot);
      int to = (from + 1) % 3;
      cluster.beginMigration(slot, from, to);
      cluster.moveKeys(slot, from, to);
      ServerProcess replica = cluster.process(3 + to);
      replica.pause();
      assertNotAcknowledged(store.delete(session.id()));
      try (ValkeySessionStore other =
          ValkeySessionStore.builder(cluster.uri())
              .layout(layout)
              .acknowledgedBy(1, Duration.ofMillis(200))
              .build()) {
        assertNotAcknowledged(other.delete(session.id()));
        replica.resume();
        TestCluster.await("the replica is back", () -> keys(replica).isEmpty());
        cluster.process(3 + from).pause();
        assertThat(value(other.delete(session.id()))).isFalse();
        cluster.process(3 + from).resume();
      }
      cluster.endMigration(slot, to);
      assertThat(value(store.delete(session.id()))).isFalse();
    }
  }

  private static void assertNotAcknowledged(Mono<?> call) {
    assertThat(error(call))
        .isInstanceOf(SessionStoreUnavailableException.class)
        .hasMessageContaining("0 of 1 replicas have confirmed it within 200 ms");
  }

  private static ValkeySessionStore store(String uri) {
    return ValkeySessionStore.builder(uri)
        .acknowledgedBy(1, Duration.ofMillis(500))
        .commandTimeout(Duration.ofSeconds(1))
        .build();
  }

  /**
   * Again for as long as the server is away.
   *
   * @param notSent only what has not been sent
   */
  private static <T> Mono<T> whenBack(Mono<T> call, boolean notSent) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(
                    error ->
                        notSent
                            ? ServerErrors.wasNotSent(error)
                            : error instanceof SessionStoreUnavailableException))
        .timeout(PATIENCE);
  }

  /** What callers were told. */
  private static final class Account {
    private final ValkeySessionStore store;
    private final Set<String> alive = ConcurrentHashMap.newKeySet();
    private final Set<String> dead = ConcurrentHashMap.newKeySet();

    Account(ValkeySessionStore store) {
      this.store = store;
    }

    /** Makes sessions, rotates and deletes some; the disaster strikes when half is done. */
    void workUntil(Runnable disaster) {
      Flux.range(0, SESSIONS)
          .flatMap(
              i -> {
                if (i == SESSIONS / 2) {
                  Schedulers.boundedElastic().schedule(disaster);
                }
                return work(i).onErrorComplete(SessionStoreUnavailableException.class);
              },
              AT_ONCE)
          .blockLast(PATIENCE);
      assertThat(alive).hasSizeGreaterThan(SESSIONS / 10);
      assertThat(dead).hasSizeGreaterThan(SESSIONS / 10);
    }

    private Mono<Void> work(int i) {
      return store
          .create(Map.of("user", "user" + i))
          .doOnNext(session -> alive.add(session.id()))
          .flatMap(
              session -> {
                if (i % 3 == 0) {
                  return Mono.empty();
                }
                alive.remove(session.id()); // until it is known what became of it
                return i % 3 == 1
                    ? store.delete(session.id()).doOnNext(deleted -> dead.add(session.id())).then()
                    : store
                        .rotateId(session)
                        .doOnNext(
                            rotated -> {
                              dead.add(session.id());
                              alive.add(rotated.id());
                            })
                        .then();
              });
    }

    void check() {
      List<String> lost = new ArrayList<>();
      List<String> resurrected = new ArrayList<>();
      for (String id : alive) {
        if (!value(whenBack(store.get(id).hasElement(), false))) {
          lost.add(id);
        }
      }
      for (String id : dead) {
        if (value(whenBack(store.get(id).hasElement(), false))) {
          resurrected.add(id);
        }
      }
      assertThat(resurrected).isEmpty();
      assertThat(lost).isEmpty();
    }
  }
}
