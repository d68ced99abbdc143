package io.latchkey.valkey;

import static io.latchkey.testing.TestReplica.call;
import static io.latchkey.testing.TestReplica.keys;
import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestReplica;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** Changes that are answered once a replica has them. */
class AcknowledgedTest {
  /** Each test that lets it pass waits for as long. */
  private static final Duration SHORT = Duration.ofMillis(150);

  /** No test lets it pass. */
  private static final Duration LONG = Duration.ofSeconds(30);

  private static final String TOO_FEW = "0 of 1 replicas have confirmed it within 150 ms";

  private static TestReplica servers;

  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeAll
  static void start() {
    servers = TestReplica.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @AfterEach
  void close() throws Exception {
    servers.replica().resume();
    for (AutoCloseable each : opened) {
      each.close();
    }
    call(servers.primary(), "FLUSHALL");
  }

  @ParameterizedTest
  @EnumSource
  void whatWasAnsweredIsOnTheReplica(Layout layout) {
    ValkeySessionStore store = store(layout, LONG);
    for (int i = 0; i < 50; i++) {
      Session session = created(store);
      assertReplicated(1);
      Session rotated = value(store.rotateId(session.set("n", i)));
      assertReplicated(1);
      Session renewed = value(store.rotateId(rotated, Duration.ofMinutes(1)));
      assertReplicated(1);
      assertThat(value(store.delete(renewed.id()))).isTrue();
      assertReplicated(0);
      assertThat(value(store.delete(rotated.id()))).isFalse();
      assertReplicated(0);
    }
  }

  private static void assertReplicated(int count) {
    assertThat(keys(servers.replica())).hasSize(count).isEqualTo(keys(servers.primary()));
  }

  /** What makes a session, gives it another id, or ends it. */
  enum Changing {
    CREATE(Call.CREATE),
    SAVE_NEW(Call.SAVE_NEW),
    ROTATE_ID(Call.ROTATE_ID),
    DELETE(Call.DELETE);

    private final Call call;

    Changing(Call call) {
      this.call = call;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReplicaThatIsAwayIsSaidThoughTheChangeIsOnThePrimary(Changing change) {
    for (Layout layout : Layout.values()) {
      Session session = created(store(layout, LONG));
      ValkeySessionStore store = store(layout, SHORT);
      String key = keys(servers.primary()).iterator().next();
      servers.replica().pause();
      assertNotAcknowledged(change.call.on(store, session));
      assertThat(keys(servers.primary()))
          .hasSize(change == Changing.DELETE ? 0 : change == Changing.ROTATE_ID ? 1 : 2);
      assertThat(keys(servers.primary()).contains(key)).isEqualTo(change != Changing.DELETE);
      servers.replica().resume();
      call(servers.primary(), "FLUSHALL");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFullPrimaryRefusesAtOnceWhatNeedsRoomAndDoesAllElse(Layout layout) {
    ValkeySessionStore store = store(layout, LONG);
    Session session = created(store);
    call(servers.primary(), "CONFIG", "SET", "maxmemory", "1");
    try {
      for (Call call : List.of(Call.CREATE, Call.SAVE_NEW, Call.ROTATE_ID)) {
        assertThat(error(call.on(store, session)))
            .as("%s", call)
            .isInstanceOfSatisfying(
                SessionStoreUnavailableException.class,
                error -> assertThat(error.outcomeUnknown()).isFalse())
            .hasMessageContaining("OOM");
      }
      assertThat(value(store.get(session.id())).names()).containsExactly("user");
      assertThat(value(store.delete(session.id()))).isTrue();
      assertReplicated(0);
      // There is no room for the write that would be waited for.
      assertThat(error(store.delete(session.id())))
          .isInstanceOf(SessionStoreUnavailableException.class)
          .hasMessageContaining("could not be asked");
    } finally {
      call(servers.primary(), "CONFIG", "SET", "maxmemory", "0");
    }
    created(store);
    assertReplicated(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"GET", "GET_ALL", "SAVE", "TOUCH", "UPDATE"})
  void allOtherCallsNeedNoReplicaAndWaitForNobodyWhoDoes(Call call) {
    ValkeySessionStore store = builder(LONG).connections(1).build();
    opened.add(store);
    Session ending = created(store);
    Session session = created(store);
    servers.replica().pause();
    CompletableFuture<Boolean> ended = store.delete(ending.id()).toFuture();
    TestCluster.await("the session is gone", () -> keys(servers.primary()).size() == 1);
    assertThat(Flux.from(call.on(store, session)).blockLast(PATIENCE)).isNotNull();
    assertThat(ended).isNotDone();
    servers.replica().resume();
    assertThat(value(Mono.fromFuture(ended))).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aRepeatedDeleteAnswersOnceTheReplicaKnowsOfTheFirst(Layout layout) {
    Session session = created(store(layout, LONG));
    servers.replica().pause();
    assertNotAcknowledged(store(layout, SHORT).delete(session.id()));
    // Another connection, whose own writes are all on the replica: it has none.
    assertNotAcknowledged(store(layout, SHORT).delete(session.id()));
    CompletableFuture<Boolean> again = store(layout, LONG).delete(session.id()).toFuture();
    servers.replica().resume();
    assertThat(value(Mono.fromFuture(again))).isFalse();
    assertThat(keys(servers.replica())).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aRepeatedRotationAnswersOnceTheReplicaKnowsOfTheFirst(Layout layout) {
    for (Duration grace : List.of(Duration.ZERO, Duration.ofMinutes(1))) {
      Session session = created(store(layout, LONG)).set("n", 1);
      ValkeySessionStore store = store(layout, SHORT);
      servers.replica().pause();
      assertNotAcknowledged(store.rotateId(session, grace));
      cutAll();
      assertNotAcknowledged(whenBack(store.rotateId(session, grace)));
      servers.replica().resume();
      Session rotated = value(whenAllAreBack(store.rotateId(session, grace)));
      assertReplicated(1);
      assertThat(value(store.get(rotated.id())).names()).containsExactlyInAnyOrder("user", "n");
      call(servers.primary(), "FLUSHALL");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRepeatedFirstSaveAnswersOnceTheReplicaKnowsOfTheFirst(Layout layout) {
    ValkeySessionStore store = store(layout, SHORT);
    Session session = store.newSession().set("user", "user123");
    servers.replica().pause();
    assertNotAcknowledged(store.save(session));
    cutAll();
    assertNotAcknowledged(whenBack(store.save(session)));
    assertNotAcknowledged(whenBack(store.save(session)));
    servers.replica().resume();
    assertThat(value(whenAllAreBack(store.save(session)))).isSameAs(session);
    assertReplicated(1);
  }

  /** Else a sign-out would queue behind all others for as long as the replica is away. */
  @Test
  void changesThatComeWhileOneWaitsGoOutTogetherAfterIt() {
    RecordingProxy proxy = proxy();
    ValkeySessionStore store = store(proxy, SHORT);
    ValkeySessionStore patient = store(Layout.STRING, LONG);
    List<Session> sessions = List.of(created(patient), created(patient), created(patient));
    value(whenAllAreBack(store.delete(created(patient).id()))); // the script is known now
    servers.replica().pause();
    reset(proxy);
    List<CompletableFuture<Boolean>> ended = new ArrayList<>();
    ended.add(store.delete(sessions.get(0).id()).toFuture());
    TestCluster.await("it waits", () -> proxy.names().size() == 2);
    ended.add(store.delete(sessions.get(1).id()).toFuture());
    Disposable cancelled = store.create(Map.of()).subscribe();
    ended.add(store.delete(sessions.get(2).id()).toFuture());
    cancelled.dispose();
    ended.forEach(each -> assertNotAcknowledged(Mono.fromFuture(each)));
    assertThat(proxy.names()).containsExactly("EVALSHA", "WAIT", "EVALSHA", "EVALSHA", "WAIT");
    assertThat(keys(servers.primary())).isEmpty();
  }

  @Test
  void changesBeyondABoundFailAtOnceWhileTheReplicaIsAway() {
    ValkeySessionStore store = builder(LONG).connections(1).build();
    opened.add(store);
    created(store);
    servers.replica().pause();
    List<CompletableFuture<Session>> waiting = new ArrayList<>();
    for (int i = 0; i <= Lane.MOST; i++) { // one goes out
      waiting.add(store.create(Map.of()).toFuture());
    }
    assertThat(error(store.create(Map.of())))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isFalse())
        .hasMessageContaining("replicas do not keep up: " + Lane.MOST + " changes wait");
    servers.replica().resume();
    assertThat(value(Flux.fromIterable(waiting).concatMap(Mono::fromFuture).count()))
        .isEqualTo(Lane.MOST + 1);
  }

  /** Each failure lets the next call come, from within. */
  @Test
  void manyCallsWithoutAConnectionFailOneAfterTheOther() {
    try (ServerProcess own = ValkeyServer.start();
        ValkeySessionStore store = builder(own.uri(), SHORT).connections(1).build()) {
      assertNotAcknowledged(store.create(Map.of()));
      own.kill();
      int calls = 50_000;
      assertThat(
              value(
                  Flux.range(0, calls)
                      .flatMap(
                          i ->
                              store
                                  .create(Map.of())
                                  .thenReturn(0)
                                  .onErrorReturn(SessionStoreUnavailableException.class, 1),
                          2)
                      .reduce(0, Integer::sum)))
          .isEqualTo(calls);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFirstCallFromANonBlockingThreadBlocksNowhere(Changing change) {
    Session session = created(store(Layout.STRING, LONG));
    ValkeySessionStore fresh = store(Layout.STRING, LONG);
    StepVerifier.create(
            Flux.defer(() -> change.call.on(fresh, session))
                .then()
                .subscribeOn(Schedulers.parallel()))
        .expectComplete()
        .verify(PATIENCE);
  }

  @ParameterizedTest
  @EnumSource
  void aChangeAndItsWaitAreOneWrite(Layout layout) {
    RecordingProxy proxy = proxy();
    ValkeySessionStore store = builder(proxy.uri(), LONG).layout(layout).connections(1).build();
    opened.add(store);
    String create = layout == Layout.STRING ? "SET" : "EVALSHA";
    Session warm = value(store.rotateId(created(store).set("n", 1)));
    value(store.delete(warm.id()));

    Session session = value(run(proxy, store.create(Map.of("user", "user123"))));
    assertSent(proxy, 1, create, "WAIT");
    value(run(proxy, Mono.defer(() -> store.save(store.newSession()))));
    assertSent(proxy, 1, create, "WAIT");
    Session rotated = value(run(proxy, Mono.defer(() -> store.rotateId(session.set("n", 1)))));
    assertSent(proxy, 1, "EVALSHA", "WAIT");
    value(run(proxy, store.get(rotated.id())));
    assertSent(proxy, 1, layout == Layout.STRING ? "GET" : "HGETALL");
    value(run(proxy, Mono.defer(() -> store.save(rotated.set("n", 2)))));
    assertThat(proxy.names()).doesNotContain("WAIT");
    value(run(proxy, store.delete(rotated.id())));
    assertSent(proxy, 1, "EVALSHA", "WAIT");
    value(run(proxy, store.delete(rotated.id())));
    assertSent(proxy, 2, "EVALSHA", "WAIT", "EVAL", "EVALSHA", "WAIT");
    call(servers.primary(), "SCRIPT", "FLUSH");
    value(run(proxy, store.delete(value(store.save(store.newSession())).id())));
    assertThat(proxy.names()).endsWith("EVALSHA", "WAIT", "EVAL", "WAIT");
  }

  @Test
  void aWaitWhoseAnswerIsLostLeavesTheOutcomeUnknown() {
    RecordingProxy proxy = proxy();
    ValkeySessionStore store = store(proxy, LONG);
    value(store.delete(created(store).id())); // the server knows the script now
    Session session = created(store);
    proxy.cutBeforeAnswer(command -> command.name().equals("WAIT"));
    assertThat(error(store.delete(session.id())))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isTrue())
        .hasMessageContaining("whether replicas have it (acknowledgedBy) could not be asked");
    assertThat(value(whenBack(store.delete(session.id())))).isFalse();
  }

  @Test
  void aUserNeedsThePermissionToWaitAndNoMore() throws IOException {
    assertThat(Files.readString(Path.of("../README.md")))
        .contains("`" + ServerErrors.NEEDED_FOR_ACKNOWLEDGEMENT + "`");
    permit(ServerErrors.NEEDED + " " + ServerErrors.NEEDED_FOR_ACKNOWLEDGEMENT);
    for (Layout layout : Layout.values()) {
      ValkeySessionStore app = app(layout);
      for (Call call : Call.values()) {
        Session session = created(app);
        assertThat(Flux.from(call.on(app, session)).blockLast(PATIENCE)).isNotNull();
        value(app.delete(session.id()));
        assertThat(value(app.delete(session.id()))).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aUserWhoMayNotWaitIsToldAndNothingIsWritten(Changing change) {
    permit(ServerErrors.NEEDED);
    assertThat(error(change.call.on(app(Layout.STRING), Sessions.storedElsewhere())))
        .isInstanceOf(ServerErrors.ForbiddenException.class)
        .hasMessageContaining("no permission for the command WAIT")
        .hasMessageContaining(
            "with acknowledgedBy also " + ServerErrors.NEEDED_FOR_ACKNOWLEDGEMENT);
    assertThat(keys(servers.primary())).isEmpty();
  }

  private static void permit(String commands) {
    List<String> words = new ArrayList<>(List.of("ACL", "SETUSER", "app", "reset", "on"));
    words.addAll(List.of(">s3cret", "~latchkey:*"));
    words.addAll(List.of(commands.split(" ")));
    call(servers.primary(), words.toArray(String[]::new));
  }

  private ValkeySessionStore app(Layout layout) {
    ValkeySessionStore app =
        builder(servers.primary().uri().replace("://", "://app:s3cret@"), LONG)
            .layout(layout)
            .build();
    opened.add(app);
    return app;
  }

  private static void assertNotAcknowledged(Publisher<?> call) {
    assertThat(error(call))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isTrue())
        .hasMessageContaining(TOO_FEW);
  }

  /** So that what is called next is on connections that have written nothing. */
  private static void cutAll() {
    call(servers.primary(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  }

  /** Again until the primary is there, whether or not the replica is. */
  private static <T> Mono<T> whenBack(Mono<T> call) {
    return again(call, error -> !String.valueOf(error.getMessage()).contains(TOO_FEW));
  }

  /** Again until the primary and the replica are there. */
  private static <T> Mono<T> whenAllAreBack(Mono<T> call) {
    return again(call, error -> true);
  }

  private static <T> Mono<T> again(Mono<T> call, Predicate<Throwable> which) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance)
                .filter(which))
        .timeout(PATIENCE);
  }

  private static <T> Mono<T> run(RecordingProxy proxy, Mono<T> call) {
    return Mono.defer(
        () -> {
          reset(proxy);
          return Mono.just(requireNonNull(call.block(PATIENCE)));
        });
  }

  private static void reset(RecordingProxy proxy) {
    proxy.awaitQuiet();
    proxy.reset();
  }

  private static void assertSent(RecordingProxy proxy, int roundTrips, String... commands) {
    proxy.awaitQuiet();
    assertThat(proxy.names()).containsExactly(commands);
    assertThat(proxy.roundTrips()).isEqualTo(roundTrips);
  }

  private RecordingProxy proxy() {
    RecordingProxy proxy = RecordingProxy.of(servers.primary().uri());
    opened.add(proxy);
    return proxy;
  }

  private ValkeySessionStore store(RecordingProxy proxy, Duration within) {
    ValkeySessionStore store = builder(proxy.uri(), within).connections(1).build();
    opened.add(0, store);
    return store;
  }

  private ValkeySessionStore store(Layout layout, Duration within) {
    ValkeySessionStore store = builder(within).layout(layout).build();
    opened.add(store);
    return store;
  }

  private static ValkeySessionStore.Builder builder(Duration within) {
    return builder(servers.primary().uri(), within);
  }

  private static ValkeySessionStore.Builder builder(String uri, Duration within) {
    return ValkeySessionStore.builder(uri)
        .acknowledgedBy(1, within)
        .commandTimeout(within.multipliedBy(2).plus(PATIENCE));
  }
}
