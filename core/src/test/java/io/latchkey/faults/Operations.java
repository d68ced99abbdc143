package io.latchkey.faults;

import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.faults.Ledger.Span;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import reactor.core.publisher.Mono;

/**
 * The calls of a load. Each is counted, written down in its session's ledger, and bounded: one that
 * does not end in time is a {@code TimeoutException}, which no run allows. All of them answer
 * whether the call did what it should, and signal no error.
 */
final class Operations {
  /** What means something to whoever takes it for the beginning of an answer. */
  private static final String HOSTILE =
      "+".repeat(60) + "\r\n$1\r\n*\r\n:" + "-".repeat(60) + "\r\n" + "$*".repeat(20);

  private final SessionStore store;
  private final Duration limit;
  private final Queue<Ledger> ledgers = new ConcurrentLinkedQueue<>();
  private final AtomicLong created = new AtomicLong();
  private final LongAdder count = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final Map<String, LongAdder> errors = new ConcurrentSkipListMap<>();

  /**
   * Those of one load.
   *
   * @param store what is called
   * @param limit the longest that a single call may take
   */
  Operations(SessionStore store, Duration limit) {
    this.store = store;
    this.limit = limit;
  }

  List<Ledger> ledgers() {
    return List.copyOf(ledgers);
  }

  long count() {
    return count.sum();
  }

  /** How many failed, by what they were told. */
  Map<String, Long> errors() {
    Map<String, Long> sums = new TreeMap<>();
    errors.forEach((what, number) -> sums.put(what, number.sum()));
    return sums;
  }

  long unknownOutcomes() {
    return unknown.sum();
  }

  Mono<Boolean> create(Consumer<Ledger> user) {
    return counted(
        called ->
            store
                .create(Map.of("text", created.incrementAndGet() + HOSTILE))
                .map(session -> new Ledger(session, Span.since(called)))
                .doOnNext(ledgers::add)
                .doOnNext(user)
                .hasElement(),
        () -> {},
        () -> {});
  }

  Mono<Boolean> read(Ledger ledger) {
    return counted(
        called -> there(store.get(ledger.session().id()).doOnNext(ledger::found), ledger),
        () -> {},
        ledger::isMissing);
  }

  Mono<Boolean> touch(Ledger ledger) {
    return counted(
        called -> there(store.touch(ledger.session()).filter(there -> there), ledger),
        () -> {},
        ledger::isMissing);
  }

  Mono<Boolean> save(Ledger ledger) {
    return counted(
        called ->
            store
                .save(ledger.changed())
                .doOnNext(session -> ledger.saved(session, Span.since(called)))
                .hasElement(),
        ledger::saveUnknown,
        ledger::isMissing);
  }

  Mono<Boolean> rotate(Ledger ledger) {
    String next = ledger.session().nextId();
    return counted(
        called ->
            store
                .rotateId(ledger.session())
                .doOnNext(session -> ledger.rotated(session, Span.since(called)))
                .hasElement(),
        () -> ledger.rotationUnknown(next),
        ledger::isMissing);
  }

  Mono<Boolean> delete(Ledger ledger) {
    return counted(
        called ->
            there(store.delete(ledger.session().id()).filter(there -> there), ledger)
                .doOnNext(there -> ledger.deleted(Span.since(called))),
        ledger::deletionUnknown,
        ledger::isMissing);
  }

  private static Mono<Boolean> there(Mono<?> answer, Ledger ledger) {
    return answer
        .hasElement()
        .doOnNext(
            there -> {
              if (!there) {
                ledger.isMissing();
              }
            });
  }

  private Mono<Boolean> counted(
      LongFunction<Mono<Boolean>> call, Runnable ifUnknown, Runnable ifGone) {
    return Mono.defer(() -> call.apply(System.nanoTime()))
        .timeout(limit)
        .onErrorResume(
            error -> {
              failed(error, ifUnknown, ifGone);
              return Mono.just(false);
            })
        .doOnNext(done -> count.increment());
  }

  private void failed(Throwable error, Runnable ifUnknown, Runnable ifGone) {
    String what = error.getClass().getSimpleName();
    if (error instanceof SessionGoneException) {
      ifGone.run();
    } else if (!(error instanceof SessionStoreUnavailableException unavailable)
        || unavailable.outcomeUnknown()) {
      if (!(error instanceof SessionStoreUnavailableException)) {
        what += " (" + error.getMessage() + ")";
      }
      what += ", outcome unknown";
      unknown.increment();
      ifUnknown.run();
    }
    errors.computeIfAbsent(what, w -> new LongAdder()).increment();
  }
}
