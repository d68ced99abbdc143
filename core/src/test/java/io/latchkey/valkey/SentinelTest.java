package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestSentinels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** A primary that sentinels watch, and replace. */
class SentinelTest {
  @Test
  void theFirstCallGoesToThePrimaryAndBlocksNowhere() throws IOException {
    String uri =
        TestSentinels.shared().uri().replace("://", "://127.0.0.1:" + portOfNobody() + ",");
    ValkeySessionStore store = store(uri);
    value(
        Mono.defer(() -> store.create(Map.of("user", "user123")))
            .subscribeOn(Schedulers.parallel()));
    Mono.defer(store::closeAsync).subscribeOn(Schedulers.parallel()).block(PATIENCE);
  }

  /** Each is asked a little later than the one before, and with a short timeout that is long. */
  @Test
  void manySentinelsThatAreAwayLeaveTimeForTheOneThatIsThere() throws IOException {
    String nobody = "127.0.0.1:" + portOfNobody() + ",";
    String uri = TestSentinels.shared().uri().replace("://", "://" + nobody.repeat(6));
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(uri).commandTimeout(Duration.ofMillis(100)).build()) {
      Mono<Session> created = store.create(Map.of());
      // On a busy machine one of the steps may well take longer than that.
      value(created.retryWhen(Retry.fixedDelay(20, Duration.ofMillis(100))));
    }
  }

  @Test
  void aPrimaryThatTheSentinelsDoNotKnowIsSaid() {
    String uri = TestSentinels.shared().uri().replace(TestSentinels.NAME, "other");
    try (ValkeySessionStore store = store(uri)) {
      assertThat(error(store.create(Map.of())))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("check sentinelMasterId");
    }
  }

  @Test
  void aUserOfTheSentinelsNeedsNoMoreThanTheReadmeGrants() {
    TestSentinels.shared().sentinels(ReadmeUser.onSentinels());
    try (ValkeySessionStore store =
            ValkeySessionStore.builder(TestSentinels.shared().uri())
                .sentinelCredentials(
                    () -> Mono.just(Credentials.of(ReadmeUser.NAME, ReadmeUser.PASSWORD)))
                .build();
        ValkeySessionStore wrong =
            ValkeySessionStore.builder(TestSentinels.shared().uri())
                .sentinelCredentials(() -> Mono.just(Credentials.of(ReadmeUser.NAME, "wr0ng")))
                .build()) {
      created(store);
      assertThat(error(wrong.create(Map.of())))
          .hasMessageContaining("refused the user name or password");
    }
  }

  @Test
  void sentinelsThatAreAwayAreSaidAtOnce() throws IOException {
    String uri = "valkey-sentinel://127.0.0.1:" + portOfNobody() + "?sentinelMasterId=m";
    try (ValkeySessionStore store = store(uri)) {
      assertThat(error(store.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).isFalse())
          .hasMessageContaining("is it running, and is the URI right?");
    }
  }

  @Test
  void aReplicaThatASentinelTakesForThePrimaryIsNotUsed() {
    String replica = Integer.toString(TestSentinels.shared().replica().port());
    try (FakeServer sentinel =
            new FakeServer(
                command ->
                    command.get(0).equals("HELLO")
                        ? FakeServer.hello("8.0.1")
                        : "*2\r\n$9\r\n127.0.0.1\r\n$" + replica.length() + "\r\n" + replica);
        ValkeySessionStore store =
            store(
                sentinel.uri().replace("valkey://", "valkey-sentinel://")
                    + "?sentinelMasterId=m")) {
      assertThat(error(store.create(Map.of())))
          .hasMessageContaining("the sentinels take for the primary is a replica");
    }
  }

  @Test
  void aPrimaryThatHandsOverAndOneThatIsKilledAreReplacedAndNothingIsLost() {
    try (TestSentinels own = TestSentinels.start();
        ValkeySessionStore store = store(own.uri())) {
      Account account = account(own, store);
      ServerProcess first = own.primary();
      assertThat(own.sentinel(0, "SENTINEL", "FAILOVER", TestSentinels.NAME)).isEqualTo("OK");
      assertRecovered(own, store, first, account);
      own.awaitReplication();
      ServerProcess second = own.primary();
      second.kill();
      assertRecovered(own, store, second, account);
    }
  }

  /** It keeps its connections. */
  @Test
  void aPrimaryThatHangsIsReplaced() {
    try (TestSentinels own = TestSentinels.start();
        ValkeySessionStore store = store(own.uri())) {
      Account account = account(own, store);
      ServerProcess former = own.primary();
      former.pause();
      assertRecovered(own, store, former, account);
      former.resume();
    }
  }

  /** All that the account says is acknowledged is there, on another server than before. */
  private static void assertRecovered(
      TestSentinels sentinels, ValkeySessionStore store, ServerProcess former, Account account) {
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
  private static Account account(TestSentinels sentinels, ValkeySessionStore store) {
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

  private static ValkeySessionStore store(String uri) {
    return ValkeySessionStore.builder(uri).commandTimeout(Duration.ofSeconds(1)).build();
  }

  private static int portOfNobody() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private record Account(List<String> kept, List<String> deleted) {}
}
