package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestSentinels;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** A primary that sentinels watch, and replace. */
class SentinelTest {
  private final TestSentinels sentinels = TestSentinels.start();
  private final ValkeySessionStore store = store(Duration.ofSeconds(1));

  @AfterEach
  void stop() {
    store.close();
    sentinels.close();
  }

  @Test
  void theFirstCallGoesToThePrimaryAndBlocksNowhere() {
    sentinels.killSentinel(0);
    value(
        Mono.defer(() -> store.create(Map.of("user", "user123")))
            .subscribeOn(Schedulers.parallel()));
    Mono.defer(store::closeAsync).subscribeOn(Schedulers.parallel()).block(PATIENCE);
  }

  @Test
  void aPrimaryThatTheSentinelsDoNotKnowIsSaid() {
    String uri = sentinels.uri().replace(TestSentinels.NAME, "other");
    try (ValkeySessionStore lost = ValkeySessionStore.connect(uri)) {
      assertThat(error(lost.create(Map.of())))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("check sentinelMasterId");
    }
  }

  @Test
  void sentinelsThatAreAwayAreSaidAtOnce() {
    IntStream.range(0, 3).forEach(sentinels::killSentinel);
    assertThat(error(store.create(Map.of())))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isFalse());
  }

  @Test
  void aFailoverThatWasAskedForLosesNothing() {
    Account account = account();
    ServerProcess former = sentinels.primary();
    assertThat(sentinels.sentinel(0, "SENTINEL", "FAILOVER", TestSentinels.NAME)).isEqualTo("OK");
    assertRecovered(former, account);
  }

  @Test
  void aPrimaryThatIsKilledIsReplaced() {
    Account account = account();
    ServerProcess former = sentinels.primary();
    former.kill();
    assertRecovered(former, account);
  }

  /** It keeps its connections. */
  @Test
  void aPrimaryThatHangsIsReplaced() {
    Account account = account();
    ServerProcess former = sentinels.primary();
    former.pause();
    assertRecovered(former, account);
    former.resume();
  }

  @Test
  void aServerThatIsReplicaOfAnotherIsNotTakenForThePrimary() {
    ServerProcess primary = sentinels.primary();
    try (RespConnection admin = RespConnection.open(primary.uri())) {
      admin.call("REPLICAOF", "127.0.0.1", Integer.toString(sentinels.replica().port()));
      assertThat(error(store.create(Map.of())))
          .hasMessageContaining("the sentinels take for the primary is a replica");
    }
  }

  /** All that the account says is acknowledged is there, on another server than before. */
  private void assertRecovered(ServerProcess former, Account account) {
    TestCluster.await(
        "the sentinels name another primary", () -> sentinels.primary().port() != former.port());
    for (String id : account.kept) {
      assertThat(value(whenBack(store.get(id).hasElement()))).isTrue();
    }
    for (String id : account.deleted) {
      StepVerifier.create(store.get(id)).verifyComplete();
    }
    // Both connections.
    for (int i = 0; i < 12; i++) {
      Session session = value(whenBack(store.create(Map.of("user", "user123"))));
      assertThat(value(whenBack(store.save(session.set("n", i)))).names()).hasSize(2);
    }
  }

  /** Sessions that were acknowledged, and have reached the replica. */
  private Account account() {
    List<String> kept = ids(Stream.generate(() -> created(store)).limit(20));
    List<String> deleted = ids(Stream.generate(() -> created(store)).limit(20));
    Flux.fromIterable(deleted).concatMap(store::delete).blockLast(PATIENCE);
    sentinels.awaitReplication();
    return new Account(kept, deleted);
  }

  private static List<String> ids(Stream<Session> sessions) {
    return sessions.map(Session::id).toList();
  }

  private static <T> Mono<T> whenBack(Mono<T> call) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance))
        .timeout(PATIENCE);
  }

  private ValkeySessionStore store(Duration timeout) {
    return ValkeySessionStore.builder(sentinels.uri()).commandTimeout(timeout).build();
  }

  private record Account(List<String> kept, List<String> deleted) {}
}
