package io.latchkey.benchmarks;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Keeps a fixed number of operations in flight until a given number is done: whenever one ends, the
 * next starts at once, on the thread on which that one ended, or on one of the {@link Workers}.
 *
 * <p>Subscribers of our own instead of {@code Flux.flatMap}: what the generator costs is added to
 * every store alike and would make them look more alike than they are.
 */
public final class ClosedLoop {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final LongFunction<? extends Publisher<?>> operation;
  private final @Nullable Workers callers;
  private final boolean timed;
  private final long end;
  private final AtomicLong next;
  private final CountDownLatch running;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private ClosedLoop(
      LongFunction<? extends Publisher<?>> operation,
      long first,
      int operations,
      int inFlight,
      @Nullable Workers callers,
      boolean timed) {
    this.operation = operation;
    this.callers = callers;
    this.timed = timed;
    this.next = new AtomicLong(first);
    this.end = first + operations;
    this.running = new CountDownLatch(inFlight);
  }

  /**
   * Runs operations, each started by the end of another, and waits for the last of them.
   *
   * @param operation makes the operation of a number; it must answer with a value
   * @param first the first number; the others follow it
   * @param operations how many operations
   * @param inFlight how many of them at the same time
   * @throws IllegalStateException if one of them fails, answers nothing, or does not end
   */
  public static void run(
      LongFunction<? extends Publisher<?>> operation, long first, int operations, int inFlight)
      throws InterruptedException {
    new ClosedLoop(operation, first, operations, inFlight, null, false).run(inFlight);
  }

  /**
   * The same as a benchmark runs it: how long each operation takes is known to {@link
   * LatencyProfiler}, if that is at work.
   *
   * @param callers who starts the operations; null for the thread on which another ended
   */
  static void measure(
      LongFunction<? extends Publisher<?>> operation,
      long first,
      int operations,
      int inFlight,
      @Nullable Workers callers)
      throws InterruptedException {
    boolean timed = LatencyProfiler.isAtWork();
    new ClosedLoop(operation, first, operations, inFlight, callers, timed).run(inFlight);
  }

  private void run(int inFlight) throws InterruptedException {
    for (int i = 0; i < inFlight; i++) {
      new Lane(i).next();
    }
    if (!running.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("Operations not answered within " + PATIENCE);
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("An operation failed", failed);
    }
  }

  /** One operation after the other. */
  private final class Lane extends Workers.Task implements CoreSubscriber<Object> {
    private final int number;

    /** Operations that ended but were not followed: above one only while they end at once. */
    private final AtomicInteger ended = new AtomicInteger();

    private final LatencyProfiler.@Nullable Lane latencies =
        timed ? new LatencyProfiler.Lane() : null;

    private boolean answered;

    Lane(int number) {
      this.number = number;
    }

    /** Starts the next operation, wherever that is to be done. */
    void next() {
      if (callers == null) {
        trampoline();
      } else {
        callers.hand(this, number);
      }
    }

    /** In a loop, so that operations that end at once do not nest. */
    private void trampoline() {
      if (ended.getAndIncrement() != 0) {
        return;
      }
      do {
        run();
      } while (ended.decrementAndGet() != 0);
    }

    @Override
    void run() {
      long operationNumber = next.getAndIncrement();
      if (operationNumber >= end) {
        if (latencies != null) {
          latencies.end();
        }
        running.countDown();
        return;
      }
      answered = false;
      if (latencies != null) {
        latencies.started();
      }
      operation.apply(operationNumber).subscribe(this);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Object value) {
      answered = true;
    }

    @Override
    public void onError(Throwable error) {
      failure.compareAndSet(null, error);
      next.set(end);
      next();
    }

    @Override
    public void onComplete() {
      if (answered) {
        if (latencies != null) {
          latencies.answered();
        }
        next();
      } else {
        onError(new IllegalStateException("An operation answered nothing"));
      }
    }
  }
}
