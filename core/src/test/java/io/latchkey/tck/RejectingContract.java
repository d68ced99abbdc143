package io.latchkey.tck;

import static io.latchkey.tck.Signals.assertTellsNothing;
import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionGoneException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

abstract class RejectingContract extends ContractTopic {
  RejectingContract(SessionStoreContract kit) {
    super(kit);
  }

  @Override
  StoreOptions options() {
    return StoreOptions.DEFAULT.withConflicts(ConflictPolicy.REJECT);
  }

  @Test
  void saveAfterAnothersOfTheSameAttributeIsRefusedAndWritesNothing() {
    Session mine = created(Map.of("n", "old"));
    Session theirs = stored(mine);
    value(other().save(theirs.set("n", "theirs")));
    error(store().save(mine.set("n", "mine").set("more", 1)), SessionConflictException.class);
    assertThat(stored(mine).names()).containsExactly("n");
    assertThat(stored(mine).get("n", String.class)).contains("theirs");
  }

  @Test
  void saveAfterAnothersOfADifferentAttributeIsRefusedAndWritesNothing() {
    Session mine = created();
    Session theirs = stored(mine);
    value(other().save(theirs.set("theirs", 1)));
    error(store().save(mine.set("mine", 1)), SessionConflictException.class);
    assertThat(stored(mine).names()).containsExactly("theirs");
  }

  @Test
  void refusedSaveIsRefusedAgain() {
    Session mine = created();
    value(other().save(stored(mine).set("theirs", 1)));
    error(store().save(mine.set("mine", 1)), SessionConflictException.class);
    error(store().save(mine), SessionConflictException.class);
    assertThat(stored(mine).names()).containsExactly("theirs");
  }

  @Test
  void saveSucceedsOnceTheSessionIsReadAgain() {
    Session mine = created();
    value(other().save(stored(mine).set("theirs", 1)));
    error(store().save(mine.set("mine", 1)), SessionConflictException.class);
    value(store().save(value(store().get(mine.id())).set("mine", 1)));
    assertThat(stored(mine).names()).containsExactlyInAnyOrder("theirs", "mine");
  }

  @Test
  void onesOwnSavesDoNotStandInOnesWay() {
    Session session = value(store().save(store().newSession().set("n", 1)));
    session = value(store().save(session.set("n", 2)));
    session = value(store().save(session.set("n", 3)));
    assertThat(stored(session).get("n", Integer.class)).contains(3);
  }

  @Test
  void onesOwnSavesAtOnceDoNotStandInEachOthersWay() {
    for (int i = 0; i < 50; i++) {
      Session session = created();
      Mono<Session> one = Mono.defer(() -> store().save(session.set("one", 1)));
      Mono<Session> two = Mono.defer(() -> store().save(session.set("two", 2)));
      value(Mono.zip(one, two));
      assertThat(stored(session).names()).containsExactlyInAnyOrder("one", "two");
    }
  }

  @Test
  void rotationWithoutChangesTakesOthersChangesAlong() {
    Session mine = created(Map.of("n", "old"));
    value(other().save(stored(mine).set("n", "theirs")));
    Session rotated = value(store().rotateId(mine));
    assertThat(rotated.get("n", String.class)).contains("theirs");
    value(store().save(rotated.set("n", "mine")));
    assertThat(mine.get("n", String.class)).contains("old");
  }

  @Test
  void touchesOfOthersDoNotStandInTheWay() {
    Session mine = created();
    assertThat(value(other().touch(stored(mine)))).isTrue();
    value(store().save(mine.set("n", 1)));
    assertThat(stored(mine).get("n", Integer.class)).contains(1);
  }

  @Test
  void rotatedSessionCanBeSaved() {
    Session rotated = value(store().rotateId(created().set("n", 1)));
    value(store().save(rotated.set("n", 2)));
    assertThat(stored(rotated).get("n", Integer.class)).contains(2);
  }

  @Test
  void saveOfAnEndedSessionSignalsGoneAndNotConflict() {
    Session mine = created();
    value(other().save(stored(mine).set("n", 1)));
    value(other().delete(mine.id()));
    error(store().save(mine.set("n", 2)), SessionGoneException.class);
    assertGone(mine.id());
  }

  @Test
  void refusalTellsNeitherIdNorValue() {
    Session mine = created(Map.of("user", "top-secret"));
    value(other().save(stored(mine).set("theirs", "other-secret")));
    SessionConflictException refusal =
        error(store().save(mine.set("mine", "own-secret")), SessionConflictException.class);
    assertTellsNothing(refusal, mine.id(), "top-secret", "other-secret", "own-secret");
  }
}
