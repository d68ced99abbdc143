package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.test.StepVerifier;

/** Rules 4 and 5: the time to live of each write. Time is moved by the stores' clocks. */
@ExtendWith(ValkeyServer.class)
class TimeToLiveTest {
  private static final Instant START = Instant.ofEpochMilli(1764000000000L);
  private static final Duration IDLE = Duration.ofHours(10);
  private static final Duration INTERVAL = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMinutes(5);

  /** So long a test may take between a write and the look at it. */
  private static final Duration TOLERANCE = Duration.ofSeconds(30);

  private final ValkeyServer server;
  private final List<ValkeySessionStore> stores = new ArrayList<>();

  TimeToLiveTest(ValkeyServer server) {
    this.server = server;
  }

  @AfterEach
  void close() {
    stores.forEach(ValkeySessionStore::close);
  }

  @Test
  void aNewSessionLivesForTheIdleTimeoutAndOneTouchInterval() {
    Session session = created(at(START, builder()));
    assertTimeToLive(session, IDLE.plus(INTERVAL));
  }

  @Test
  void theTouchIntervalIsASixtiethOfTheIdleTimeoutByDefault() {
    ValkeySessionStore.Builder defaults =
        ValkeySessionStore.builder(server.uri()).namespace(server.namespace());
    assertTimeToLive(created(at(START, defaults)), Duration.ofMinutes(30).plusSeconds(30));
  }

  @Test
  void withoutATouchIntervalASessionLivesForTheIdleTimeout() {
    Session session = created(at(START, builder().touchInterval(Duration.ZERO)));
    assertTimeToLive(session, IDLE);
  }

  @Test
  void aSessionsOwnIdleTimeoutReplacesTheStores() {
    ValkeySessionStore store = at(START, builder());
    Session session = value(store.save(created(store).idleTimeout(Duration.ofHours(20))));
    assertTimeToLive(session, Duration.ofHours(21));
  }

  @Test
  void theTouchIntervalIsNoLongerThanASessionsOwnIdleTimeout() {
    ValkeySessionStore store = at(START, builder());
    Session session = value(store.save(store.newSession().idleTimeout(Duration.ofMinutes(10))));
    assertTimeToLive(session, Duration.ofMinutes(20));
  }

  @Test
  void theAbsoluteTimeoutBoundsTheTimeToLive() {
    Session session = created(at(START, builder().absoluteTimeout(Duration.ofHours(3))));
    assertTimeToLive(session, Duration.ofHours(3));
  }

  @Test
  void anAbsoluteTimeoutThatIsFarOffBoundsNothing() {
    Session session = created(at(START, builder().absoluteTimeout(Duration.ofDays(30))));
    assertTimeToLive(session, IDLE.plus(INTERVAL));
  }

  @Test
  void aSaveDoesNotMoveTheAbsoluteEnd() {
    var options = builder().absoluteTimeout(Duration.ofHours(3));
    Session session = created(at(START, options));
    value(at(START.plus(Duration.ofHours(1)), options).save(session.set("n", 1)));
    assertTimeToLive(session, Duration.ofHours(2));
  }

  @Test
  void aRotationDoesNotMoveTheAbsoluteEnd() {
    var options = builder().absoluteTimeout(Duration.ofHours(3));
    Session session = created(at(START, options));
    ValkeySessionStore later = at(START.plus(Duration.ofHours(1)), options);
    assertTimeToLive(value(later.rotateId(session)), Duration.ofHours(2));
  }

  @Test
  void aSessionIsNotReadAfterItsAbsoluteEndEvenIfTheServerStillHasIt() {
    for (Layout layout : Layout.values()) {
      var options = builder().layout(layout).absoluteTimeout(Duration.ofHours(3));
      Session session = created(at(START, options));
      ValkeySessionStore before = at(START.plus(Duration.ofHours(3)).minusMillis(1), options);
      assertThat(value(before.get(session.id())).id()).isEqualTo(session.id());
      ValkeySessionStore after = at(START.plus(Duration.ofHours(3)), options);
      StepVerifier.create(after.get(session.id())).verifyComplete();
      StepVerifier.create(after.getAll(List.of(session.id()))).verifyComplete();
    }
  }

  @Test
  void aSessionMadeToLastForEverHasNoTimeToLive() {
    Session session = created(at(START, builder().idleTimeout(Session.NEVER_IDLE)));
    assertThat(Stored.of(server, session).timeToLive()).isEqualTo(Duration.ofMillis(-1));
  }

  @Test
  void aSessionThatIsNeverIdleStillEndsAtItsAbsoluteEnd() {
    var options = builder().idleTimeout(Session.NEVER_IDLE).absoluteTimeout(Duration.ofHours(3));
    assertTimeToLive(created(at(START, options)), Duration.ofHours(3));
  }

  @Test
  void aSaveThatMakesASessionLastForEverTakesItsTimeToLive() {
    ValkeySessionStore store = at(START, builder());
    Session session = value(store.save(created(store).idleTimeout(Session.NEVER_IDLE)));
    assertThat(Stored.of(server, session).timeToLive()).isEqualTo(Duration.ofMillis(-1));
  }

  @Test
  void aSaveThatEndsALastingForEverGivesATimeToLive() {
    ValkeySessionStore store = at(START, builder().idleTimeout(Session.NEVER_IDLE));
    Session session = value(store.save(created(store).idleTimeout(Duration.ofHours(5))));
    assertTimeToLive(session, Duration.ofHours(5).plus(INTERVAL));
  }

  @Test
  void aSaveStartsTheTimeToLiveAnew() {
    ValkeySessionStore store = at(START, builder());
    Session session = created(store);
    Stored.of(server, session).expireIn(SHORT);
    value(store.save(session.set("n", 1)));
    assertTimeToLive(session, IDLE.plus(INTERVAL));
  }

  @Test
  void aRotationStartsTheTimeToLiveAnew() {
    ValkeySessionStore store = at(START, builder());
    Session session = created(store);
    Stored.of(server, session).expireIn(SHORT);
    assertTimeToLive(value(store.rotateId(session)), IDLE.plus(INTERVAL));
  }

  // Touches.

  @Test
  void aTouchChangesTheTimeOfTheAccessAndTheTimeToLiveAlone() {
    Session session = created(at(START, builder()));
    Stored stored = Stored.of(server, session);
    String before = stored.document();
    stored.expireIn(SHORT);
    assertThat(value(at(START.plusMillis(7), builder()).touch(session))).isTrue();
    assertThat(stored.document()).isEqualTo(before.replaceFirst("1764000000000", "1764000000007"));
    assertTimeToLive(session, IDLE.plus(INTERVAL));
  }

  @Test
  void aTouchTakesTheIdleTimeoutThatIsStoredNow() {
    ValkeySessionStore store = at(START, builder());
    Session stale = created(store);
    Session other = value(store.get(stale.id()));
    value(store.save(other.idleTimeout(Duration.ofHours(2))));
    assertThat(value(at(START.plusMillis(1), builder()).touch(stale))).isTrue();
    assertTimeToLive(stale, Duration.ofHours(3));
  }

  @Test
  void aTouchByAStoreWithTheDefaultIntervalAddsASixtieth() {
    Session session = created(at(START, builder()));
    ValkeySessionStore.Builder defaults =
        ValkeySessionStore.builder(server.uri()).namespace(server.namespace());
    value(at(START.plusMillis(1), defaults).touch(session));
    assertTimeToLive(session, IDLE.plusMinutes(10));
  }

  @Test
  void aTouchDoesNotReachBeyondTheAbsoluteEnd() {
    var options = builder().absoluteTimeout(Duration.ofHours(3));
    Session session = created(at(START, options));
    value(at(START.plus(Duration.ofHours(1)), options).touch(session));
    assertTimeToLive(session, Duration.ofHours(2));
  }

  @Test
  void aTouchAfterTheAbsoluteEndFindsNoSessionAndChangesNothing() {
    var options = builder().absoluteTimeout(Duration.ofHours(3));
    Session session = created(at(START, options));
    String before = Stored.of(server, session).dump();
    assertThat(value(at(START.plus(Duration.ofHours(3)), options).touch(session))).isFalse();
    assertThat(Stored.of(server, session).dump()).isEqualTo(before);
  }

  @Test
  void aTouchLeavesASessionThatLastsForEverWithoutTimeToLive() {
    var options = builder().idleTimeout(Session.NEVER_IDLE);
    Session session = created(at(START, options));
    assertThat(value(at(START.plusMillis(1), options).touch(session))).isTrue();
    assertThat(Stored.of(server, session).document()).contains("1764000000001");
    assertThat(Stored.of(server, session).timeToLive()).isEqualTo(Duration.ofMillis(-1));
  }

  @Test
  void aTouchThatIsNotLaterThanTheStoredAccessChangesNothing() {
    Session session = created(at(START, builder()));
    Stored stored = Stored.of(server, session);
    stored.expireIn(SHORT);
    String before = stored.dump();
    assertThat(value(at(START, builder()).touch(session))).isTrue();
    assertThat(value(at(START.minusSeconds(1), builder()).touch(session))).isTrue();
    assertThat(stored.dump()).isEqualTo(before);
    assertThat(stored.timeToLive()).isLessThanOrEqualTo(SHORT);
  }

  @Test
  void aTouchOfADeletedSessionBringsNothingBack() {
    ValkeySessionStore store = at(START, builder());
    Session session = created(store);
    value(store.delete(session.id()));
    assertThat(value(at(START.plusMillis(1), builder()).touch(session))).isFalse();
    assertThat(Stored.of(server, session).exists()).isFalse();
  }

  @Test
  void aReadWithoutATouchIntervalWritesDownEveryAccess() {
    var options = builder().touchInterval(Duration.ZERO);
    Session session = created(at(START, options));
    readTwice(at(START.plusMillis(1), options), session);
    assertThat(Stored.of(server, session).document()).contains("1764000000001");
  }

  @Test
  void aReadWritesDownTheAccessOnceTheTouchIntervalIsOver() {
    Session session = created(at(START, builder()));
    Stored.of(server, session).expireIn(SHORT);
    readTwice(at(START.plus(INTERVAL), builder()), session);
    assertThat(Stored.of(server, session).document()).contains("1764003600000");
    assertTimeToLive(session, IDLE.plus(INTERVAL));
  }

  @Test
  void aReadWithinTheTouchIntervalWritesNothing() {
    Session session = created(at(START, builder()));
    Stored stored = Stored.of(server, session);
    stored.expireIn(SHORT);
    String before = stored.dump();
    readTwice(at(START.plus(INTERVAL).minusMillis(1), builder()), session);
    assertThat(stored.dump()).isEqualTo(before);
    assertThat(stored.timeToLive()).isLessThanOrEqualTo(SHORT);
  }

  /** The touch beside the first read runs before the second, on the same connection. */
  private void readTwice(ValkeySessionStore store, Session session) {
    value(store.touch(created(store)));
    value(store.get(session.id()));
    value(store.get(session.id()));
  }

  private void assertTimeToLive(Session session, Duration expected) {
    assertThat(Stored.of(server, session).timeToLive())
        .isBetween(expected.minus(TOLERANCE), expected);
  }

  private ValkeySessionStore.Builder builder() {
    return ValkeySessionStore.builder(server.uri())
        .namespace(server.namespace())
        .connections(1)
        .idleTimeout(IDLE)
        .touchInterval(INTERVAL);
  }

  private ValkeySessionStore at(Instant now, ValkeySessionStore.Builder options) {
    ValkeySessionStore store = options.clock(Clock.fixed(now, ZoneOffset.UTC)).build();
    stores.add(store);
    return store;
  }
}
