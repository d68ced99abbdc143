package io.latchkey.benchmarks;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ResultRole;
import org.openjdk.jmh.results.SampleTimeResult;
import org.openjdk.jmh.util.SampleBuffer;

/**
 * How long each single operation took, from its call to its answer, in the thread that answered:
 * JMH's own modes see whole runs of {@link ClosedLoop} only. The result stands beside the
 * throughput as {@code latency}, with its percentiles over all iterations and forks, in
 * microseconds.
 *
 * <pre>{@code
 * java -jar benchmarks.jar SessionBenchmark.get -p inFlight=1 \
 *     -prof io.latchkey.benchmarks.LatencyProfiler
 * }</pre>
 *
 * <p>It takes two readings of the clock for each operation. Meant for one operation in flight: with
 * more, a closed loop does not send while it waits, so its percentiles leave out what a visitor
 * would have waited.
 */
public final class LatencyProfiler implements InternalProfiler {
  private static final Object LOCK = new Object();

  /** Guarded by the lock; null while no iteration is measured. */
  private static @Nullable SampleBuffer taken;

  /** For JMH. */
  public LatencyProfiler() {}

  @Override
  public String getDescription() {
    return "How long single operations take";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    synchronized (LOCK) {
      taken = new SampleBuffer();
    }
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    synchronized (LOCK) {
      SampleBuffer buffer = taken;
      taken = null;
      return buffer == null || buffer.count() == 0
          ? List.of()
          : List.of(
              new SampleTimeResult(ResultRole.SECONDARY, "latency", buffer, TimeUnit.MICROSECONDS));
    }
  }

  static boolean isAtWork() {
    synchronized (LOCK) {
      return taken != null;
    }
  }

  /** The operations that follow each other, of which one is under way at a time. */
  static final class Lane {
    private final SampleBuffer buffer = new SampleBuffer();
    private long started;

    void started() {
      started = System.nanoTime();
    }

    void answered() {
      buffer.add(System.nanoTime() - started);
    }

    /** Hands in what was taken. */
    void end() {
      synchronized (LOCK) {
        if (taken != null) {
          taken.addAll(buffer);
        }
      }
    }
  }
}
