package io.latchkey.tck;

import static io.latchkey.tck.Signals.all;
import static io.latchkey.tck.Signals.assertEmpty;
import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

abstract class UpdatingContract extends ContractTopic {
  UpdatingContract(SessionStoreContract kit) {
    super(kit);
  }

  @Test
  void updateStoresAndAnswersWithTheChange() {
    Session session = created(Map.of("n", 1, "kept", 1));
    Session updated = value(store().update(session.id(), this::increment));
    assertThat(updated.id()).isEqualTo(session.id());
    assertThat(updated.get("n", Integer.class)).contains(2);
    assertThat(stored(session).get("n", Integer.class)).contains(2);
    assertThat(stored(session).get("kept", Integer.class)).contains(1);
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void hundredIncrementsAtOnceAreAllCounted(ConflictPolicy policy) {
    SessionStore one = kit.open(options().withConflicts(policy));
    SessionStore two = kit.open(options().withConflicts(policy));
    Session session = created(Map.of("n", 0));
    Flux<Session> increments =
        Flux.range(0, 100)
            .flatMap(i -> (i % 2 == 0 ? one : two).update(session.id(), this::increment), 100);
    assertThat(all(increments)).hasSize(100);
    assertThat(stored(session).get("n", Integer.class)).contains(100);
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void updateRunsAgainWhenSomebodyElseSavedInBetween(ConflictPolicy policy) {
    SessionStore updater = kit.open(options().withConflicts(policy));
    Session session = created(Map.of("n", 10));
    AtomicInteger calls = new AtomicInteger();
    Session updated =
        value(
            updater.update(
                session.id(),
                read ->
                    calls.getAndIncrement() == 0
                        ? other()
                            .get(session.id())
                            .flatMap(theirs -> other().save(theirs.set("n", 20)))
                            .then(increment(read))
                        : increment(read)));
    assertThat(calls).hasValue(2);
    assertThat(updated.get("n", Integer.class)).contains(21);
    assertThat(stored(session).get("n", Integer.class)).contains(21);
  }

  @Test
  void updateThatIsOvertakenOnAnotherAttributeRunsAgainToo() {
    Session session = created(Map.of("source", 1));
    AtomicInteger calls = new AtomicInteger();
    value(
        store()
            .update(
                session.id(),
                read -> {
                  read.set("copy", read.get("source", Integer.class).orElseThrow());
                  return calls.getAndIncrement() == 0
                      ? other().save(session.set("source", 2)).thenReturn(read)
                      : Mono.just(read);
                }));
    assertThat(stored(session).get("copy", Integer.class)).contains(2);
  }

  @Test
  void sessionDeletedDuringAnUpdateStaysDeleted() {
    Session session = created(Map.of("n", 1));
    Mono<Session> update =
        store()
            .update(session.id(), read -> other().delete(session.id()).then(increment(read)))
            .onErrorResume(SessionGoneException.class, e -> Mono.empty());
    assertEmpty(update);
    assertGone(session.id());
  }

  @Test
  void updateOfAnAbsentSessionIsEmptyAndCallsNothing() {
    AtomicInteger calls = new AtomicInteger();
    assertEmpty(
        store()
            .update(
                UNKNOWN_ID,
                read -> {
                  calls.incrementAndGet();
                  return Mono.just(read);
                }));
    assertThat(calls).hasValue(0);
  }

  @Test
  void updateThatAnswersEmptyLeavesAllAsItIs() {
    Session session = created(Map.of("n", 1));
    assertEmpty(store().update(session.id(), read -> increment(read).then(Mono.empty())));
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void updateWithoutAChangeAnswersWithTheSession() {
    Session session = created(Map.of("n", 1));
    assertThat(value(store().update(session.id(), Mono::just)).get("n", Integer.class)).contains(1);
  }

  @Test
  void errorThatTheChangeThrowsIsSignalledAndNothingIsStored() {
    Session session = created(Map.of("n", 1));
    IllegalStateException planned = new IllegalStateException("planned");
    Mono<Session> update =
        store()
            .update(
                session.id(),
                read -> {
                  read.set("n", 2);
                  throw planned;
                });
    assertThat(error(update, IllegalStateException.class)).isSameAs(planned);
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void errorThatTheChangeSignalsIsSignalledAndNothingIsStored() {
    Session session = created(Map.of("n", 1));
    IllegalStateException planned = new IllegalStateException("planned");
    Mono<Session> update =
        store().update(session.id(), read -> increment(read).then(Mono.error(planned)));
    assertThat(error(update, IllegalStateException.class)).isSameAs(planned);
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void eachSubscriptionUpdatesOnce() {
    Session session = created(Map.of("n", 0));
    Mono<Session> update = store().update(session.id(), this::increment);
    assertThat(stored(session).get("n", Integer.class)).contains(0);
    value(update);
    value(update);
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  private Mono<Session> increment(Session session) {
    return Mono.fromSupplier(
        () -> session.set("n", session.get("n", Integer.class).orElseThrow() + 1));
  }
}
