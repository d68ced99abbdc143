package io.latchkey.tck;

import static io.latchkey.tck.Signals.all;
import static io.latchkey.tck.Signals.assertEmpty;
import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Who knows where a session is, but not its secret, has no session. */
abstract class SecretsContract extends ContractTopic {
  private static final Duration GRACE = Duration.ofMinutes(1);

  SecretsContract(SessionStoreContract kit) {
    super(kit);
  }

  // Wrong secrets.

  @Test
  void aWrongSecretFindsChangesAndDeletesNothing() {
    Session session = created(Map.of("user", "user123"));
    String wrong = session.handle() + store().newSession().id().substring(16);
    assertOpensNothing(wrong);
    assertUntouched(session);
  }

  @Test
  void eachCharacterOfTheSecretCounts() {
    Session session = created();
    List<String> wrong =
        IntStream.range(16, 40).mapToObj(i -> withAnotherCharacter(session.id(), i)).toList();
    assertThat(all(store().getAll(wrong))).isEmpty();
    assertThat(all(store().getAll(Stream.concat(wrong.stream(), Stream.of(session.id())).toList())))
        .hasSize(1);
  }

  @Test
  void theHandleOpensNothing() {
    Session session = created();
    assertOpensNothing(session.handle());
    assertOpensNothing(session.handle() + "A".repeat(24));
    assertUntouched(session);
  }

  @Test
  void theSecretOfOneSessionDoesNotOpenAnother() {
    Session mine = created();
    Session theirs = created();
    assertOpensNothing(theirs.handle() + mine.id().substring(16));
    assertUntouched(theirs);
  }

  // Former ids.

  @Test
  void aFormerIdFindsChangesAndDeletesNothing() {
    Session former = created(Map.of("user", "user123"));
    Session present = value(other().rotateId(stored(former)));
    assertOpensNothing(former.id());
    assertUntouched(present);
  }

  @Test
  void aSessionHeldUnderAFormerIdChangesNothing() {
    Session held = created();
    Session present = value(other().rotateId(stored(held)));
    kit.advance(Duration.ofMillis(2)); // an id of this very millisecond is not due
    assertThat(value(store().touch(held))).isFalse();
    error(store().rotateId(held), SessionGoneException.class);
    error(store().renewId(held, Duration.ofMillis(1), GRACE), SessionGoneException.class);
    error(store().save(held.set("planted", true)), SessionGoneException.class);
    error(store().rotateId(held.set("planted", true)), SessionGoneException.class);
    assertUntouched(present);
  }

  @Test
  void aFormerIdDoesWithinItsGraceWhatThePresentOneDoes() {
    Session former = created();
    Session present = value(store().rotateId(former, GRACE));
    Session held = stored(former);
    assertThat(held.handle()).isEqualTo(present.handle());
    assertThat(value(other().touch(held))).isTrue();
    value(other().save(held.set("saved", 1)));
    value(other().update(former.id(), s -> Mono.just(s.set("updated", 1))));
    assertThat(stored(present).names()).containsExactlyInAnyOrder("saved", "updated");
    assertThat(all(store().getAll(List.of(former.id(), present.id())))).hasSize(2);
    assertThat(value(store().delete(former.id()))).isTrue();
    assertGone(present.id());
  }

  @Test
  void aSaveWithinTheGraceLeavesThePresentIdAsItIs() {
    Session former = created();
    Session present = value(store().rotateId(former, GRACE));
    value(other().save(stored(former).set("n", 1)));
    assertThat(stored(present).get("n", Integer.class)).contains(1);
    assertThat(stored(former).get("n", Integer.class)).contains(1);
    value(store().save(present.set("n", 2)));
    assertThat(stored(former).get("n", Integer.class)).contains(2);
  }

  @Test
  void aFormerIdOpensNothingOnceItsGraceIsOver() {
    Session former = created();
    Session present = value(store().rotateId(former, kit.tick()));
    Session held = stored(former);
    kit.advance(kit.tick().plusMillis(1));
    assertOpensNothing(former.id());
    assertThat(value(other().touch(held))).isFalse();
    error(other().save(held.set("planted", true)), SessionGoneException.class);
    error(other().rotateId(held), SessionGoneException.class);
    assertUntouched(present);
  }

  @Test
  void aSignInEndsTheGraceOfAnEarlierRotation() {
    Session planted = created();
    Session renewed = value(store().rotateId(planted, GRACE));
    Session signedIn = value(store().rotateId(renewed.set("user", "user123"), Duration.ZERO));
    assertOpensNothing(planted.id());
    assertOpensNothing(renewed.id());
    assertThat(stored(signedIn).get("user", String.class)).contains("user123");
  }

  @Test
  void aSignInByAFormerIdEndsThePresentOneToo() {
    Session former = created();
    Session present = value(store().rotateId(former, GRACE));
    Session signedIn = value(other().rotateId(stored(former).set("user", "u"), Duration.ZERO));
    assertOpensNothing(former.id());
    assertOpensNothing(present.id());
    assertThat(stored(signedIn).handle()).isEqualTo(former.handle());
  }

  // What they are asserted with.

  private void assertOpensNothing(String id) {
    AtomicInteger calls = new AtomicInteger();
    assertEmpty(store().get(id));
    assertEmpty(other().get(id));
    assertThat(all(store().getAll(List.of(id)))).isEmpty();
    assertEmpty(
        store()
            .update(
                id,
                session -> {
                  calls.incrementAndGet();
                  return Mono.just(session.set("planted", true));
                }));
    assertThat(calls).hasValue(0);
    assertThat(value(store().delete(id))).isFalse();
    assertThat(value(other().delete(id))).isFalse();
  }

  private void assertUntouched(Session session) {
    Session now = stored(session);
    assertThat(now.names()).doesNotContain("planted");
    assertThat(now.names()).isEqualTo(session.names());
    assertThat(now.lastAccessedAt()).isEqualTo(session.lastAccessedAt());
  }

  private static String withAnotherCharacter(String id, int position) {
    char other = id.charAt(position) == 'A' ? 'B' : 'A';
    return id.substring(0, position) + other + id.substring(position + 1);
  }
}
