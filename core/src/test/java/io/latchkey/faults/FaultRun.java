package io.latchkey.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.UnreadableSessionException;
import io.latchkey.faults.Ledger.Loss;
import io.latchkey.faults.Ledger.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * One fault under load: the load runs for a while, the fault happens, the load goes on until every
 * probe succeeds again and for a while after, and then each session is looked for.
 */
final class FaultRun {
  /** What the stores must be set to. */
  static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(1);

  /** What a call may take beyond that. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private static final int WORKERS = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String UNAVAILABLE = SessionStoreUnavailableException.class.getSimpleName();
  private static final String UNREADABLE = UnreadableSessionException.class.getSimpleName();
  private static final String GONE = SessionGoneException.class.getSimpleName();

  private final String name;
  private final SessionStore audit;
  private final Load load;
  private long began;
  private @Nullable Long lossesEnded;

  private FaultRun(String name, SessionStore store, SessionStore audit) {
    this.name = name;
    this.audit = audit;
    this.load = new Load(store, COMMAND_TIMEOUT.plus(MARGIN), WORKERS, 1);
  }

  /** Something that breaks. */
  interface Fault {
    /**
     * Breaks it, and returns when it is whole again or needs no more help.
     *
     * @param run told when the server loses no more, if that is earlier
     */
    void strike(FaultRun run);
  }

  /**
   * Runs it.
   *
   * @param name the fault, in words
   * @param store under load
   * @param audit another store on the same server, not used yet, which looks for the sessions
   * @param steady how long the load runs before the fault and after the recovery
   * @param fault what happens
   */
  static FaultRun of(
      String name, SessionStore store, SessionStore audit, Duration steady, Fault fault) {
    FaultRun run = new FaultRun(name, store, audit);
    Load.Running running = run.load.start();
    run.waitUntilRecovered(System.nanoTime());
    pause(steady);
    run.began = System.nanoTime();
    fault.strike(run);
    run.serverLosesNoMore();
    run.waitUntilRecovered(System.nanoTime());
    pause(steady);
    running.stop(PATIENCE);
    return run;
  }

  /** What is sent from now on must be kept, as whoever could lose it is dead, or a replica. */
  void serverLosesNoMore() {
    if (lossesEnded == null) {
      lossesEnded = System.nanoTime();
    }
  }

  private void waitUntilRecovered(long since) {
    Mono.fromCallable(() -> load.hasRecoveredSince(since))
        .filter(Boolean::booleanValue)
        .repeatWhenEmpty(looks -> looks.delayElements(Duration.ofMillis(10)))
        .block(PATIENCE);
  }

  /** The load goes on meanwhile. */
  static void pause(Duration time) {
    Mono.delay(time).block();
  }

  /** Looks for each session, where no change may be missing. */
  Account account() {
    return account(loss -> false, Set.of(UNAVAILABLE), "");
  }

  /**
   * Where the server may lose what was acknowledged less than that before the fault, or until it
   * {@linkplain #serverLosesNoMore loses no more}.
   */
  Account accountWhereServerMayLose(Duration window, String why) {
    long from = began - window.toNanos();
    long until = lossesEnded == null ? from : lossesEnded;
    return account(
        loss ->
            loss.seenAt() - began > 0
                && loss.change().acknowledged() - from >= 0
                && loss.change().called() - until <= 0,
        Set.of(UNAVAILABLE, GONE),
        why);
  }

  /** Where the server may lose whole sessions at any time, but nothing else, as one that evicts. */
  Account accountWhereServerMayLoseSessions(String why) {
    return account(
        loss -> loss.ofSession() && loss.seenAt() - began > 0, Set.of(UNAVAILABLE, GONE), why);
  }

  /**
   * Where connections are brought out of step, so that an absence may be believed, which carries no
   * proof, until the next answer of its connection; or that a session cannot be read. In one layout
   * so may an insert that was not made. All else must be as ever.
   *
   * @param provenInserts whether an insert is answered with a proof
   */
  Account accountWhereAbsenceMayBeBelieved(boolean provenInserts) {
    return account(
        (ledger, loss) ->
            loss.ofSession()
                && loss.seenAt() - began > 0
                && (ledger.isFoundAtTheEnd() || (!provenInserts && ledger.isOnlyCreated())),
        Set.of(UNAVAILABLE, GONE, UNREADABLE),
        "an absence that is believed until the next answer");
  }

  private Account account(Predicate<Loss> explained, Set<String> allowed, String why) {
    return account((ledger, loss) -> explained.test(loss), allowed, why);
  }

  private Account account(BiPredicate<Ledger, Loss> explained, Set<String> allowed, String why) {
    long lostByServer = 0;
    List<Loss> lost = new ArrayList<>();
    List<Loss> resurrected = new ArrayList<>();
    long undoneByServer = 0;
    long neverAcknowledged = 0;
    for (Ledger ledger : load.operations().ledgers()) {
      List<Loss> back = new ArrayList<>();
      look(ledger, back);
      resurrected.addAll(back);
      undoneByServer += back.stream().filter(loss -> explained.test(ledger, loss)).count();
      lost.addAll(ledger.lost());
      lostByServer += ledger.lost().stream().filter(loss -> explained.test(ledger, loss)).count();
      neverAcknowledged += ledger.neverAcknowledged();
    }
    return new Account(
        name,
        load.operations().count(),
        load.operations().errors(),
        allowed,
        load.operations().unknownOutcomes(),
        load.longest(Probe::longestWithoutTouch),
        load.longest(Probe::longestWithoutSave),
        lost.size() - lostByServer,
        lostByServer,
        resurrected.size() - undoneByServer,
        undoneByServer,
        neverAcknowledged,
        why);
  }

  private void look(Ledger ledger, List<Loss> resurrected) {
    for (Ledger.Former former : ledger.former()) {
      if (read(former.id()) != null) {
        resurrected.add(new Loss(former.left(), System.nanoTime(), false));
      }
    }
    List<Session> found = new ArrayList<>();
    for (String id : ledger.ids()) {
      Session session = read(id);
      if (session != null) {
        found.add(session);
      }
    }
    Span deletion = ledger.deletion();
    if (deletion != null) {
      found.forEach(session -> resurrected.add(new Loss(deletion, System.nanoTime(), false)));
      return;
    }
    assertThat(found).as("a session is under one id").hasSizeLessThanOrEqualTo(1);
    if (found.isEmpty() && !ledger.mayBeDeleted()) {
      ledger.isMissing();
    }
    found.forEach(ledger::foundAtTheEnd);
  }

  private @Nullable Session read(String id) {
    return audit.get(id).retryWhen(Retry.fixedDelay(100, Duration.ofMillis(50))).block(PATIENCE);
  }
}
