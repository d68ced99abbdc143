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
      LoadView.of(load).stream()
          .flatMap(Noise::passes)
          .mapToDouble(Noise::relative)
          .average()
          .ifPresent(
              passes ->
                  text.append(" In the load run, the p99 of one store at one rate differs by ")
                      .append(percent(passes))
                      .append(" between passes, on average."));
    }
    ShopResult shop = inputs.shop();
    if (shop != null) {
      double rounds =
          Stream.of(Variant.values())
              .map(
                  variant ->
                      shop.rounds().stream()
                          .filter(round -> round.variant() == variant && round.failed() == 0)
                          .mapToDouble(Round::requestsPerSecond)
                          .summaryStatistics())
              .mapToDouble(Noise::relative)
              .max()
              .orElse(0);
      text.append(" Rounds of one shop differ by at most ").append(percent(rounds)).append('.');
      long failed = shop.rounds().stream().filter(round -> round.failed() > 0).count();
      if (failed > 0) {
        text.append(" Left out: rounds of the shop in which pages failed, ")
            .append(failed)
            .append(" of ")
            .append(shop.rounds().size())
            .append('.');
      }
    }
    return text.toString();
  }

  /** The p99 of the passes of each store at each rate, where there are several. */
  private static Stream<DoubleSummaryStatistics> passes(LoadView view) {
    return view.stores().stream()
        .flatMap(
            store ->
                view.rates(store).stream()
                    .map(rate -> view.p99Micros(store, rate).asDoubleStream().summaryStatistics()))
        .filter(spread -> spread.getCount() > 1);
  }

  private static double relative(DoubleSummaryStatistics values) {
    return values.getCount() == 0 ? 0 : (values.getMax() - values.getMin()) / values.getAverage();
  }

  private static String percent(double share) {
    return Texts.plain(100 * share) + " %";
  }
}
