package io.latchkey.tck;

import static io.latchkey.tck.Signals.all;
import static io.latchkey.tck.Signals.assertEmpty;
import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The waits of these tests add up, so several sessions share one where they can. */
abstract class ExpiringContract extends ContractTopic {
  ExpiringContract(SessionStoreContract kit) {
    super(kit);
  }

  @Override
  StoreOptions options() {
    return StoreOptions.DEFAULT.withIdleTimeout(ticks(4)).withTouchInterval(Duration.ZERO);
  }

  @Test
  void sessionLastsItsIdleTimeoutAndAtMostOneTouchIntervalMore() {
    SessionStore lazy = kit.open(options().withTouchInterval(ticks(1)));
    Session session = value(lazy.create(Map.of()));
    kit.advance(ticks(3));
    assertThat(isThere(session.id())).isTrue();
    kit.advance(ticks(3));
    assertGone(session.id());
    assertThat(isThere(session.id())).isFalse();
  }

  @Test
  void readTooEarlyToBeWrittenDownCountsAllTheSame() {
    StoreOptions options = options().withIdleTimeout(ticks(4)).withTouchInterval(ticks(3));
    SessionStore lazy = kit.open(options);
    Session session = value(lazy.create(Map.of()));
    kit.advance(ticks(2));
    value(lazy.get(session.id()));
    kit.advance(ticks(3));
    assertThat(all(lazy.getAll(List.of(session.id())))).hasSize(1);
  }

  @Test
  void readTouchSaveAndRotationEachStartTheIdleTimeoutAnew() {
    Session read = created(Map.of("name", "read"));
    Session touched = created(Map.of("name", "touched"));
    Session saved = created(Map.of("name", "saved"));
    Session left = created(Map.of("name", "left"));
    Session rotated = created(Map.of("name", "rotated"));
    kit.advance(ticks(3));
    value(store().get(read.id()));
    assertThat(value(store().touch(touched))).isTrue();
    value(store().save(saved.set("n", 1)));
    rotated = value(store().rotateId(rotated));
    kit.advance(ticks(3));
    assertThat(survivors(read, touched, saved, left, rotated))
        .containsExactly("read", "touched", "saved", "rotated");
  }

  @Test
  void absoluteTimeoutIsProlongedByNothing() {
    SessionStore strict =
        kit.open(options().withIdleTimeout(ticks(100)).withAbsoluteTimeout(ticks(4)));
    Session read = value(strict.create(Map.of("name", "read")));
    Session touched = value(strict.create(Map.of("name", "touched")));
    Session saved = value(strict.create(Map.of("name", "saved")));
    Session rotated = value(strict.create(Map.of("name", "rotated")));
    Session never = value(strict.create(Map.of("name", "never")));
    kit.advance(ticks(3));
    value(strict.get(read.id()));
    assertThat(value(strict.touch(touched))).isTrue();
    value(strict.save(saved.set("n", 1).idleTimeout(ticks(1000))));
    rotated = value(strict.rotateId(rotated));
    value(strict.save(never.idleTimeout(Session.NEVER_IDLE)));
    kit.advance(ticks(2));
    assertThat(survivors(read, touched, saved, rotated, never)).isEmpty();
    assertEmpty(strict.get(read.id()));
  }

  @Test
  void sessionsOwnIdleTimeoutGoesBeforeTheStores() {
    SessionStore patient = kit.open(options().withIdleTimeout(ticks(1000)));
    Session shorter = value(patient.create(Map.of("name", "shorter")));
    Session ordinary = created(Map.of("name", "ordinary"));
    Session longer = created(Map.of("name", "longer"));
    Session rotated = created(Map.of("name", "rotated"));
    Session never = created(Map.of("name", "never"));
    value(patient.save(shorter.idleTimeout(ticks(4))));
    value(store().save(longer.idleTimeout(ticks(1000))));
    value(store().save(never.idleTimeout(Session.NEVER_IDLE)));
    rotated = value(store().rotateId(rotated.idleTimeout(ticks(1000))));
    kit.advance(ticks(6));
    assertThat(survivors(shorter, ordinary, longer, rotated, never))
        .containsExactly("longer", "rotated", "never");
  }

  @Test
  void touchAndReadGoByTheIdleTimeoutThatIsStoredAndNotByAStaleOne() {
    Session touched = created(Map.of("name", "touched"));
    Session saved = created(Map.of("name", "saved"));
    value(other().save(stored(touched).idleTimeout(ticks(1000))));
    value(other().save(stored(saved).idleTimeout(ticks(1000))));
    assertThat(value(store().touch(touched))).isTrue();
    value(store().save(saved.set("n", 1)));
    kit.advance(ticks(6));
    assertThat(survivors(touched, saved)).containsExactly("touched", "saved");
  }

  @Test
  void expiredSessionNeverComesBack() {
    Session saved = created();
    Session touched = created();
    Session rotated = created();
    Session updated = created();
    kit.advance(ticks(5));
    error(store().save(saved.set("n", 1)), SessionGoneException.class);
    assertThat(value(store().touch(touched))).isFalse();
    error(store().rotateId(rotated), SessionGoneException.class);
    assertEmpty(store().update(updated.id(), session -> other().save(session.set("n", 1))));
    assertThat(value(store().delete(updated.id()))).isFalse();
    assertThat(survivors(saved, touched, rotated, updated)).isEmpty();
  }

  @Test
  void readsAreWrittenDownAtMostOncePerTouchInterval() {
    SessionStore lazy = kit.open(options().withTouchInterval(ticks(2)));
    Session session = value(lazy.create(Map.of()));
    kit.advance(ticks(1));
    value(lazy.get(session.id()));
    kit.advance(ticks(2));
    Session read = value(lazy.get(session.id()));
    assertThat(read.lastAccessedAt()).isEqualTo(session.createdAt());
    kit.advance(ticks(1));
    read = all(lazy.getAll(List.of(session.id()))).get(0);
    assertThat(read.lastAccessedAt()).isAfterOrEqualTo(session.createdAt().plus(ticks(2)));
  }

  @Test
  void expiresAtIsTheLastAccessAndTheIdleTimeout() {
    Session session = created();
    assertThat(session.expiresAt()).contains(session.lastAccessedAt().plus(ticks(4)));
  }

  @Test
  void expiresAtIsNotLaterThanTheAbsoluteEnd() {
    SessionStore strict = kit.open(options().withAbsoluteTimeout(ticks(3)));
    Session session = value(strict.create(Map.of()));
    assertThat(session.expiresAt()).contains(session.createdAt().plus(ticks(3)));
    session.idleTimeout(Session.NEVER_IDLE);
    assertThat(value(strict.save(session)).expiresAt())
        .contains(session.createdAt().plus(ticks(3)));
  }

  @Test
  void sessionThatIsNeverIdleHasNoExpiry() {
    SessionStore patient = kit.open(options().withIdleTimeout(Session.NEVER_IDLE));
    Session session = value(patient.create(Map.of("n", 1)));
    assertThat(session.idleTimeout()).isEqualTo(Session.NEVER_IDLE);
    assertThat(session.expiresAt()).isEmpty();
    Session read = value(patient.get(session.id()));
    assertThat(read.idleTimeout()).isEqualTo(Session.NEVER_IDLE);
    assertThat(read.expiresAt()).isEmpty();
    assertThat(value(patient.delete(session.id()))).isTrue();
  }

  @Test
  void sessionThatWasNeverIdleCanBecomeSoAgain() {
    Session session = created(Map.of("name", "mortal")).idleTimeout(Session.NEVER_IDLE);
    value(store().save(session));
    assertThat(value(store().touch(session))).isTrue();
    value(store().save(session.idleTimeout(ticks(2))));
    kit.advance(ticks(3));
    assertThat(survivors(session)).isEmpty();
  }

  private Duration ticks(int number) {
    return kit.tick().multipliedBy(number);
  }

  /** The names of those that are still there, without accessing them. */
  private List<String> survivors(Session... sessions) {
    List<String> ids = Stream.of(sessions).map(Session::id).toList();
    return all(other().getAll(ids)).stream()
        .map(session -> session.get("name", String.class).orElseThrow())
        .toList();
  }
}
