package io.latchkey.benchmarks.load;

import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The rates to try, the same for every store, so that all are seen at equal rates.
 *
 * @param start the lowest, in arrivals per second
 * @param factor from one to the next
 * @param most none is above it
 */
record Ladder(long start, double factor, long most) {
  LongStream rates() {
    return IntStream.iterate(0, step -> step + 1)
        .mapToLong(step -> Math.round(start * Math.pow(factor, step)))
        .takeWhile(rate -> rate <= most);
  }
}
