package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.storedElsewhere;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** Rule 8: when Valkey is away calls fail fast, and when it is back they work again. */
class OutageTest {
  private static final Duration RECOVERY = Duration.ofSeconds(3);

  private final ServerProcess own = ValkeyServer.start();
  private final ValkeySessionStore store =
      ValkeySessionStore.builder(own.uri()).commandTimeout(Duration.ofSeconds(1)).build();

  @BeforeEach
  void openTheConnections() {
    // Striped by id: after so many sessions both connections are open.
    for (int i = 0; i < 12; i++) {
      value(whenBack(store.create(Map.of())));
    }
  }

  @AfterEach
  void stop() {
    store.close();
    own.close();
  }

  @ParameterizedTest
  @EnumSource
  void aCallThatIsNotAnsweredInTimeHasAnUnknownOutcome(Call call) {
    Session session = created(store);
    own.pause();
    assertThat(error(call.on(store, session)))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isTrue())
        .hasMessageContaining("did not answer within the commandTimeout");
  }

  @Test
  void theSameStoreWorksAgainOnceThePauseIsOver() {
    Session session = created(store);
    own.pause();
    error(store.get(session.id()));
    own.resume();
    assertThat(value(whenBack(store.get(session.id()))).names()).containsExactly("user");
  }

  @ParameterizedTest
  @EnumSource
  void aCallWhileTheServerIsDownFailsAtOnceAndHasWrittenNothing(Call call) {
    Session session = created(store);
    own.kill();
    untilNoticed();
    assertThat(error(call.on(store, session)))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            unavailable -> assertThat(unavailable.outcomeUnknown()).isFalse())
        .hasMessageNotContaining("commandTimeout");
  }

  @Test
  void aCallUnderWayWhenTheServerDiesFailsAtOnce() throws Exception {
    try (ValkeySessionStore patient =
        ValkeySessionStore.builder(own.uri()).commandTimeout(Duration.ofMinutes(5)).build()) {
      Session session = created(patient);
      own.pause();
      CompletableFuture<Throwable> error =
          patient
              .get(session.id())
              .<Throwable>then(Mono.empty())
              .onErrorResume(Mono::just)
              .toFuture();
      own.kill();
      assertThat(error.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(SessionStoreUnavailableException.class);
    }
  }

  /** A server that reads the command for certain, and dies before it answers. */
  @RepeatedTest(30)
  void aCallThatTheServerReadAndDidNotAnswerHasAnUnknownOutcome() {
    try (FakeServer fake =
            new FakeServer(
                command ->
                    command.get(0).equals("HELLO")
                        ? FakeServer.hello("8.0.1")
                        : FakeServer.HANG_UP);
        ValkeySessionStore to = ValkeySessionStore.connect(fake.uri())) {
      assertThat(error(to.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).as(error.getMessage()).isTrue());
    }
  }

  @Test
  void aFullServerIsUnavailableForChanges() {
    try (RespConnection admin = RespConnection.open(own.uri())) {
      for (Layout layout : Layout.values()) {
        try (ValkeySessionStore full =
            ValkeySessionStore.builder(own.uri()).layout(layout).build()) {
          Session session = created(full);
          admin.call("CONFIG", "SET", "maxmemory", "1");
          for (Call call : List.of(Call.CREATE, Call.SAVE, Call.ROTATE_ID, Call.UPDATE)) {
            assertThat(error(call.on(full, session)))
                .as("%s %s", layout, call)
                .isInstanceOfSatisfying(
                    SessionStoreUnavailableException.class,
                    unavailable -> assertThat(unavailable.outcomeUnknown()).isFalse())
                .hasMessageContaining("OOM");
          }
          assertThat(value(full.get(session.id())).names()).containsExactly("user");
          assertThat(value(full.touch(session))).isTrue();
          admin.call("CONFIG", "SET", "maxmemory", "0");
        }
      }
    }
  }

  /** Such a connection must not stay open, one more for each call. */
  @Test
  void aConnectionOnWhichTheServerSaysNothingIsClosed() {
    AtomicInteger hellos = new AtomicInteger();
    try (FakeServer fake =
            new FakeServer(
                command ->
                    command.get(0).equals("HELLO") && hellos.getAndIncrement() % 2 == 0
                        ? FakeServer.hello("8.0.1")
                        : FakeServer.SILENCE);
        ValkeySessionStore to =
            ValkeySessionStore.builder(fake.uri()).commandTimeout(Duration.ofMillis(200)).build()) {
      assertThat(error(to.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).isFalse());
      fake.awaitNoConnection(PATIENCE);
    }
  }

  /** As Reactor does by itself with the failure of a future. */
  @Test
  void whoGaveUpBeforeTheConnectionFailedIsNotLoggedAsAnError() {
    AtomicInteger commands = new AtomicInteger();
    try (Logged errors = Logged.by(Operators.class);
        FakeServer fake =
            new FakeServer(
                command -> {
                  commands.incrementAndGet();
                  return FakeServer.SILENCE;
                })) {
      ValkeySessionStore to = ValkeySessionStore.connect(fake.uri());
      Disposable call = to.create(Map.of()).subscribe();
      TestCluster.await("it is being connected", () -> commands.get() > 0);
      call.dispose();
      StepVerifier.create(to.closeAsync()).expectComplete().verify(PATIENCE);
      assertThat(errors.all).isEmpty();
    }
  }

  @Test
  void aRestartIsOverForTheStoreWithinThreeSeconds() {
    own.restart();
    Session session =
        store
            .create(Map.of("user", "user123"))
            .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20)))
            .block(RECOVERY);
    assertThat(session).isNotNull();
  }

  @ParameterizedTest
  @EnumSource(names = {"SAVE", "TOUCH", "UPDATE", "ROTATE_ID"})
  void aRestartForgetsTheScriptsAndNobodyNotices(Call call) {
    runOnce(call);
    own.restart();
    value(whenBack(store.get(storedElsewhere().id()).hasElement()));
    assertThat(runOnce(call)).isNotNull();
  }

  @ParameterizedTest
  @EnumSource(names = {"SAVE", "TOUCH", "UPDATE", "ROTATE_ID"})
  void aFlushOfTheScriptsGoesUnnoticed(Call call) {
    runOnce(call);
    try (RespConnection admin = RespConnection.open(own.uri())) {
      admin.call("SCRIPT", "FLUSH");
    }
    assertThat(runOnce(call)).isNotNull();
  }

  /** A server that is away at the start of an application does not stay away for it. */
  @Test
  void aStoreWhoseFirstConnectionFailedConnectsLater() {
    own.kill();
    try (ValkeySessionStore early = ValkeySessionStore.connect(own.uri())) {
      error(early.create(Map.of()));
      own.restart();
      assertThat(value(whenBack(early.create(Map.of()))).id()).hasSize(40);
    }
  }

  private Object runOnce(Call call) {
    return value(
        whenBack(Flux.defer(() -> call.on(store, created(store))).next().cast(Object.class)));
  }

  /** Until both connections know that they are broken. */
  private void untilNoticed() {
    List<String> ids = Stream.generate(() -> storedElsewhere().id()).limit(8).toList();
    Flux.fromIterable(ids)
        .concatMap(
            id ->
                store
                    .get(id)
                    .then(Mono.<Boolean>error(new IllegalStateException("it answers")))
                    .onErrorResume(
                        SessionStoreUnavailableException.class,
                        error -> error.outcomeUnknown() ? Mono.error(error) : Mono.just(true)))
        .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(10)))
        .blockLast(PATIENCE);
  }

  private static <T> Mono<T> whenBack(Mono<T> call) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance))
        .timeout(PATIENCE);
  }
}
