package io.latchkey.benchmarks.load;

import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.StoreType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a load run writes.
 *
 * @param kind always {@value #KIND}, which tells the file from others
 * @param started when it was started, in ISO 8601
 * @param complete false if it was ended early
 * @param machine where it ran
 * @param settings its options, by their names
 * @param runs one for each store, number of sessions, delay and pass
 */
public record LoadResult(
    String kind,
    String started,
    boolean complete,
    Machine machine,
    Map<String, String> settings,
    List<Run> runs) {
  /** What the file says it is. */
  public static final String KIND = "load";

  /**
   * One climb up the rates.
   *
   * @param store the store
   * @param sessions how many were stored
   * @param delayMicros by how much a round trip was made longer
   * @param pass 1 for the first, in the order of the stores; 2 for the second, in reverse order
   * @param finished whether it went on until the store saturated, or to the end of the rates; not
   *     if it was ended early
   * @param steps in the order in which they were run; a rate that did not hold is there twice
   */
  public record Run(
      StoreType store,
      int sessions,
      long delayMicros,
      int pass,
      boolean finished,
      List<RateStep> steps) {}

  /**
   * What became of the operations that arrived at one rate. Latencies are counted from the intended
   * start.
   *
   * @param rate arrivals per second
   * @param achieved answers per second
   * @param arrivals how many arrived
   * @param failed how many of them failed, or were never answered
   * @param refused how many found too many in flight
   * @param failure the class of the first failure
   * @param held whether the store kept up
   * @param p50Micros the median
   * @param p99Micros 99 of 100 were faster
   * @param p999Micros 999 of 1,000 were faster
   * @param maxMicros the slowest
   * @param histogram all of them, in microseconds, as HdrHistogram compresses and encodes it, in
   *     base64
   */
  public record RateStep(
      long rate,
      double achieved,
      long arrivals,
      long failed,
      long refused,
      @Nullable String failure,
      boolean held,
      long p50Micros,
      long p99Micros,
      long p999Micros,
      long maxMicros,
      String histogram) {
    static RateStep of(Step step, boolean held) {
      Histogram latencies = step.latencies();
      return new RateStep(
          step.offered(),
          step.achieved(),
          step.arrivals(),
          step.failed() + step.unanswered(),
          step.refused(),
          step.failure() == null ? null : step.failure().getClass().getName(),
          held,
          latencies.getValueAtPercentile(50),
          latencies.getValueAtPercentile(99),
          latencies.getValueAtPercentile(99.9),
          latencies.getMaxValue(),
          encode(latencies));
    }

    /** All latencies, in microseconds. */
    public Histogram latencies() {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(histogram));
      try {
        return Histogram.decodeFromCompressedByteBuffer(bytes, 0);
      } catch (DataFormatException e) {
        throw new IllegalArgumentException("A histogram cannot be read", e);
      }
    }

    private static String encode(Histogram latencies) {
      ByteBuffer bytes = ByteBuffer.allocate(latencies.getNeededByteBufferCapacity());
      int length = latencies.encodeIntoCompressedByteBuffer(bytes);
      return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
    }
  }
}
