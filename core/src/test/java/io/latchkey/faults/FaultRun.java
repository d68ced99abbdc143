package io.latchkey.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * One fault under load: the load runs for a while, the fault happens, the load goes on until every
 * probe succeeds again and for a while after, and then each session is looked for.
 */
final class FaultRun {
  private static final int WORKERS = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String name;
  private final SessionStore store;
  private final Load load;
  private long began;
  private long ended;

  private FaultRun(String name, SessionStore store, long seed) {
    this.name = name;
    this.store = store;
    this.load = new Load(store, WORKERS, seed);
  }

  /**
   * Runs it.
   *
   * @param name the fault, in words
   * @param store under load
   * @param steady how long the load runs before the fault and after the recovery
   * @param fault breaks something, and returns when it is whole again or needs no more help
   */
  static FaultRun of(String name, SessionStore store, Duration steady, Runnable fault) {
    FaultRun run = new FaultRun(name, store, 1);
    Load.Running running = run.load.start();
    run.waitUntilRecovered(System.nanoTime());
    pause(steady);
    run.began = System.nanoTime();
    fault.run();
    run.ended = System.nanoTime();
    run.waitUntilRecovered(run.ended);
    pause(steady);
    running.stop(PATIENCE);
    return run;
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
    return account(acknowledged -> false, "");
  }

  /** Where a change may be missing that was acknowledged less than that before the fault's end. */
  Account accountWhereServerMayLose(Duration window, String why) {
    long from = began - window.toNanos();
    return account(at -> at - from >= 0 && at - ended <= 0, why);
  }

  /** Where the server may lose anything at any time, as one that evicts does. */
  Account accountWhereServerMayLoseAll(String why) {
    return account(at -> true, why);
  }

  private Account account(LongPredicate explained, String why) {
    List<Long> lost = new ArrayList<>();
    List<Long> resurrected = new ArrayList<>();
    for (Ledger ledger : load.ledgers()) {
      look(ledger, resurrected);
      lost.addAll(ledger.lost());
    }
    return new Account(
        name,
        load.operations(),
        load.errors(),
        load.unknownOutcomes(),
        load.longestUnavailable(),
        count(lost, explained.negate()),
        count(lost, explained),
        count(resurrected, explained.negate()),
        count(resurrected, explained),
        why);
  }

  private void look(Ledger ledger, List<Long> resurrected) {
    for (Ledger.Former former : ledger.former()) {
      if (read(former.id()) != null) {
        resurrected.add(former.leftAt());
      }
    }
    List<Session> found = new ArrayList<>();
    for (String id : ledger.ids()) {
      Session session = read(id);
      if (session != null) {
        found.add(session);
      }
    }
    Long deletedAt = ledger.deletedAt();
    if (deletedAt != null) {
      found.forEach(session -> resurrected.add(deletedAt));
      return;
    }
    assertThat(found).as("a session is under one id").hasSizeLessThanOrEqualTo(1);
    if (found.isEmpty() && !ledger.mayBeDeleted()) {
      ledger.isMissing();
    }
    found.forEach(session -> ledger.found(session.get(Ledger.COUNT, Long.class).orElseThrow()));
  }

  private @Nullable Session read(String id) {
    return store.get(id).retryWhen(Retry.fixedDelay(100, Duration.ofMillis(50))).block(PATIENCE);
  }

  private static long count(List<Long> times, LongPredicate which) {
    return times.stream().mapToLong(Long::longValue).filter(which).count();
  }

  /**
   * What came of it.
   *
   * @param fault what was done
   * @param operations how many were tried
   * @param errors those that failed, by what their callers were told
   * @param unknown how many of these may have been done
   * @param unavailable the longest time for which a session could not be touched
   * @param lost acknowledged changes that are missing, and nothing explains it
   * @param lostByServer those that the server may lose by its own promise
   * @param resurrected sessions that were found after the acknowledged end of them, or of their id
   * @param undoneByServer those whose end the server may lose by its own promise
   * @param why what the server may lose
   */
  record Account(
      String fault,
      long operations,
      Map<String, Long> errors,
      long unknown,
      Duration unavailable,
      long lost,
      long lostByServer,
      long resurrected,
      long undoneByServer,
      String why) {

    /** Nothing is lost and nothing comes back but what the server itself may lose. */
    Account isClean() {
      assertThat(lost).as("%s: acknowledged changes lost", fault).isZero();
      assertThat(resurrected).as("%s: sessions resurrected", fault).isZero();
      assertThat(operations).as("%s: operations", fault).isGreaterThan(100);
      return this;
    }

    Account hasErrors() {
      assertThat(errors).as("%s: the fault struck nobody", fault).isNotEmpty();
      return this;
    }

    static String header() {
      return """
          | fault | operations | errors seen by callers | of unknown outcome | longest unavailable | acknowledged changes lost | sessions resurrected |
          | --- | --- | --- | --- | --- | --- | --- |""";
    }

    String row() {
      String seen =
          errors.isEmpty()
              ? "none"
              : errors.entrySet().stream()
                  .map(error -> error.getValue() + " " + error.getKey())
                  .collect(Collectors.joining("; "));
      return "| %s | %,d | %s | %,d | %.2f s | %s | %s |"
          .formatted(
              fault,
              operations,
              seen,
              unknown,
              unavailable.toMillis() / 1000.0,
              withServers(lost, lostByServer),
              withServers(resurrected, undoneByServer));
    }

    private String withServers(long ours, long servers) {
      return servers == 0 ? Long.toString(ours) : ours + " (and %d by %s)".formatted(servers, why);
    }
  }
}
