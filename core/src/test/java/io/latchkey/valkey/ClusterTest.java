package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.Session;
import io.latchkey.SessionStoreException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.TestCluster;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** What is special about a cluster: slots, nodes that send a command elsewhere, slots that move. */
class ClusterTest {
  private static TestCluster cluster;

  private final ValkeySessionStore store = store(Duration.ofSeconds(5));

  @BeforeAll
  static void start() {
    cluster = TestCluster.shared();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void sessionsLieOnAllNodes() {
    List<String> ids = ids(many(store, 60));
    for (int node = 0; node < 3; node++) {
      int owner = node;
      assertThat(ids).anyMatch(id -> cluster.firstOwner(slot(id)) == owner);
    }
    assertThat(Flux.fromIterable(ids).concatMap(store::get).count().block(PATIENCE)).isEqualTo(60);
  }

  @Test
  void getAllKeepsTheOrderOfTheIdsAcrossNodesAndLeavesOutWhatIsAbsent() {
    List<Session> sessions = many(store, 1200);
    value(store.delete(sessions.get(7).id()));
    List<String> ids = ids(sessions);
    List<String> found = store.getAll(ids).map(Session::id).collectList().block(PATIENCE);
    ids.remove(7);
    assertThat(found).isEqualTo(ids);
  }

  @Test
  void aRotationStaysInItsSlot() {
    Session session = created(store);
    Session rotated = value(store.rotateId(session));
    assertThat(slot(rotated.id())).isEqualTo(slot(session.id()));
    StepVerifier.create(store.get(session.id())).verifyComplete();
  }

  @ParameterizedTest
  @EnumSource
  void aFirstCallFromANonBlockingThreadBlocksNowhere(Call call) {
    Session session = created(store);
    ValkeySessionStore fresh = store(Duration.ofSeconds(5));
    StepVerifier.create(
            Flux.defer(() -> call.on(fresh, session)).then().subscribeOn(Schedulers.parallel()))
        .expectComplete()
        .verify(PATIENCE);
    StepVerifier.create(Mono.defer(fresh::closeAsync).subscribeOn(Schedulers.parallel()))
        .expectComplete()
        .verify(PATIENCE);
  }

  @ParameterizedTest
  @EnumSource
  void everyCallFollowsASlotThatHasMoved(Call call) {
    Session session = created(store);
    try (Move move = new Move(slot(session.id()))) {
      move.begin();
      move.keys();
      move.end();
      assertThat(Flux.from(call.on(store, session)).blockLast(PATIENCE)).isNotNull();
      // Known by now, whoever was asked first.
      assertThat(Flux.from(Call.CREATE.on(store, session)).blockLast(PATIENCE)).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyCallFollowsASessionAheadOfItsSlot(Call call) {
    Session session = created(store);
    try (Move move = new Move(slot(session.id()))) {
      move.begin();
      move.keys();
      assertThat(Flux.from(call.on(store, session)).blockLast(PATIENCE)).isNotNull();
    }
  }

  /** Both ids of a rotation are of one key, so no command needs two keys of a slot on the move. */
  @Test
  void aThousandRotationsWhileTheirSlotMovesMeetNoError() {
    Session session = created(store);
    try (Move move = new Move(slot(session.id()))) {
      move.begin();
      session = rotated(session, 250);
      move.keys();
      session = rotated(session, 250);
      move.end();
      session = rotated(session, 250);
    }
    session = rotated(session, 250);
    assertThat(value(store.get(session.id())).get("n", Integer.class)).contains(499);
  }

  private Session rotated(Session session, int times) {
    Mono<Session> rotated = Mono.just(session);
    for (int i = 0; i < times; i++) {
      boolean withGrace = i % 2 == 0;
      rotated =
          rotated.flatMap(
              s ->
                  withGrace
                      ? store.renewId(s, Duration.ofNanos(1), Duration.ofSeconds(10))
                      : store.rotateId(s.set("n", s.get("n", Integer.class).orElse(-1) + 1)));
    }
    return value(rotated);
  }

  /** ASKING and the command that it is for are two; nothing may come between them. */
  @Test
  void noCallIsDisturbedWhileSlotsMoveUnderLoad() {
    List<Session> sessions = many(store, 40);
    List<Integer> slots = sessions.stream().map(s -> slot(s.id())).distinct().toList();
    AtomicInteger[] counts = new AtomicInteger[sessions.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new AtomicInteger();
    }
    Mono<Void> moving =
        Mono.<Void>fromRunnable(
                () -> {
                  for (int slot : slots) {
                    try (Move move = new Move(slot)) {
                      move.begin();
                      move.keys();
                      move.end();
                    }
                  }
                })
            .subscribeOn(Schedulers.boundedElastic());
    Mono<Void> moved = moving.cache();
    Flux.range(0, sessions.size())
        .flatMap(
            i -> {
              String id = sessions.get(i).id();
              return Mono.defer(
                      () ->
                          store.update(
                              id,
                              s -> Mono.just(s.set("n", s.get("n", Integer.class).orElse(0) + 1))))
                  .subscribeOn(Schedulers.parallel())
                  .doOnNext(saved -> counts[i].incrementAndGet())
                  .then(Mono.defer(() -> store.get(id)))
                  .switchIfEmpty(Mono.error(() -> new AssertionError("a session is gone")))
                  .repeat()
                  .takeUntilOther(moved);
            },
            sessions.size())
        .then(moved)
        .block(PATIENCE);
    for (int i = 0; i < counts.length; i++) {
      Session last = value(store.get(sessions.get(i).id()));
      // One more may have been cancelled on its way.
      assertThat(last.get("n", Integer.class).orElse(0))
          .isBetween(counts[i].get(), counts[i].get() + 1);
      assertThat(counts[i].get()).isPositive();
    }
  }

  @Test
  void anyNodeWillDoAsTheFirst() {
    for (int node = 0; node < 3; node++) {
      try (ServerProcess away = ValkeyServer.start()) {
        away.kill();
        String uri =
            "valkey-cluster://127.0.0.1:"
                + away.port()
                + ",localhost:"
                + cluster.process(node).port();
        try (ValkeySessionStore other = ValkeySessionStore.connect(uri)) {
          assertThat(value(other.get(created(store).id()).hasElement())).isFalse();
        }
      }
    }
  }

  @Test
  void aServerThatIsNoClusterIsSaid() {
    try (ServerProcess alone = ValkeyServer.start();
        ValkeySessionStore to =
            ValkeySessionStore.connect(alone.uri().replace("valkey://", "valkey-cluster://"))) {
      assertThat(error(to.create(Map.of())))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("not a node of a cluster: connect to it with valkey://");
    }
  }

  @Test
  void aNodeThatIsTakenForAServerOfItsOwnIsSaid() {
    try (ValkeySessionStore to = ValkeySessionStore.connect(cluster.process(0).uri())) {
      Throwable error =
          error(Flux.range(0, 30).concatMap(i -> to.create(Map.of())).then(Mono.empty()));
      assertThat(error).hasMessageContaining("connect to it with valkey-cluster://");
    }
  }

  @Test
  void springSessionsKeysAreRefused() {
    assertThatThrownBy(
            () ->
                ValkeySessionStore.builder(cluster.uri())
                    .migrateFrom(MigrationSource.springSession("spring:session", bytes -> bytes))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("migrateFrom cannot name Spring Session on a cluster");
  }

  @Test
  void aUserNeedsNoMoreThanTheReadmeGrants() {
    permit(ServerErrors.NEEDED + " " + ServerErrors.NEEDED_ON_A_CLUSTER);
    for (Layout layout : Layout.values()) {
      try (ValkeySessionStore app = app(layout)) {
        for (Call call : Call.values()) {
          Session session = created(app);
          assertThat(Flux.from(call.on(app, session)).blockLast(PATIENCE)).isNotNull();
          Session ahead = created(app);
          try (Move move = new Move(slot(ahead.id()))) {
            move.begin();
            move.keys();
            if (call != Call.ROTATE_ID) {
              assertThat(Flux.from(call.on(app, ahead)).blockLast(PATIENCE)).isNotNull();
            }
          }
        }
      }
    }
  }

  @Test
  void aUserWhoMayNotAskForTheSlotsIsTold() {
    permit(ServerErrors.NEEDED + " +asking");
    try (ValkeySessionStore app = app(Layout.STRING)) {
      assertThat(error(app.create(Map.of())))
          .isInstanceOf(ServerErrors.ForbiddenException.class)
          .hasMessageContaining("no permission for the command CLUSTER")
          .hasMessageContaining(ServerErrors.NEEDED_ON_A_CLUSTER);
    }
  }

  @Test
  void aUserWhoMayNotGoAheadOfASlotIsTold() {
    permit(ServerErrors.NEEDED + " +cluster|slots");
    try (ValkeySessionStore app = app(Layout.STRING)) {
      Session session = created(app);
      try (Move move = new Move(slot(session.id()))) {
        move.begin();
        move.keys();
        assertThat(error(app.get(session.id())))
            .isInstanceOf(ServerErrors.ForbiddenException.class)
            .hasMessageContaining("no permission for the command ASKING");
      }
    }
  }

  private static void permit(String commands) {
    List<String> words = new ArrayList<>(List.of("ACL", "SETUSER", "app", "reset", "on"));
    words.addAll(List.of(">s3cret", "~clustertest:*"));
    words.addAll(List.of(commands.split(" ")));
    cluster.commandAll(words.toArray(String[]::new));
  }

  private static ValkeySessionStore app(Layout layout) {
    return ValkeySessionStore.builder(cluster.uri().replace("://", "://app:s3cret@"))
        .namespace("clustertest")
        .layout(layout)
        .build();
  }

  private static ValkeySessionStore store(Duration timeout) {
    return ValkeySessionStore.builder(TestCluster.shared().uri())
        .namespace("clustertest")
        .commandTimeout(timeout)
        .build();
  }

  private static List<Session> many(ValkeySessionStore store, int count) {
    return new ArrayList<>(
        value(
            Flux.range(0, count)
                .flatMapSequential(i -> store.create(Map.of("user", "user" + i)))
                .collectList()));
  }

  private static List<String> ids(List<Session> sessions) {
    return new ArrayList<>(sessions.stream().map(Session::id).toList());
  }

  private static int slot(String id) {
    return SlotHash.getSlot("clustertest:" + id.substring(0, 16));
  }

  /** A slot's way to another node, and back in the end. */
  private static final class Move implements AutoCloseable {
    private final int slot;
    private final int from;
    private final int to;

    Move(int slot) {
      this.slot = slot;
      this.from = cluster.firstOwner(slot);
      this.to = (from + 1) % 3;
    }

    void begin() {
      cluster.beginMigration(slot, from, to);
    }

    void keys() {
      cluster.moveKeys(slot, from, to);
    }

    void end() {
      keys();
      cluster.endMigration(slot, to);
    }

    @Override
    public void close() {
      end();
      cluster.beginMigration(slot, to, from);
      cluster.moveKeys(slot, to, from);
      cluster.endMigration(slot, from);
    }
  }
}
