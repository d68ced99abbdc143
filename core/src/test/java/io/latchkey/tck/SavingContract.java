package io.latchkey.tck;

import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

abstract class SavingContract extends ContractTopic {
  SavingContract(SessionStoreContract kit) {
    super(kit);
  }

  @Test
  void newSessionIsStoredByItsFirstSave() {
    Session session = store().newSession().set("n", 1);
    value(store().save(session));
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void newSessionWithoutAttributesIsStoredToo() {
    Session session = value(store().save(store().newSession()));
    assertThat(stored(session).names()).isEmpty();
  }

  @Test
  void newSessionCanBeChangedAndSavedAgain() {
    Session session = value(store().save(store().newSession().set("n", 1)));
    value(store().save(session.set("n", 2)));
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  @Test
  void saveAnswersWithTheSessionAsItIsStored() {
    Session session = created(Map.of("kept", 1, "removed", 1));
    Session saved = value(store().save(session.set("added", 1).remove("removed")));
    assertThat(saved.id()).isEqualTo(session.id());
    assertThat(saved.names()).containsExactlyInAnyOrder("kept", "added");
  }

  @Test
  void saveStoresNothingBeforeItIsSubscribedTo() {
    Session session = created(Map.of("n", 1));
    Mono<Session> save = store().save(session.set("n", 2));
    assertThat(stored(session).get("n", Integer.class)).contains(1);
    value(save);
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  @Test
  void eachSubscriptionStoresWhatChangedUntilThen() {
    Session session = created();
    Mono<Session> save = store().save(session);
    value(save);
    session.set("n", 1);
    value(save);
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void removedAttributeIsGone() {
    Session session = stored(created(Map.of("kept", 1, "removed", 1)));
    value(store().save(session.remove("removed").remove("neverThere")));
    assertThat(stored(session).names()).containsExactly("kept");
  }

  @Test
  void attributeThatIsSetRemovedAndSetAgainIsThere() {
    Session session = created();
    value(store().save(session.set("n", 1).remove("n").set("n", 2)));
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  @Test
  void saveWithoutChangesLeavesAllAsItIs() {
    Session session = created(Map.of("n", 1));
    Session saved = value(store().save(stored(session)));
    assertThat(saved.get("n", Integer.class)).contains(1);
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void saveWithoutChangesDoesNotUndoThoseOfOthers() {
    Session session = created(Map.of("n", 1));
    Session stale = stored(session);
    value(store().save(session.set("n", 2)));
    value(other().save(stale));
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  @Test
  void savingTwiceIsSavingOnce() {
    Session session = created().set("n", 1);
    value(store().save(session));
    value(store().save(session));
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void changeIsSentOnlyOnce() {
    Session session = created();
    value(store().save(session.set("n", "mine")));
    value(other().save(stored(session).set("n", "theirs")));
    value(store().save(session.set("m", 1)));
    assertThat(stored(session).get("n", String.class)).contains("theirs");
  }

  @Test
  void twoSavesAtOnceOfOneObjectBothSucceed() {
    Session session = created().set("n", 1);
    value(Mono.zip(store().save(session), store().save(session)));
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void twoSavesAtOnceOfOneNewObjectBothSucceed() {
    Session session = store().newSession().set("n", 1);
    value(Mono.zip(store().save(session), store().save(session)));
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @RepeatedTest(20)
  void changesMadeDuringASaveWaitForTheNext() {
    Session session = created(Map.of("n", 0)).set("n", 1);
    CompletableFuture<Session> saving = store().save(session).toFuture();
    session.set("n", 2).set("m", 2);
    value(Mono.fromFuture(saving));
    assertThat(session.get("n", Integer.class)).contains(2);
    value(store().save(session));
    assertThat(stored(session).get("n", Integer.class)).contains(2);
    assertThat(stored(session).get("m", Integer.class)).contains(2);
  }

  @Test
  void changesOfSeveralThreadsAreAllStored() {
    Session session = created();
    CyclicBarrier barrier = new CyclicBarrier(4);
    List<CompletableFuture<Void>> threads =
        IntStream.range(0, 4)
            .mapToObj(
                i -> CompletableFuture.runAsync(() -> setMany(session, i, barrier), this::start))
            .toList();
    threads.forEach(CompletableFuture::join);
    value(store().save(session));
    assertThat(stored(session).names()).hasSize(1000);
  }

  @Test
  void sessionOfManyAttributesIsStoredWhole() {
    Session session = store().newSession();
    IntStream.range(0, 1000).forEach(i -> session.set("n" + i, i));
    value(store().save(session));
    Session read = stored(session);
    assertThat(read.names()).hasSize(1000);
    assertThat(read.get("n999", Integer.class)).contains(999);
  }

  @Test
  void idleTimeoutIsStoredByTheNextSave() {
    Session session = created();
    session.idleTimeout(Duration.ofHours(7));
    assertThat(stored(session).idleTimeout()).isEqualTo(options().idleTimeout());
    value(store().save(session));
    assertThat(session.idleTimeout()).isEqualTo(Duration.ofHours(7));
    assertThat(stored(session).idleTimeout()).isEqualTo(Duration.ofHours(7));
  }

  @Test
  void saveKeepsTheTimeOfCreation() {
    Session session = created();
    kit.advance(Duration.ofMillis(2));
    value(store().save(session.set("n", 1)));
    assertThat(stored(session).createdAt()).isEqualTo(session.createdAt());
  }

  @Test
  void saveCountsAsAnAccess() {
    Session session = created();
    kit.advance(Duration.ofMillis(20));
    value(store().save(session.set("n", 1)));
    assertThat(stored(session).lastAccessedAt()).isAfter(session.createdAt());
  }

  /** A thread for each, as the common pool may have fewer. */
  private void start(Runnable work) {
    new Thread(work).start();
  }

  private static void setMany(Session session, int thread, CyclicBarrier barrier) {
    for (int round = 0; round < 50; round++) {
      try {
        barrier.await(10, TimeUnit.SECONDS);
      } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
        throw new IllegalStateException(e);
      }
      for (int i = 0; i < 5; i++) {
        session.set("n" + thread + "-" + round + "-" + i, i);
      }
    }
  }
}
