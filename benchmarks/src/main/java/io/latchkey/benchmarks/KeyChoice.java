package io.latchkey.benchmarks;

import java.util.Arrays;
import java.util.Random;

/** Which of the stored sessions are read, and how often. */
public enum KeyChoice {
  /**
   * As visitors come: the n-th busiest session is read 1/n as often as the busiest (Zipf, exponent
   * 1). Of 10,000 sessions the busiest hundred get about half of all reads.
   */
  ZIPF {
    @Override
    double weight(int rank) {
      return 1.0 / (rank + 1);
    }
  },

  /** Every session is read as often as any other. */
  UNIFORM {
    @Override
    double weight(int rank) {
      return 1.0;
    }
  };

  abstract double weight(int rank);

  /**
   * Draws sessions by their number.
   *
   * @param sessions how many there are
   * @param draws how many numbers to draw
   * @param seed equal seeds give equal draws, so that every store is asked for the same
   */
  public int[] draw(int sessions, int draws, long seed) {
    double[] cumulated = new double[sessions];
    double sum = 0;
    for (int rank = 0; rank < sessions; rank++) {
      sum += weight(rank);
      cumulated[rank] = sum;
    }
    Random random = new Random(seed);
    int[] drawn = new int[draws];
    for (int i = 0; i < draws; i++) {
      int found = Arrays.binarySearch(cumulated, random.nextDouble() * sum);
      drawn[i] = Math.min(found < 0 ? -found - 1 : found, sessions - 1);
    }
    return drawn;
  }
}
