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
 * next starts at once, on the thread on which that one ended.
 *
 * <p>Subscribers of our own instead of {@code Flux.flatMap}: what the generator costs is added to
 * every store alike and would make them look more alike than they are.
 */
final class ClosedLoop {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final LongFunction<? extends Publisher<?>> operation;
  private final long end;
  private final AtomicLong next;
  private final CountDownLatch running;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private ClosedLoop(
      LongFunction<? extends Publisher<?>> operation, long first, int operations, int inFlight) {
    this.operation = operation;
    this.next = new AtomicLong(first);
    this.end = first + operations;
    this.running = new CountDownLatch(inFlight);
  }

  /**
   * Runs operations and waits for the last of them.
   *
   * @param operation makes the operation of a number; it must answer with a value
   * @param first the first number; the others follow it
   * @param operations how many operations
   * @param inFlight how many of them at the same time
   * @throws IllegalStateException if one of them fails, answers nothing, or does not end
   */
  static void run(
      LongFunction<? extends Publisher<?>> operation, long first, int operations, int inFlight)
      throws InterruptedException {
    ClosedLoop loop = new ClosedLoop(operation, first, operations, inFlight);
    for (int i = 0; i < inFlight; i++) {
      loop.new Lane().next();
    }
    if (!loop.running.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("Operations not answered within " + PATIENCE);
    }
    Throwable failure = loop.failure.get();
    if (failure != null) {
      throw new IllegalStateException("An operation failed", failure);
    }
  }

  /** One operation after the other. */
  private final class Lane implements CoreSubscriber<Object> {
    /** Operations that ended but were not followed: above one only while they end at once. */
    private final AtomicInteger ended = new AtomicInteger();

    private boolean answered;

    /** Starts the next operation; in a loop, so that operations that end at once do not nest. */
    void next() {
      if (ended.getAndIncrement() != 0) {
        return;
      }
      do {
        long number = next.getAndIncrement();
        if (number >= end) {
          running.countDown();
          return;
        }
        answered = false;
        operation.apply(number).subscribe(this);
      } while (ended.decrementAndGet() != 0);
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
        next();
      } else {
        onError(new IllegalStateException("An operation answered nothing"));
      }
    }
  }
}
