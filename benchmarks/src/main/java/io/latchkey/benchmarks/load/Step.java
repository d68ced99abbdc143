package io.latchkey.benchmarks.load;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What became of the operations that arrived at one rate.
 *
 * @param offered arrivals per second
 * @param achieved answers per second while they arrived
 * @param arrivals how many arrived
 * @param failed how many of them failed
 * @param refused how many were not started, as too many were in flight already, or as the thread
 *     that starts them did not come to it in time
 * @param failure the first failure
 * @param latencies of those answered, from the intended start, in microseconds
 */
record Step(
    long offered,
    double achieved,
    long arrivals,
    long failed,
    long refused,
    @Nullable Throwable failure,
    Histogram latencies) {
  private static final double ENOUGH = 0.95;

  /** Whether the store kept up: nothing failed, no backlog grew, and nobody waited too long. */
  boolean held(long mostP99Micros) {
    return failed == 0
        && refused == 0
        && achieved >= ENOUGH * offered
        && latencies.getValueAtPercentile(99) <= mostP99Micros;
  }
}
