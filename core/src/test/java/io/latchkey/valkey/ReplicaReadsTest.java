package io.latchkey.valkey;

import static io.latchkey.testing.TestReplica.call;
import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestReplica;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Reads that go to a replica, and those that must not. */
class ReplicaReadsTest {
  private static TestReplica servers;

  /** Reads and writes at the primary only; what is another instance for the others. */
  private static ValkeySessionStore elsewhere;

  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeAll
  static void start() {
    servers = TestReplica.startLinked();
    elsewhere = ValkeySessionStore.connect(servers.primary().uri());
  }

  @AfterAll
  static void stop() {
    elsewhere.close();
    servers.close();
  }

  @AfterEach
  void close() throws Exception {
    servers.link().release();
    servers.replica().resume();
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReadIsOneCommandToTheReplicaAndNoneToThePrimary(Layout layout) {
    ValkeySessionStore writer =
        opened(builder(servers.primary().uri()).readFromReplicas(false).layout(layout).build());
    ValkeySessionStore store = opened(builder(servers.primary().uri()).layout(layout).build());
    String command = layout == Layout.STRING ? "get" : "hgetall";
    List<String> ids = replicated(writer, 10);
    value(store.get(ids.get(0)).subscribeOn(Schedulers.parallel()));
    awaitReading(store, servers.replica());
    reset();
    for (String id : ids) {
      assertThat(value(store.get(id)).get("user", String.class)).contains("user123");
    }
    assertThat(value(store.getAll(ids).map(Session::id).collectList())).isEqualTo(ids);
    assertThat(calls(servers.replica(), command)).isEqualTo(2L * ids.size());
    assertThat(calls(servers.primary(), command)).isZero();
  }

  @Test
  void withoutTheOptionNothingGoesToAReplica() {
    List<String> ids = replicated(elsewhere, 1);
    ValkeySessionStore store =
        opened(builder(servers.primary().uri()).readFromReplicas(false).clientName("off").build());
    reset();
    value(store.get(ids.get(0)));
    value(store.getAll(ids).collectList());
    assertThat(calls(servers.primary(), "get")).isEqualTo(2);
    assertThat(calls(servers.primary(), "role")).isZero();
    assertThat(calls(servers.replica(), "get")).isZero();
    assertThat(String.valueOf(call(servers.replica(), "CLIENT", "LIST")))
        .doesNotContain("name=off");
  }

  /** And what another instance wrote is read a few seconds later. */
  @Test
  void ownWritesAreReadBackWhileTheReplicaLagsAndOneThatLagsForLongIsNotRead() {
    ValkeySessionStore store = opened(builder(servers.primary().uri()).build());
    ValkeySessionStore other = opened(builder(servers.primary().uri()).build());
    ValkeySessionStore strict =
        opened(builder(servers.primary().uri()).conflicts(ConflictPolicy.REJECT).build());
    List<Session> sessions =
        value(Flux.fromIterable(replicated(elsewhere, 5)).concatMap(store::get).collectList());
    Session saved = sessions.get(0);
    Session deleted = sessions.get(1);
    Session rotated = sessions.get(2);
    Session renewed = sessions.get(3);
    Session touched = sessions.get(4);
    awaitReading(store, servers.replica());
    awaitReading(other, servers.replica());
    awaitReading(strict, servers.replica());
    servers.link().hold();

    value(store.save(saved.set("n", 1)));
    assertThat(value(store.get(saved.id())).names()).contains("n");
    assertThat(value(store.delete(deleted.id()))).isTrue();
    assertThat(store.get(deleted.id()).block(PATIENCE)).isNull();
    Session under = value(store.rotateId(rotated));
    assertThat(store.get(rotated.id()).block(PATIENCE)).isNull();
    assertThat(value(store.get(under.id())).names()).contains("user");
    // What is written under one of a session's ids is read under the other.
    Session next = value(store.rotateId(renewed, Duration.ofMinutes(1)));
    assertThat(value(store.delete(renewed.id()))).isTrue();
    assertThat(store.get(next.id()).block(PATIENCE)).isNull();
    value(store.touch(touched));
    assertThat(value(store.get(touched.id())).lastAccessedAt()).isEqualTo(touched.lastAccessedAt());
    assertThat(
            value(
                store
                    .getAll(List.of(saved.id(), deleted.id(), under.id()))
                    .map(Session::id)
                    .collectList()))
        .containsExactly(saved.id(), under.id());

    // Other instances see what was, which is how it is known that the replica is asked.
    Session stale = value(strict.get(saved.id()));
    assertThat(stale.names()).doesNotContain("n");
    assertThat(error(strict.save(stale.set("m", 1)))).isInstanceOf(SessionConflictException.class);
    assertThat(value(strict.get(saved.id())).names()).contains("n");
    Session ended = value(other.get(deleted.id()));
    assertThat(error(other.save(ended.set("n", 1)))).isInstanceOf(SessionGoneException.class);
    assertThat(other.get(deleted.id()).block(PATIENCE)).isNull();
    assertThat(value(other.get(saved.id())).names()).doesNotContain("n");
    assertThat(value(other.update(saved.id(), Mono::just)).names()).contains("n");
    TestCluster.await(
        "the replica is given up", () -> value(other.get(saved.id())).names().contains("n"));
    assertThat(value(store.get(saved.id())).names()).contains("n");
    assertThat(store.get(deleted.id()).block(PATIENCE)).isNull();
    servers.link().release();
    awaitReading(other, servers.replica());
  }

  /** What proved that it is up to date may not be the primary any more. */
  @Test
  void noReplicaIsReadFromWithoutAConnectionToThePrimary() {
    RecordingProxy proxy = opened(RecordingProxy.of(servers.primary().uri()));
    ValkeySessionStore store = opened(builder(proxy.uri()).connections(1).build());
    List<String> ids = replicated(elsewhere, 2);
    String id = ids.get(0);
    String other = ids.get(1);
    value(store.get(id));
    awaitReading(store, servers.replica());
    proxy.refuse();
    proxy.cutAll();
    // By a change, as a read would be answered by the replica for as long as that is proven.
    Mono<Boolean> change = store.delete(other);
    TestCluster.await(
        "it is noticed",
        () ->
            value(
                change
                    .thenReturn(false)
                    .onErrorReturn(ReplicaReadsTest::isNotConnected, true)
                    .onErrorReturn(SessionStoreUnavailableException.class, false)));
    reset();
    assertThat(error(store.get(id))).isInstanceOf(SessionStoreUnavailableException.class);
    assertThat(calls(servers.replica(), "get")).isZero();
    proxy.accept();
    awaitReading(store, servers.replica());
  }

  /** A replica goes by its own clock: where that is slow, the primary knows better. */
  @Test
  void aSessionWhoseIdleTimeoutIsOverIsAskedOfThePrimary() {
    List<String> ids = replicated(elsewhere, 2);
    ValkeySessionStore store =
        opened(
            builder(servers.primary().uri())
                .clock(Clock.offset(Clock.systemUTC(), Duration.ofHours(1)))
                .build());
    TestCluster.await(
        "the replica is read from",
        () -> {
          reset();
          assertThat(value(store.getAll(ids).collectList())).hasSize(2);
          return calls(servers.replica(), "get") == 2;
        });
    assertThat(calls(servers.primary(), "get")).isEqualTo(2);
    reset();
    value(store.get(ids.get(0)));
    assertThat(calls(servers.replica(), "get")).isEqualTo(1);
    assertThat(calls(servers.primary(), "get")).isEqualTo(1);
  }

  @Test
  void aWriteWhoseAnswerIsLostIsReadBackToo() {
    RecordingProxy proxy = opened(RecordingProxy.of(servers.primary().uri()));
    ValkeySessionStore store = opened(builder(proxy.uri()).connections(1).build());
    Session warm = created(elsewhere);
    Session session = created(elsewhere);
    replicated(elsewhere, 1);
    value(store.save(value(store.get(warm.id())).set("n", 1))); // the script is known
    awaitReading(store, servers.replica());
    Session read = value(store.get(session.id()));
    servers.link().hold();
    proxy.cutBeforeAnswer(command -> command.name().equals("EVALSHA"));
    assertThat(error(store.save(read.set("n", 1))))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isTrue());
    assertThat(value(whenBack(store.get(session.id()))).names()).contains("n");
  }

  @Test
  void whatIsAbsentOrUnreadableOnTheReplicaIsAskedOfThePrimary() {
    ValkeySessionStore store = opened(builder(servers.primary().uri()).build());
    Session old = created(elsewhere);
    Session damaged = created(elsewhere);
    String key = key(damaged.id());
    Object document = call(servers.primary(), "GET", key);
    call(servers.primary(), "SET", key, "{}");
    replicated(elsewhere, 1);
    awaitReading(store, servers.replica());
    servers.link().hold();
    call(servers.primary(), "SET", key, String.valueOf(document));
    Session fresh = created(elsewhere);
    Session own = created(store);
    reset();
    assertThat(value(store.get(fresh.id())).names()).contains("user");
    assertThat(value(store.get(damaged.id())).names()).contains("user");
    assertThat(store.get("A".repeat(40)).block(PATIENCE)).isNull();
    List<String> ids =
        List.of(fresh.id(), own.id(), "A".repeat(40), old.id(), damaged.id(), fresh.id(), own.id());
    assertThat(value(store.getAll(ids).map(Session::id).collectList()))
        .containsExactly(fresh.id(), own.id(), old.id(), damaged.id(), fresh.id(), own.id());
    assertThat(calls(servers.replica(), "get")).isEqualTo(3 + 5);
    assertThat(calls(servers.primary(), "get")).isEqualTo(3 + 6);
  }

  @Test
  void aReplicaThatHangsCostsNoCallAndIsUsedAgainWhenItGoesOn() {
    ValkeySessionStore store = opened(builder(servers.primary().uri()).build());
    List<String> ids = replicated(elsewhere, 10);
    awaitReading(store, servers.replica());
    servers.replica().pause();
    // Each of them at once, and each but the first few without having to wait for the replica.
    assertThat(value(Flux.fromIterable(ids).flatMap(store::get).count())).isEqualTo(10);
    assertThat(value(store.getAll(ids).count())).isEqualTo(10);
    reset(servers.primary());
    for (String id : ids) {
      value(store.get(id));
    }
    assertThat(calls(servers.primary(), "get")).isEqualTo(10);
    servers.replica().resume();
    awaitReading(store, servers.replica());
  }

  @Test
  void aCallWhoseReplicaAndPrimaryHangFails() {
    ValkeySessionStore store =
        opened(builder(servers.primary().uri()).commandTimeout(Duration.ofSeconds(1)).build());
    List<String> ids = replicated(elsewhere, 1);
    awaitReading(store, servers.replica());
    servers.replica().pause();
    servers.primary().pause();
    assertThat(error(store.get(ids.get(0))))
        .isInstanceOf(SessionStoreUnavailableException.class)
        .hasMessageContaining("within the commandTimeout");
    servers.primary().resume();
  }

  @Test
  void aReplicaThatIsKilledUnderLoadCostsNoCallAndIsUsedAgainWhenItIsBack() {
    ValkeySessionStore store = opened(builder(servers.primary().uri()).build());
    List<String> ids = replicated(elsewhere, 50);
    awaitReading(store, servers.replica());
    CompletableFuture<Long> load =
        Flux.range(0, Integer.MAX_VALUE)
            .takeUntilOther(Mono.delay(Duration.ofMillis(900)))
            .flatMap(i -> store.get(ids.get(i % ids.size())).hasElement(), 16)
            .filter(found -> !found)
            .count()
            .toFuture();
    await(300);
    servers.replica().kill();
    assertThat(value(Mono.fromFuture(load))).isZero();
    servers.replica().restart();
    awaitReading(store, servers.replica());
  }

  /** Its former process had confirmed all, and the primary does not know yet that it is dead. */
  @Test
  void aReplicaThatIsBackWithOldDataIsNotReadBeforeItHasTheNew() {
    ValkeySessionStore store = opened(builder(servers.primary().uri()).build());
    Session deleted = created(elsewhere);
    replicated(elsewhere, 1);
    awaitReading(store, servers.replica());
    call(servers.replica(), "SAVE");
    value(elsewhere.delete(deleted.id()));
    List<String> ids = replicated(elsewhere, 1);
    servers.link().hold();
    servers.replica().restart();
    assertThat(call(servers.replica(), "EXISTS", key(deleted.id()))).isEqualTo(1L);
    for (int i = 0; i < 20; i++) {
      assertThat(store.get(deleted.id()).block(PATIENCE)).isNull();
      value(store.get(ids.get(0)));
      await(100);
    }
    servers.link().release();
    awaitReading(store, servers.replica());
    assertThat(store.get(deleted.id()).block(PATIENCE)).isNull();
  }

  private static String key(String id) {
    return "latchkey:" + id.substring(0, 16);
  }

  private ValkeySessionStore.Builder builder(String uri) {
    return ValkeySessionStore.builder(uri).readFromReplicas(true);
  }

  private <T extends AutoCloseable> T opened(T closeable) {
    opened.add(0, closeable);
    return closeable;
  }

  /** The ids of new sessions, which are on the replica. */
  private static List<String> replicated(ValkeySessionStore store, int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(created(store).id());
    }
    TestCluster.await(
        "the replica has all",
        () -> TestReplica.keys(servers.replica()).equals(TestReplica.keys(servers.primary())));
    return ids;
  }

  /** Waits until a store's reads arrive at a replica. */
  static void awaitReading(ValkeySessionStore store, ServerProcess replica) {
    String id = created(elsewhere).id();
    TestCluster.await("the replica is read from", () -> reads(store, replica, id));
  }

  private static boolean reads(ValkeySessionStore store, ServerProcess replica, String id) {
    long before = calls(replica, "get") + calls(replica, "hgetall");
    store.get(id).onErrorComplete().block(PATIENCE);
    return calls(replica, "get") + calls(replica, "hgetall") > before;
  }

  private static boolean isNotConnected(Throwable error) {
    return error instanceof SessionStoreUnavailableException unavailable
        && !unavailable.outcomeUnknown();
  }

  private static void reset() {
    reset(servers.primary());
    reset(servers.replica());
  }

  private static void reset(ServerProcess server) {
    call(server, "CONFIG", "RESETSTAT");
  }

  /** How often a server has run a command. */
  static long calls(ServerProcess server, String command) {
    Matcher calls =
        Pattern.compile("cmdstat_" + command + ":calls=(\\d+)")
            .matcher(String.valueOf(call(server, "INFO", "commandstats")));
    return calls.find() ? Long.parseLong(calls.group(1)) : 0;
  }

  private static <T> Mono<T> whenBack(Mono<T> call) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance))
        .timeout(PATIENCE);
  }

  private static void await(long millis) {
    Mono.delay(Duration.ofMillis(millis)).block();
  }
}
