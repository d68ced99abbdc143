package io.latchkey.tck;

import static io.latchkey.tck.Signals.all;
import static io.latchkey.tck.Signals.assertTellsNothing;
import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

abstract class EndingContract extends ContractTopic {
  EndingContract(SessionStoreContract kit) {
    super(kit);
  }

  @Test
  void deletedSessionIsGoneForEveryInstance() {
    Session session = created();
    assertThat(value(store().delete(session.id()))).isTrue();
    assertGone(session.id());
    assertThat(isThere(session.id())).isFalse();
  }

  @Test
  void deleteTellsWhetherThereWasASession() {
    Session session = created();
    Mono<Boolean> delete = store().delete(session.id());
    assertThat(isThere(session.id())).isTrue();
    assertThat(value(delete)).isTrue();
    assertThat(value(delete)).isFalse();
    assertThat(value(store().delete(UNKNOWN_ID))).isFalse();
  }

  @Test
  void saveAfterDeleteSignalsGoneAndLeavesNothing() {
    Session session = created();
    value(other().delete(session.id()));
    error(store().save(session.set("n", 1)), SessionGoneException.class);
    assertGone(session.id());
  }

  @Test
  void saveOfAnotherIdleTimeoutAfterDeleteSignalsGoneAndLeavesNothing() {
    Session session = created();
    value(other().delete(session.id()));
    error(store().save(session.idleTimeout(Session.NEVER_IDLE)), SessionGoneException.class);
    assertGone(session.id());
  }

  @Test
  void savedNewSessionDoesNotComeBackAfterDelete() {
    Session session = store().newSession();
    value(store().save(session.set("n", 1)));
    value(other().delete(session.id()));
    error(store().save(session.set("n", 2)), SessionGoneException.class);
    assertGone(session.id());
  }

  @Test
  void noObjectOfADeletedSessionBringsItBackWhereverItCameFrom() {
    Session created = created(Map.of("n", 0));
    String id = created.id();
    Session read = value(store().get(id));
    Session listed = all(store().getAll(List.of(id))).get(0);
    Session saved = value(store().save(value(store().get(id)).set("n", 1)));
    Session updated = value(store().update(id, session -> Mono.just(session.set("n", 2))));
    value(other().delete(id));
    for (Session each : List.of(created, read, listed, saved, updated)) {
      error(store().save(each.set("n", 3)), SessionGoneException.class);
    }
    assertGone(id);
  }

  @Test
  void rotatedSessionDoesNotComeBackAfterDelete() {
    Session rotated = value(store().rotateId(created()));
    value(other().delete(rotated.id()));
    error(store().save(rotated.set("n", 1)), SessionGoneException.class);
    assertGone(rotated.id());
  }

  @RepeatedTest(10)
  void deleteAmongSavesWins() {
    Session session = created();
    List<Session> copies =
        IntStream.range(0, 8).mapToObj(i -> stored(session).set("n" + i, i)).toList();
    Flux<Session> saves =
        Flux.fromIterable(copies)
            .flatMap(
                copy ->
                    store()
                        .save(copy)
                        .onErrorResume(SessionGoneException.class, e -> Mono.empty()));
    assertThat(value(Mono.zip(saves.collectList(), other().delete(session.id()))).getT2()).isTrue();
    assertGone(session.id());
  }

  @Test
  void refusedSaveIsRefusedAgain() {
    Session session = created();
    value(other().delete(session.id()));
    error(store().save(session.set("n", 1)), SessionGoneException.class);
    error(store().save(session), SessionGoneException.class);
    assertGone(session.id());
  }

  @Test
  void touchTellsWhetherTheSessionIsThere() {
    Session session = created();
    Mono<Boolean> touch = store().touch(session);
    assertThat(value(touch)).isTrue();
    value(other().delete(session.id()));
    assertThat(value(touch)).isFalse();
    assertGone(session.id());
  }

  @Test
  void touchOfASessionNeverStoredIsFalse() {
    Session session = store().newSession();
    assertThat(value(store().touch(session))).isFalse();
    assertGone(session.id());
  }

  @Test
  void touchStoresNoChanges() {
    Session session = created(Map.of("n", 1));
    assertThat(value(store().touch(session.set("n", 2)))).isTrue();
    assertThat(stored(session).get("n", Integer.class)).contains(1);
    value(store().save(session));
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  @Test
  void touchUndoesNoChangesOfOthers() {
    Session session = created(Map.of("n", 1));
    value(other().save(stored(session).set("n", 2)));
    assertThat(value(store().touch(session))).isTrue();
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  @Test
  void rotationAfterDeleteSignalsGoneAndLeavesNothing() {
    Session session = created();
    value(other().delete(session.id()));
    error(store().rotateId(session.set("n", 1)), SessionGoneException.class);
    assertGone(session.id());
  }

  @Test
  void goneTellsNeitherIdNorValue() {
    Session session = created(Map.of("user", "top-secret"));
    value(other().delete(session.id()));
    session.set("n", "own-secret");
    String[] secrets = {session.id(), session.id().substring(4), "top-secret", "own-secret"};
    assertTellsNothing(error(store().save(session), SessionGoneException.class), secrets);
    assertTellsNothing(error(store().rotateId(session), SessionGoneException.class), secrets);
  }
}
