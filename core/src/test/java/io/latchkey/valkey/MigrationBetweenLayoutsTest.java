package io.latchkey.valkey;

import static io.latchkey.valkey.MigrationStores.content;
import static io.latchkey.valkey.MigrationStores.other;
import static io.latchkey.valkey.MigrationStores.timeToLive;
import static io.latchkey.valkey.MigrationStores.type;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionGoneException;
import io.latchkey.UnreadablePolicy;
import io.latchkey.UnreadableSessionException;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** Sessions that were written in one layout, and a store with the other that migrates them. */
class MigrationBetweenLayoutsTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  /** Long enough for all that is sent without waiting to be sent before an answer comes. */
  private static final Duration ANSWER = Duration.ofMillis(300);

  private static int tests;

  private final String namespace = SERVER.namespace() + ":" + ++tests;
  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final List<ValkeySessionStore> stores = new ArrayList<>();

  @AfterEach
  void close() {
    stores.forEach(ValkeySessionStore::close);
    proxy.close();
  }

  // Reading.

  @ParameterizedTest
  @EnumSource
  void aSessionInTheOtherLayoutIsRead(Layout layout) {
    Session written = value(former(layout).create(Map.of("user", "ada", "cart", List.of("lamp"))));
    Session read = value(migrating(layout).get(written.id()));
    assertThat(read.id()).isEqualTo(written.id());
    assertThat(read.get("user", String.class)).contains("ada");
    assertThat(read.names()).containsExactlyInAnyOrder("user", "cart");
    assertThat(read.createdAt()).isEqualTo(written.createdAt());
    assertThat(read.lastAccessedAt()).isEqualTo(written.lastAccessedAt());
    assertThat(read.idleTimeout()).isEqualTo(written.idleTimeout());
  }

  @ParameterizedTest
  @EnumSource
  void readingAndSavingNothingRewritesNothing(Layout layout) {
    Session written = created(former(layout));
    Map<String, String> before = content(SERVER, keys());
    ValkeySessionStore store = migrating(layout);
    value(store.save(value(store.get(written.id()))));
    assertThat(content(SERVER, keys())).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void getAllFindsSessionsInBothLayoutsInTheOrderOfTheIds(Layout layout) {
    ValkeySessionStore store = migrating(layout);
    ValkeySessionStore former = former(layout);
    String first = created(former).id();
    String second = created(store).id();
    String absent = store.newSession().id();
    String third = created(former).id();
    assertThat(
            store
                .getAll(List.of(first, second, absent, third, first))
                .map(Session::id)
                .collectList()
                .block())
        .containsExactly(first, second, third, first);
  }

  @ParameterizedTest
  @EnumSource
  void getAllOfUnmigratedSessionsCostsOneMoreRoundTrip(Layout layout) {
    ValkeySessionStore former = former(layout);
    ValkeySessionStore store = warm(layout);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      ids.add(created(i % 2 == 0 ? former : store).id());
    }
    proxy.delay(ANSWER);
    run(store.getAll(ids).collectList());
    assertThat(proxy.names()).hasSize(75);
    assertThat(proxy.roundTrips()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void getOfAnUnmigratedSessionCostsOneMoreRoundTrip(Layout layout) {
    Session written = created(former(layout));
    ValkeySessionStore store = warm(layout);
    run(store.get(written.id()));
    assertThat(proxy.names())
        .containsExactly(layout == Layout.STRING ? "GET" : "HGETALL", "EVALSHA");
    assertThat(proxy.roundTrips()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void sessionsInTheStoresLayoutCostWhatTheyCostWithoutTheOption(Layout layout) {
    ValkeySessionStore store = warm(layout);
    String read = layout == Layout.STRING ? "GET" : "HGETALL";
    Session session = created(store);
    run(store.get(session.id()));
    assertThat(proxy.names()).containsExactly(read);
    run(store.getAll(List.of(session.id(), store.newSession().id())).collectList());
    assertThat(proxy.names()).containsExactly(read, read);
    run(store.save(session.set("n", 1)));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.touch(session));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    Session[] rotated = new Session[1];
    run(store.rotateId(session).doOnNext(moved -> rotated[0] = moved));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.delete(rotated[0].id()));
    assertThat(proxy.names()).containsExactly("EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void withoutTheOptionTheErrorNamesItAndTheBytesStay(Layout layout) {
    Session session = created(former(layout));
    ValkeySessionStore former = former(layout);
    Session before = value(former.get(session.id()));
    Map<String, String> bytes = content(SERVER, keys());
    ValkeySessionStore store = plain(layout);
    Stream<Publisher<?>> calls =
        Stream.of(
            store.get(session.id()),
            store.getAll(List.of(session.id())),
            store.touch(session),
            store.save(session.set("late", true)),
            store.rotateId(session),
            store.update(session.id(), Mono::just));
    calls.forEach(
        call ->
            assertThat(error(call))
                .isInstanceOf(UnreadableSessionException.class)
                .hasMessageContaining("migrateFrom(MigrationSource.layout("));
    assertThat(content(SERVER, keys())).isEqualTo(bytes);
    assertThat(value(former.get(session.id())).names()).isEqualTo(before.names());
  }

  @ParameterizedTest
  @EnumSource
  void withoutTheOptionItIsAbsentIfThePolicySaysSo(Layout layout) {
    Session session = created(former(layout));
    ValkeySessionStore store = open(builder(layout).unreadable(UnreadablePolicy.ABSENT));
    StepVerifier.create(store.get(session.id())).verifyComplete();
    assertThat(store.stats().unreadable()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void aKeyOfAnotherTypeStaysUnreadableAndAsItIs(Layout layout) {
    Session session = created(former(layout));
    String key = onlyKey();
    SERVER.command("DEL", key);
    SERVER.command("RPUSH", key, "somebody", "else");
    ValkeySessionStore store = migrating(layout);
    assertThat(error(store.get(session.id()))).isInstanceOf(UnreadableSessionException.class);
    assertThat(error(store.save(session.set("n", 1))))
        .isInstanceOf(UnreadableSessionException.class);
    assertThat(content(SERVER, keys())).containsValue("list[somebody, else]");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsDamagedInTheOtherLayoutStaysUnreadableAndAsItIs(Layout layout) {
    Session session = created(former(layout));
    String key = onlyKey();
    if (layout == Layout.HASH) {
      SERVER.command("APPEND", key, " ");
    } else {
      SERVER.command("HDEL", key, "a:user");
    }
    Map<String, String> before = content(SERVER, keys());
    ValkeySessionStore store = migrating(layout);
    assertThat(error(store.get(session.id()))).isInstanceOf(UnreadableSessionException.class);
    assertThat(content(SERVER, keys())).isEqualTo(before);
  }

  // Saving.

  @ParameterizedTest
  @EnumSource
  void aSaveRewritesTheSessionInTheStoresLayout(Layout layout) {
    Session written = value(former(layout).create(Map.of("user", "ada", "cart", List.of("lamp"))));
    ValkeySessionStore store = migrating(layout);
    Session read = value(store.get(written.id()));
    value(store.save(read.set("user", "eve").remove("cart").set("seen", 7)));
    assertThat(type(SERVER, onlyKey())).isEqualTo(type(layout));
    Session saved = value(plain(layout).get(written.id()));
    assertThat(saved.names()).containsExactlyInAnyOrder("user", "seen");
    assertThat(saved.get("user", String.class)).contains("eve");
    assertThat(saved.createdAt()).isEqualTo(written.createdAt());
    assertThat(timeToLive(SERVER, onlyKey())).isBetween(1L, Duration.ofMinutes(31).toMillis());
  }

  @ParameterizedTest
  @EnumSource
  void theMigratingSaveIsOneCommandAndTheNextOneTheUsual(Layout layout) {
    Session written = created(former(layout));
    ValkeySessionStore store = warm(layout);
    Session read = value(store.get(written.id()));
    run(store.save(read.set("n", 1)));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.get(read.id()));
    assertThat(proxy.roundTrips()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void timeoutsOfTheSessionSurviveItsMigration(Layout layout) {
    Session session =
        value(
            open(builder(other(layout))
                    .idleTimeout(Duration.ofMinutes(10))
                    .absoluteTimeout(Duration.ofMinutes(5)))
                .create(Map.of("user", "ada")));
    ValkeySessionStore store = migrating(layout);
    Session saved = value(store.save(value(store.get(session.id())).set("n", 1)));
    assertThat(saved.idleTimeout()).isEqualTo(Duration.ofMinutes(10));
    assertThat(saved.expiresAt()).isEqualTo(session.expiresAt());
    assertThat(timeToLive(SERVER, onlyKey())).isBetween(1L, Duration.ofMinutes(5).toMillis());
  }

  @ParameterizedTest
  @EnumSource
  void aSessionMadeToLastForEverStillDoes(Layout layout) {
    ValkeySessionStore former = former(layout);
    Session session = value(former.save(former.newSession().idleTimeout(Session.NEVER_IDLE)));
    ValkeySessionStore store = migrating(layout);
    value(store.save(value(store.get(session.id())).set("n", 1)));
    assertThat(type(SERVER, onlyKey())).isEqualTo(type(layout));
    assertThat(timeToLive(SERVER, onlyKey())).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource
  void aLargeSessionIsMigratedWhole(Layout layout) {
    ValkeySessionStore former = former(layout);
    Session large = former.newSession();
    for (int i = 0; i < 999; i++) {
      large.set("attribute \"" + i + "\"", i);
    }
    value(former.save(large));
    ValkeySessionStore store = migrating(layout);
    value(store.save(value(store.get(large.id())).set("n", 1)));
    Session read = value(plain(layout).get(large.id()));
    assertThat(read.names()).hasSize(1000);
    assertThat(read.get("attribute \"998\"", Integer.class)).contains(998);
  }

  @ParameterizedTest
  @EnumSource
  void aSaveAfterADeletionSignalsGoneAndLeavesNoKey(Layout layout) {
    ValkeySessionStore former = former(layout);
    Session session = created(former);
    ValkeySessionStore store = migrating(layout);
    Session read = value(store.get(session.id()));
    value(former.delete(session.id()));
    assertThat(error(store.save(read.set("n", 1)))).isInstanceOf(SessionGoneException.class);
    assertThat(error(store.rotateId(read))).isInstanceOf(SessionGoneException.class);
    assertThat(value(store.touch(read))).isFalse();
    assertThat(keys()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void changesOfTwoOfWhomOneMigratesBothSurvive(Layout layout) {
    Session session = created(former(layout));
    ValkeySessionStore store = migrating(layout);
    Session one = value(store.get(session.id()));
    Session two = value(store.get(session.id()));
    value(store.save(one.set("one", 1)));
    value(store.save(two.set("two", 2)));
    assertThat(value(store.get(session.id())).names())
        .containsExactlyInAnyOrder("user", "one", "two");
    assertThat(type(SERVER, onlyKey())).isEqualTo(type(layout));
  }

  @ParameterizedTest
  @EnumSource
  void aChangeOfAnInstanceWithTheFormerLayoutSurvives(Layout layout) {
    ValkeySessionStore former = former(layout);
    Session session = created(former);
    ValkeySessionStore store = migrating(layout);
    Session read = value(store.get(session.id()));
    value(former.save(session.set("one", 1)));
    value(store.save(read.set("two", 2)));
    assertThat(value(store.get(session.id())).names())
        .containsExactlyInAnyOrder("user", "one", "two");
  }

  @ParameterizedTest
  @EnumSource
  void instancesWithEitherLayoutTakeTurns(Layout layout) {
    ValkeySessionStore here = migrating(layout);
    ValkeySessionStore there = migrating(other(layout));
    Session one = created(here);
    Session two = value(there.get(one.id()));
    value(there.save(two.set("a", 1)));
    value(here.save(one.set("b", 2))); // read in this layout, and found in the other
    value(there.save(two.set("c", 3)));
    Session renewed = value(here.rotateId(one));
    assertThat(value(there.get(renewed.id())).names())
        .containsExactlyInAnyOrder("user", "a", "b", "c");
    assertThat(keys()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void everyConcurrentChangeSurvivesTheMigration(Layout layout) {
    Session session = created(former(layout));
    ValkeySessionStore here = migrating(layout);
    ValkeySessionStore there = migrating(other(layout));
    List<Mono<Session>> changes = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String name = "n" + i;
      ValkeySessionStore store = i % 2 == 0 ? here : there;
      changes.add(store.get(session.id()).flatMap(read -> store.save(read.set(name, 1))));
    }
    value(Mono.when(changes).thenReturn(true));
    assertThat(value(here.get(session.id())).names()).hasSize(31);
    assertThat(timeToLive(SERVER, onlyKey())).isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void underRejectASaveAfterSomebodyElsesMigrationIsAConflict(Layout layout) {
    Session session = created(former(layout));
    ValkeySessionStore store = open(migratingBuilder(layout).conflicts(ConflictPolicy.REJECT));
    Session one = value(store.get(session.id()));
    Session two = value(store.get(session.id()));
    value(store.save(one.set("one", 1)));
    Map<String, String> before = content(SERVER, keys());
    assertThat(error(store.save(two.set("two", 2)))).isInstanceOf(SessionConflictException.class);
    assertThat(content(SERVER, keys())).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void updateIsExactAcrossLayouts(Layout layout) {
    Session session = value(former(layout).create(Map.of("n", 0)));
    List<Mono<Session>> updates = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ValkeySessionStore store = migrating(i % 2 == 0 ? layout : other(layout));
      updates.add(
          store.update(
              session.id(),
              s -> Mono.just(s.set("n", s.get("n", Integer.class).orElseThrow() + 1))));
    }
    value(Mono.when(updates).thenReturn(true));
    assertThat(value(migrating(layout).get(session.id())).get("n", Integer.class)).contains(20);
  }

  @ParameterizedTest
  @EnumSource
  void aMigrationWhoseAnswerWasLostIsRecognised(Layout layout) {
    Session written = created(former(layout));
    ValkeySessionStore store = warm(layout);
    Session read = value(store.get(written.id()));
    proxy.awaitQuiet();
    proxy.cutBeforeAnswer(command -> command.name().equals("EVALSHA"));
    error(store.save(read.set("n", 1)));
    String migrated = withoutAccess(content(SERVER, keys()));
    value(store.save(read).retryWhen(Retry.backoff(100, Duration.ofMillis(20))));
    assertThat(type(SERVER, onlyKey())).isEqualTo(type(layout));
    assertThat(withoutAccess(content(SERVER, keys()))).isEqualTo(migrated);
  }

  /** A save counts as an access, also where it finds that all else was done. */
  private static String withoutAccess(Map<String, String> content) {
    return content.toString().replaceAll("\\b1 [A-Za-z0-9_-]{16} \\d{13} ", "1 access ");
  }

  // Touching, rotating, deleting.

  @ParameterizedTest
  @EnumSource
  void aTouchProlongsTheSessionWhereItLies(Layout layout) {
    Session session = created(former(layout));
    String key = onlyKey();
    SERVER.command("PEXPIRE", key, "60000");
    ValkeySessionStore store =
        open(
            migratingBuilder(layout).clock(Clock.offset(Clock.systemUTC(), Duration.ofMinutes(1))));
    assertThat(value(store.touch(session))).isTrue();
    assertThat(timeToLive(SERVER, key)).isGreaterThan(Duration.ofMinutes(29).toMillis());
    assertThat(type(SERVER, key)).isEqualTo(type(other(layout)));
    assertThat(value(former(layout).get(session.id())).lastAccessedAt())
        .isAfter(session.createdAt().plusSeconds(30));
  }

  @ParameterizedTest
  @EnumSource
  void aRotationMigratesAndEndsTheOldId(Layout layout) {
    Session session = created(former(layout));
    ValkeySessionStore store = migrating(layout);
    Session renewed = value(store.rotateId(value(store.get(session.id())).set("n", 1)));
    assertThat(type(SERVER, onlyKey())).isEqualTo(type(layout));
    assertThat(timeToLive(SERVER, onlyKey())).isPositive();
    assertThat(value(plain(layout).get(renewed.id())).names())
        .containsExactlyInAnyOrder("user", "n");
    StepVerifier.create(store.get(session.id())).verifyComplete();
  }

  @ParameterizedTest
  @EnumSource
  void aGraceHoldsAcrossLayouts(Layout layout) {
    Duration grace = Duration.ofMinutes(1);
    ValkeySessionStore here = open(migratingBuilder(layout).rotationGrace(grace));
    ValkeySessionStore there = open(migratingBuilder(other(layout)).rotationGrace(grace));
    Session session = created(there);
    Session renewed = value(here.rotateId(value(here.get(session.id()))));
    for (String key : keys()) {
      assertThat(timeToLive(SERVER, key)).isPositive();
    }
    // What the old key holds is of one layout, what the new key holds of the other.
    value(there.save(value(there.get(renewed.id())).set("n", 1)));
    assertThat(value(here.get(session.id())).names()).containsExactlyInAnyOrder("user", "n");
    value(here.save(value(here.get(session.id())).set("m", 1)));
    assertThat(value(there.touch(value(there.get(session.id()))))).isTrue();
    assertThat(value(there.delete(session.id()))).isTrue();
    assertThat(keys()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void anUnmigratedSessionIsDeletedInOneRoundTrip(Layout layout) {
    Session session = created(former(layout));
    ValkeySessionStore store = warm(layout);
    run(store.delete(session.id()));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    assertThat(keys()).isEmpty();
  }

  // Options.

  @ParameterizedTest
  @EnumSource
  void theStoresOwnLayoutIsRefusedAsASource(Layout layout) {
    ValkeySessionStore.Builder builder =
        builder(other(layout)).migrateFrom(MigrationSource.layout(layout)).layout(layout);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("migrateFrom")
        .hasMessageContaining(layout.name());
  }

  @ParameterizedTest
  @EnumSource
  void theSameSourceTwiceIsRefused(Layout layout) {
    ValkeySessionStore.Builder builder =
        builder(other(layout)).migrateFrom(MigrationSource.layout(layout));
    assertThatThrownBy(() -> builder.migrateFrom(MigrationSource.layout(layout)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("twice");
  }

  private ValkeySessionStore.Builder builder(Layout layout) {
    return MigrationStores.builder(SERVER.uri(), namespace, layout);
  }

  private ValkeySessionStore.Builder migratingBuilder(Layout layout) {
    return builder(layout).migrateFrom(MigrationSource.layout(other(layout)));
  }

  /** A store that is closed after the test. */
  private ValkeySessionStore open(ValkeySessionStore.Builder builder) {
    ValkeySessionStore store = builder.build();
    stores.add(store);
    return store;
  }

  private ValkeySessionStore plain(Layout layout) {
    return open(builder(layout));
  }

  private ValkeySessionStore former(Layout layout) {
    return plain(other(layout));
  }

  private ValkeySessionStore migrating(Layout layout) {
    return open(migratingBuilder(layout));
  }

  /** Behind the proxy, with an open connection, and scripts that the server knows. */
  private ValkeySessionStore warm(Layout layout) {
    ValkeySessionStore former = former(layout);
    ValkeySessionStore store =
        open(
            MigrationStores.builder(proxy.uri(), namespace, layout)
                .migrateFrom(MigrationSource.layout(other(layout))));
    for (ValkeySessionStore from : List.of(store, former)) {
      Session session = created(from);
      session = value(store.get(session.id()));
      value(store.touch(session));
      session = value(store.save(session.set("warm", true)));
      session = value(store.rotateId(session));
      value(store.delete(session.id()));
    }
    proxy.awaitQuiet();
    proxy.reset();
    return store;
  }

  private void run(Mono<?> operation) {
    proxy.awaitQuiet();
    proxy.reset();
    operation.block();
    proxy.awaitQuiet();
  }

  private Set<String> keys() {
    Set<String> keys = SERVER.keys();
    keys.removeIf(key -> !key.startsWith(namespace + ":"));
    return keys;
  }

  private String onlyKey() {
    assertThat(keys()).hasSize(1);
    return keys().iterator().next();
  }
}
