package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ServerProcess;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestSentinels;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Operators;
import reactor.test.StepVerifier;

/** One sentinel of three hangs: it takes connections, keeps those it has, and says nothing. */
class SentinelHangTest {
  /** The last, so that the first can be asked past all stores; they have it as their first. */
  private static final int HANGING = 2;

  /** Long before the time is up for what it was asked. */
  private static final Duration SOON = PATIENCE.dividedBy(4);

  private static TestSentinels own;

  @BeforeAll
  static void start() {
    own = TestSentinels.start();
  }

  @AfterAll
  static void stop() {
    own.close();
  }

  @AfterEach
  void resume() {
    own.process(HANGING).resume();
    TestCluster.await(
        "it names the primary that the others do", () -> named(HANGING).equals(named(0)));
  }

  @Test
  void aStoreThatAsksItFirstIsOpenedAndClosedWithoutIt() {
    own.process(HANGING).pause();
    try (Logged errors = Logged.by(Operators.class);
        ValkeySessionStore store = builder("opened").commandTimeout(PATIENCE).build()) {
      assertThat(store.create(Map.of()).block(SOON)).isNotNull();
      StepVerifier.create(store.closeAsync()).expectComplete().verify(SOON);
      // That what was asked of it was given up is nobody's error.
      assertThat(errors.all).isEmpty();
    }
  }

  /** Nobody waits for what it was asked before, which it may answer for long. */
  @Test
  void aSwitchIsFollowedThatTheOthersTellOf() {
    try (ValkeySessionStore store =
        builder("following").connections(1).commandTimeout(PATIENCE.multipliedBy(2)).build()) {
      created(store);
      SentinelSwitchTest.awaitListeners(own, "following", 1);
      ServerProcess former = own.primary();
      own.process(HANGING).pause();
      long paused = System.nanoTime();
      TestCluster.await(
          "it has been asked in vain",
          () -> System.nanoTime() - paused > SentinelWatch.BETWEEN_LOOKS.toNanos());
      ServerProcess next = SentinelSwitchTest.handOver(own, HANGING);
      TestCluster.await(
          "the store has followed",
          () -> SentinelSwitchTest.clients(next).contains("name=following"));
      // It has not been demoted yet, which would also lead to the next one.
      assertThat(SentinelSwitchTest.info(former, "replication")).contains("role:master");
      long beforeAtFormer = SentinelSwitchTest.writes(former);
      SentinelSwitchTest.create(20, store);
      assertThat(SentinelSwitchTest.writes(former)).isEqualTo(beforeAtFormer);
    }
  }

  @Test
  void itIsListenedToAgainOnceItGoesOn() {
    try (Logged warnings = Logged.by(SentinelWatch.class);
        ValkeySessionStore store = builder("again").build()) {
      created(store);
      SentinelSwitchTest.awaitListeners(own, "again", 1);
      String before = SentinelSwitchTest.listeners(own.process(HANGING), "again").get(0);
      own.process(HANGING).pause();
      TestCluster.await("it is noticed", () -> !warnings.all.isEmpty());
      own.process(HANGING).resume();
      TestCluster.await(
          "a new connection listens, and it alone",
          () -> {
            List<String> now = SentinelSwitchTest.listeners(own.process(HANGING), "again");
            return now.size() == 1 && !id(now.get(0)).equals(id(before));
          });
    }
  }

  private static String named(int sentinel) {
    return own.sentinel(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", TestSentinels.NAME);
  }

  /** What a connection is known by in CLIENT LIST. */
  private static String id(String client) {
    return client.split(" ", 2)[0];
  }

  private static ValkeySessionStore.Builder builder(String clientName) {
    return SentinelSwitchTest.builder(own.uri(HANGING), clientName);
  }
}
