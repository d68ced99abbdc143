package io.latchkey.benchmarks.load;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What became of the operations that arrived at one rate.
 *
 * @param offered arrivals per second
 * @param achieved answers per second while they arrived
 * @param arrivals how many arrived
 * @param answered how many of them were answered while they arrived, and not after it
 * @param failed how many of them failed
 * @param refused how many were not started, as too many were in flight already, or as the thread
 *     that starts them did not come to it in time
 * @param unanswered how many had no answer in the end
 * @param failure the first failure
 * @param latencies of those answered, from the intended start, in microseconds
 */
record Step(
    long offered,
    double achieved,
    long arrivals,
    long answered,
    long failed,
    long refused,
    long unanswered,
    @Nullable Throwable failure,
    Histogram latencies) {
  /**
   * Below it a backlog grows. What is under way at the end is no backlog yet: at a latency of a
   * hundredth of the step's length, it is one of a hundred.
   */
  private static final double ENOUGH = 0.99;

  /** Whether the store kept up: nothing failed, no backlog grew, and nobody waited too long. */
  boolean held(long mostP99Micros) {
    return failed == 0
        && refused == 0
        && unanswered == 0
        && answered >= ENOUGH * arrivals
        && latencies.getValueAtPercentile(99) <= mostP99Micros;
  }
}
