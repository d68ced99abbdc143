package io.latchkey.benchmarks.shop;

import io.latchkey.benchmarks.Machine;
import java.util.List;
import java.util.Map;

/**
 * What a shop run writes.
 *
 * @param kind always {@value #KIND}, which tells the file from others
 * @param started when it was started, in ISO 8601
 * @param machine where it ran
 * @param settings its options, by their names
 * @param rounds in the order in which they were run
 */
public record ShopResult(
    String kind,
    String started,
    Machine machine,
    Map<String, String> settings,
    List<Round> rounds) {
  /** What the file says it is. */
  public static final String KIND = "shop";

  /**
   * Some seconds of one variant of the shop.
   *
   * @param variant where it keeps its carts
   * @param round the first is 1
   * @param requestsPerSecond answered pages per second
   * @param p50Micros the median of the time to a whole page
   * @param p99Micros 99 of 100 pages were faster
   * @param failed answers that were not the page, and pages that never came; such a round is not to
   *     be compared
   */
  public record Round(
      Variant variant,
      int round,
      double requestsPerSecond,
      long p50Micros,
      long p99Micros,
      long failed) {}
}
