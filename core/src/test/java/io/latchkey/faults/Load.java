package io.latchkey.faults;

import io.latchkey.SessionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Workers that each do one operation after the other on sessions of their own: create, read, save,
 * rotate, delete. They keep a {@link Ledger} of each session, and go on through every error. Beside
 * them are as many {@link Probe}s.
 */
final class Load {
  private static final Duration PAUSE = Duration.ofMillis(5);
  private static final int SESSIONS_PER_WORKER = 20;

  private final Operations operations;
  private final List<Worker> workers = new ArrayList<>();
  private final List<Probe> probes = new ArrayList<>();
  private volatile boolean stopped;

  /**
   * Does nothing yet.
   *
   * @param store what is called
   * @param limit the longest that a single call may take
   * @param workers how many there are, and how many probes
   * @param seed of what the workers do
   */
  Load(SessionStore store, Duration limit, int workers, long seed) {
    operations = new Operations(store, limit);
    for (int i = 0; i < workers; i++) {
      this.workers.add(new Worker(new Random(seed + i)));
      this.probes.add(new Probe(operations));
    }
  }

  /** Starts all workers and probes. */
  Running start() {
    List<Mono<Void>> work =
        Stream.<Supplier<Mono<?>>>concat(
                workers.stream().map(worker -> worker::step),
                probes.stream().map(probe -> probe::step))
            .map(this::repeated)
            .toList();
    Mono<Void> all = Flux.fromIterable(work).flatMap(each -> each, work.size()).then();
    var done = new CompletableFuture<Void>();
    Disposable subscription =
        all.subscribe(nothing -> {}, done::completeExceptionally, () -> done.complete(null));
    return new Running(done, subscription);
  }

  private Mono<Void> repeated(Supplier<Mono<?>> step) {
    return Mono.defer(step).then(Mono.delay(PAUSE)).repeat(() -> !stopped).then();
  }

  Operations operations() {
    return operations;
  }

  /** The longest that a probe was without what it does. */
  Duration longest(Function<Probe, Duration> without) {
    return probes.stream().map(without).max(Duration::compareTo).orElse(Duration.ZERO);
  }

  /** Whether each probe has succeeded since then, in all that it does. */
  boolean hasRecoveredSince(long nanoTime) {
    return probes.stream().allMatch(probe -> probe.hasSucceededSince(nanoTime));
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
        throw new AssertionError("the load did not end", e);
      }
    }
  }

  private final class Worker {
    private final Random random;
    private final List<Ledger> live = new ArrayList<>();

    Worker(Random random) {
      this.random = random;
    }

    private Mono<?> step() {
      live.removeIf(ledger -> !ledger.isUsable());
      int dice = random.nextInt(100);
      if (live.isEmpty() || (live.size() < SESSIONS_PER_WORKER && dice < 15)) {
        return operations.create(live::add);
      }
      Ledger ledger = live.get(random.nextInt(live.size()));
      if (dice < 25) {
        return operations.delete(ledger);
      }
      if (dice < 35) {
        return operations.rotate(ledger);
      }
      return dice < 55 ? operations.read(ledger) : operations.save(ledger);
    }
  }
}
