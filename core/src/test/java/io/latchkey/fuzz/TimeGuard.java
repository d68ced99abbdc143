package io.latchkey.fuzz;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;

/** Fails an input that takes a hundred times the time of others of about its length. */
final class TimeGuard {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final long ALWAYS_FAST_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int TIMES = 100;

  /** What a build without a long run allows, whatever the machine is doing. */
  private static final long ALWAYS_SLOW_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final int WARM_UP = 1_000;

  /** By the number of bits that the length has. */
  private final double[] mean = new double[Integer.SIZE + 1];

  private final long[] runs = new long[Integer.SIZE + 1];

  void run(int length, Runnable input) {
    int bucket = Integer.SIZE - Integer.numberOfLeadingZeros(length);
    long took = nanos(input);
    if (isSlow(bucket, took)) {
      // A pause of the machine does not come twice.
      took = nanos(input);
      if (isSlow(bucket, took)) {
        throw new AssertionError(
            "%d bytes take %d ms, others of that length %.3f ms"
                .formatted(length, took / 1_000_000, mean[bucket] / 1e6));
      }
    }
    runs[bucket]++;
    mean[bucket] += (took - mean[bucket]) / Math.min(runs[bucket], WARM_UP);
  }

  private boolean isSlow(int bucket, long took) {
    return took > ALWAYS_SLOW_NANOS
        || (took > ALWAYS_FAST_NANOS && runs[bucket] > WARM_UP && took > TIMES * mean[bucket]);
  }

  private static long nanos(Runnable input) {
    long start = THREADS.getCurrentThreadCpuTime();
    input.run();
    return THREADS.getCurrentThreadCpuTime() - start;
  }
}
