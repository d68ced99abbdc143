package io.latchkey.tck;

import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

abstract class RotatingContract extends ContractTopic {
  RotatingContract(SessionStoreContract kit) {
    super(kit);
  }

  @Test
  void rotationGivesTheSessionANewIdAndTheFormerOneIsDead() {
    Session session = created(Map.of("user", "user123"));
    Session rotated = value(store().rotateId(session));
    assertThat(rotated.id()).isNotEqualTo(session.id()).matches("[A-Za-z0-9_-]{40}");
    assertThat(stored(rotated).get("user", String.class)).contains("user123");
    assertGone(session.id());
  }

  @Test
  void theHandleStaysAndTheRestOfTheIdIsNew() {
    Session session = created();
    Session rotated = value(store().rotateId(session));
    assertThat(rotated.handle()).isEqualTo(session.handle()).hasSize(16);
    assertThat(stored(rotated).handle()).isEqualTo(session.handle());
    assertThat(rotated.id()).startsWith(rotated.handle());
    long kept =
        IntStream.range(16, 40)
            .filter(i -> rotated.id().charAt(i) == session.id().charAt(i))
            .count();
    assertThat(kept).isLessThan(8);
  }

  @Test
  void rotationGivesTheIdThatWasToldBeforehand() {
    Session session = created();
    String told = nextId(session);
    assertThat(told).isNotEqualTo(session.id());
    assertThat(isThere(told)).isFalse();
    assertThat(value(store().rotateId(session)).id()).isEqualTo(told).isEqualTo(session.nextId());
  }

  @Test
  void sessionThatWasNeverStoredIsStoredUnderTheIdThatWasToldBeforehand() {
    Session session = store().newSession();
    String told = nextId(session);
    assertThat(value(store().rotateId(session)).id()).isEqualTo(told);
    assertGone(session.id());
  }

  private static String nextId(Session session) {
    try {
      return session.nextId();
    } catch (UnsupportedOperationException e) {
      return Assumptions.abort("the store decides the next id at the rotation");
    }
  }

  @Test
  void sessionThatWasRotatedKeepsItsIdAndCanNoLongerBeSaved() {
    Session session = created();
    String id = session.id();
    value(store().rotateId(session));
    assertThat(session.id()).isEqualTo(id);
    error(store().save(session.set("n", 1)), SessionGoneException.class);
    assertGone(id);
  }

  @Test
  void sessionThatWasRotatedCannotBeRotatedAgain() {
    Session session = created();
    Session rotated = value(store().rotateId(session));
    error(store().rotateId(session), SessionGoneException.class);
    assertGone(session.id());
    assertThat(isThere(rotated.id())).isTrue();
  }

  @Test
  void sessionThatWasRotatedCannotBeTouched() {
    Session session = created();
    value(store().rotateId(session));
    assertThat(value(store().touch(session))).isFalse();
  }

  @Test
  void rotatedSessionCanBeSavedAndRotatedAgain() {
    Session once = value(store().rotateId(created()));
    value(store().save(once.set("n", 1)));
    Session twice = value(store().rotateId(once));
    assertThat(stored(twice).get("n", Integer.class)).contains(1);
    assertGone(once.id());
  }

  @Test
  void rotationTakesUnsavedChangesAlong() {
    Session session = created(Map.of("kept", 1, "removed", 1));
    session.set("user", "user123").remove("removed").idleTimeout(Duration.ofHours(7));
    Session rotated = value(store().rotateId(session));
    assertThat(rotated.names()).containsExactlyInAnyOrder("kept", "user");
    assertThat(stored(rotated).names()).containsExactlyInAnyOrder("kept", "user");
    assertThat(stored(rotated).idleTimeout()).isEqualTo(Duration.ofHours(7));
  }

  @Test
  void rotationKeepsWhatOthersSavedMeanwhile() {
    Session mine = created();
    value(other().save(stored(mine).set("theirs", 1)));
    Session rotated = value(store().rotateId(mine.set("mine", 1)));
    assertThat(stored(rotated).names()).containsExactlyInAnyOrder("mine", "theirs");
  }

  @Test
  void saveThatComesAfterAnothersRotationSignalsGone() {
    Session mine = created();
    Session rotated = value(other().rotateId(stored(mine)));
    error(store().save(mine.set("n", 1)), SessionGoneException.class);
    assertGone(mine.id());
    assertThat(stored(rotated).names()).isEmpty();
  }

  @Test
  void ofTwoRotationsAtOnceOneWins() {
    Session mine = created(Map.of("n", 1));
    Session theirs = stored(mine);
    long winners =
        value(
            Mono.zip(
                store()
                    .rotateId(mine)
                    .hasElement()
                    .onErrorReturn(SessionGoneException.class, false),
                other()
                    .rotateId(theirs)
                    .hasElement()
                    .onErrorReturn(SessionGoneException.class, false),
                (a, b) -> (a ? 1L : 0L) + (b ? 1L : 0L)));
    assertThat(winners).isEqualTo(1);
    assertGone(mine.id());
  }

  @RepeatedTest(10)
  void rotationAmongSavesKeepsExactlyThoseThatSucceed() {
    Session session = created();
    Session rotating = stored(session);
    List<Session> copies =
        IntStream.range(0, 8).mapToObj(i -> stored(session).set("n" + i, i)).toList();
    Flux<String> saves =
        Flux.fromIterable(copies)
            .flatMap(
                copy -> {
                  String added = copy.names().iterator().next();
                  return store()
                      .save(copy)
                      .thenReturn(added)
                      .onErrorResume(SessionGoneException.class, e -> Mono.empty());
                });
    var both = value(Mono.zip(saves.collectList(), other().rotateId(rotating)));
    List<String> acknowledged = both.getT1();
    Session rotated = both.getT2();
    assertThat(stored(rotated).names()).containsExactlyInAnyOrderElementsOf(acknowledged);
    assertGone(session.id());
  }

  @Test
  void rotationOfASessionNeverStoredStoresIt() {
    Session rotated = value(store().rotateId(store().newSession().set("n", 1)));
    assertThat(stored(rotated).get("n", Integer.class)).contains(1);
  }

  @Test
  void rotationKeepsTheTimeOfCreation() {
    Session session = created();
    kit.advance(Duration.ofMillis(2));
    Session rotated = value(store().rotateId(session));
    assertThat(rotated.createdAt()).isEqualTo(session.createdAt());
    assertThat(stored(rotated).createdAt()).isEqualTo(session.createdAt());
  }

  @Test
  void rotationDoesNothingBeforeItIsSubscribedTo() {
    Session session = created();
    Mono<Session> rotation = store().rotateId(session);
    assertThat(isThere(session.id())).isTrue();
    value(rotation);
    assertThat(isThere(session.id())).isFalse();
  }

  @Test
  void deletingTheFormerIdLeavesTheRotatedSessionAlone() {
    Session session = created();
    Session rotated = value(store().rotateId(session));
    assertThat(value(store().delete(session.id()))).isFalse();
    assertThat(isThere(rotated.id())).isTrue();
  }
}
