package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.shop.ShopResult;
import io.latchkey.benchmarks.shop.ShopResult.Round;
import io.latchkey.benchmarks.shop.Variant;
import java.util.DoubleSummaryStatistics;
import java.util.stream.Stream;

/** How far equal measurements go apart. */
final class Noise {
  private Noise() {}

  /** A sentence for each kind of result that is there. */
  static String of(Inputs inputs) {
    StringBuilder text = new StringBuilder();
    double forks =
        inputs.jmh().stream()
            .map(JmhResult::spread)
            .filter(spread -> spread.getCount() > 1)
            .mapToDouble(Noise::relative)
            .average()
            .orElse(0);
    if (forks > 0) {
      text.append(" Forks of one combination differ by ")
          .append(percent(forks))
          .append(" on average.");
    }
    LoadResult load = inputs.load();
    if (load != null) {
      text.append(" The load run made ")
          .append(load.runs().stream().mapToInt(LoadResult.Run::pass).max().orElse(0))
          .append(" passes over all stores, every other one in reverse order.");
    }
    ShopResult shop = inputs.shop();
    if (shop != null) {
      double rounds =
          Stream.of(Variant.values())
              .map(
                  variant ->
                      shop.rounds().stream()
                          .filter(round -> round.variant() == variant)
                          .mapToDouble(Round::requestsPerSecond)
                          .summaryStatistics())
              .mapToDouble(Noise::relative)
              .max()
              .orElse(0);
      text.append(" Rounds of one shop differ by at most ").append(percent(rounds)).append('.');
    }
    return text.toString();
  }

  private static double relative(DoubleSummaryStatistics values) {
    return values.getCount() == 0 ? 0 : (values.getMax() - values.getMin()) / values.getAverage();
  }

  private static String percent(double share) {
    return Texts.plain(100 * share) + " %";
  }
}
