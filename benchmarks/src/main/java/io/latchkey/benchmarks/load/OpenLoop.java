package io.latchkey.benchmarks.load;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Starts operations at a fixed rate, whether or not those before have ended, as visitors do who
 * know nothing of each other. Each has an intended start; one that starts late, because the thread
 * slept too long or the store held it up, starts at once, and its latency is counted from the
 * intended start all the same: what waits in a queue is part of what a visitor waits for. (A closed
 * loop, or one that counts from the actual start, leaves it out: coordinated omission.)
 *
 * <p>The number in flight is bounded. What arrives beyond the bound is refused, and has no latency.
 *
 * <p>One thread starts the operations of a loop; they end on whatever thread the store answers on.
 */
final class OpenLoop {
  /** The longest latency that is told apart from longer ones. */
  private static final long LONGEST_MICROS = 120_000_000;

  private static final int DIGITS = 3;
  private static final long DRAIN_CHECK_NANOS = 1_000_000;

  private final LongFunction<? extends Publisher<?>> operation;
  private final int mostInFlight;
  private final Duration patience;
  private final Time time;
  private final AtomicInteger inFlight = new AtomicInteger();
  private long next;

  /**
   * A loop at rest.
   *
   * @param operation makes the operation of a number; numbers go on from one step to the next. One
   *     that answers without a value has failed
   * @param mostInFlight beyond so many, arrivals are refused
   * @param patience how long to wait for the last answers of a step
   * @param time the clock
   */
  OpenLoop(
      LongFunction<? extends Publisher<?>> operation,
      int mostInFlight,
      Duration patience,
      Time time) {
    this.operation = operation;
    this.mostInFlight = mostInFlight;
    this.patience = patience;
    this.time = time;
  }

  /**
   * Lets operations arrive for some time, then waits until all are answered. Where some are not
   * within the loop's patience, they still count as in flight, so the loop is of no use any more.
   *
   * @param rate arrivals per second
   * @param length for how long they arrive
   */
  Step run(long rate, Duration length) {
    Arrivals step = new Arrivals();
    long arrivals = Math.round((double) rate * length.toNanos() / 1e9);
    double gap = 1e9 / rate;
    long start = time.nanos();
    long end = start + length.toNanos();
    // Whoever cannot even start them in time would otherwise go on for long.
    long latest = end + length.toNanos() / 100;
    long started = 0;
    for (; started < arrivals; started++) {
      long intended = start + (long) (started * gap);
      long now = time.nanos();
      if (now < intended) {
        time.sleepUntil(intended);
      } else if (now > latest) {
        break;
      }
      arrive(step, intended);
    }
    step.refused.add(arrivals - started);
    time.sleepUntil(end);
    long done = step.completed.sum();
    double seconds = (time.nanos() - start) / 1e9;
    int unanswered = drain();
    if (unanswered > 0) {
      step.failure.compareAndSet(null, new TimeoutException("Not answered within " + patience));
    }
    return new Step(
        rate,
        done / seconds,
        arrivals,
        done,
        step.failed.sum(),
        step.refused.sum(),
        unanswered,
        step.failure.get(),
        step.latencies.getIntervalHistogram());
  }

  private void arrive(Arrivals step, long intended) {
    long number = next++;
    if (inFlight.get() >= mostInFlight) {
      step.refused.increment();
      return;
    }
    inFlight.incrementAndGet();
    operation.apply(number).subscribe(new Arrival(step, intended));
  }

  /** Waits for the last answers, and says how many did not come. */
  private int drain() {
    long deadline = time.nanos() + patience.toNanos();
    int left = inFlight.get();
    while (left > 0 && time.nanos() <= deadline) {
      time.sleepUntil(time.nanos() + DRAIN_CHECK_NANOS);
      left = inFlight.get();
    }
    return left;
  }

  /** What became of those that arrived in one step. */
  private static final class Arrivals {
    private final Recorder latencies = new Recorder(LONGEST_MICROS, DIGITS);
    private final LongAdder completed = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  }

  private final class Arrival implements CoreSubscriber<Object> {
    private final Arrivals step;
    private final long intended;
    private boolean answered;

    Arrival(Arrivals step, long intended) {
      this.step = step;
      this.intended = intended;
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
      step.failure.compareAndSet(null, error);
      step.failed.increment();
      inFlight.decrementAndGet();
    }

    @Override
    public void onComplete() {
      if (!answered) {
        onError(new IllegalStateException("An operation answered nothing"));
        return;
      }
      long micros = Math.max(0, time.nanos() - intended) / 1_000;
      step.latencies.recordValue(Math.min(micros, LONGEST_MICROS));
      step.completed.increment();
      inFlight.decrementAndGet();
    }
  }
}
