package io.latchkey.faults;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Workers that each do one operation after the other on sessions of their own: create, read, save,
 * rotate, delete. They keep a {@link Ledger} of each session, and go on through every error. Beside
 * them probes, each of which touches one session all the time, tell how long that was impossible.
 */
final class Load {
  private static final Duration PAUSE = Duration.ofMillis(5);
  private static final int SESSIONS_PER_WORKER = 20;

  private final SessionStore store;
  private final List<Worker> workers = new ArrayList<>();
  private final List<Probe> probes = new ArrayList<>();
  private final LongAdder operations = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final Map<String, LongAdder> errors = new ConcurrentSkipListMap<>();
  private volatile boolean stopped;

  Load(SessionStore store, int workers, long seed) {
    this.store = store;
    for (int i = 0; i < workers; i++) {
      this.workers.add(new Worker(new Random(seed + i)));
      this.probes.add(new Probe(Objects.requireNonNull(store.create(Map.of()).block())));
    }
  }

  /** Starts all workers and probes. */
  Running start() {
    List<Mono<Void>> work = new ArrayList<>();
    workers.forEach(worker -> work.add(worker.work()));
    probes.forEach(probe -> work.add(probe.work()));
    Mono<Void> all = Flux.fromIterable(work).flatMap(each -> each, work.size()).then();
    var done = new CompletableFuture<Void>();
    Disposable subscription =
        all.subscribe(nothing -> {}, done::completeExceptionally, () -> done.complete(null));
    return new Running(done, subscription);
  }

  List<Ledger> ledgers() {
    return workers.stream().flatMap(worker -> worker.all.stream()).toList();
  }

  long operations() {
    return operations.sum();
  }

  /** How many operations failed, by what they were told. */
  Map<String, Long> errors() {
    Map<String, Long> sums = new TreeMap<>();
    errors.forEach((what, count) -> sums.put(what, count.sum()));
    return sums;
  }

  long unknownOutcomes() {
    return unknown.sum();
  }

  /** The longest time between two successes of one probe that failed in between. */
  Duration longestUnavailable() {
    return Duration.ofNanos(
        probes.stream().mapToLong(probe -> probe.longestUnavailable).max().orElse(0));
  }

  /** Whether each probe has succeeded since then. */
  boolean hasRecoveredSince(long nanoTime) {
    return probes.stream().allMatch(probe -> probe.lastSuccess - nanoTime > 0);
  }

  /** A load under way. */
  final class Running {
    private final CompletableFuture<Void> done;
    private final Disposable subscription;

    private Running(CompletableFuture<Void> done, Disposable subscription) {
      this.done = done;
      this.subscription = subscription;
    }

    /** Lets each worker end what it does, and waits for that. */
    void stop(Duration patience) {
      stopped = true;
      try {
        done.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      } catch (Exception e) {
        subscription.dispose();
        throw new AssertionError("an operation neither succeeded nor failed", e);
      }
    }
  }

  private final class Worker {
    private final Random random;
    private final List<Ledger> all = new ArrayList<>();
    private final List<Ledger> live = new ArrayList<>();

    Worker(Random random) {
      this.random = random;
    }

    Mono<Void> work() {
      return Mono.defer(this::step).then(Mono.delay(PAUSE)).repeat(() -> !stopped).then();
    }

    private Mono<Void> step() {
      int dice = random.nextInt(100);
      if (live.isEmpty() || (live.size() < SESSIONS_PER_WORKER && dice < 15)) {
        return counted(create(), () -> {}, () -> {});
      }
      Ledger ledger = live.get(random.nextInt(live.size()));
      if (dice < 25) {
        return counted(delete(ledger), ledger::deletionUnknown, ledger::isMissing);
      }
      if (dice < 35) {
        String next = ledger.session().nextId();
        return counted(rotate(ledger), () -> ledger.rotationUnknown(next), ledger::isMissing);
      }
      return dice < 55
          ? counted(read(ledger), () -> {}, ledger::isMissing)
          : counted(save(ledger), ledger::saveUnknown, ledger::isMissing);
    }

    private Mono<Void> create() {
      return store
          .create(Map.of(Ledger.COUNT, 0L, "text", "t".repeat(200)))
          .doOnNext(
              session -> {
                Ledger ledger = new Ledger(session, System.nanoTime());
                all.add(ledger);
                live.add(ledger);
              })
          .then();
    }

    private Mono<Void> read(Ledger ledger) {
      return store
          .get(ledger.session().id())
          .doOnNext(session -> ledger.found(session.get(Ledger.COUNT, Long.class).orElseThrow()))
          .switchIfEmpty(Mono.fromRunnable(ledger::isMissing))
          .then();
    }

    private Mono<Void> save(Ledger ledger) {
      return Mono.defer(() -> store.save(ledger.session().set(Ledger.COUNT, ledger.nextCount())))
          .doOnNext(session -> ledger.saved(session, System.nanoTime()))
          .then();
    }

    private Mono<Void> rotate(Ledger ledger) {
      return store
          .rotateId(ledger.session())
          .doOnNext(session -> ledger.rotated(session, System.nanoTime()))
          .then();
    }

    private Mono<Void> delete(Ledger ledger) {
      return store
          .delete(ledger.session().id())
          .doOnNext(
              there -> {
                if (!there) {
                  ledger.isMissing();
                }
                ledger.deleted(System.nanoTime());
              })
          .then();
    }

    private Mono<Void> counted(Mono<Void> operation, Runnable ifUnknown, Runnable ifGone) {
      return operation
          .doOnSuccess(nothing -> operations.increment())
          .onErrorResume(
              error -> {
                failed(error, ifUnknown, ifGone);
                return Mono.empty();
              })
          .doFinally(signal -> live.removeIf(ledger -> !ledger.isSettled()));
    }

    private void failed(Throwable error, Runnable ifUnknown, Runnable ifGone) {
      operations.increment();
      String what = error.getClass().getSimpleName();
      if (error instanceof SessionGoneException) {
        ifGone.run();
      } else if (!(error instanceof SessionStoreUnavailableException unavailable)
          || unavailable.outcomeUnknown()) {
        what += ", outcome unknown";
        unknown.increment();
        ifUnknown.run();
      }
      errors.computeIfAbsent(what, w -> new LongAdder()).increment();
    }
  }

  private final class Probe {
    private final Session session;
    private boolean failing;
    private volatile long lastSuccess = System.nanoTime();
    private volatile long longestUnavailable;

    Probe(Session session) {
      this.session = session;
    }

    Mono<Void> work() {
      return Mono.defer(() -> store.touch(session))
          .doOnNext(there -> succeeded())
          .then()
          .onErrorResume(
              error -> {
                failing = true;
                return Mono.empty();
              })
          .then(Mono.delay(PAUSE))
          .repeat(() -> !stopped)
          .then();
    }

    private void succeeded() {
      long now = System.nanoTime();
      if (failing) {
        longestUnavailable = Math.max(longestUnavailable, now - lastSuccess);
        failing = false;
      }
      lastSuccess = now;
    }
  }
}
