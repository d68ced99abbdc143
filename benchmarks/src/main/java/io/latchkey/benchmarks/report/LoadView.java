package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.load.LoadResult.RateStep;
import io.latchkey.benchmarks.load.LoadResult.Run;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * The runs of one number of sessions and one delay.
 *
 * @param sessions how many were stored
 * @param delayMicros by how much a round trip was made longer
 * @param runs of all stores and passes, but for those that were ended early: how far they had come
 *     says nothing about the store
 */
record LoadView(int sessions, long delayMicros, List<Run> runs) {
  /** One for each combination, in order. */
  static List<LoadView> of(LoadResult result) {
    Comparator<LoadView> order =
        Comparator.comparingInt(LoadView::sessions).thenComparingLong(LoadView::delayMicros);
    return result.runs().stream()
        .filter(Run::finished)
        .collect(Collectors.groupingBy(run -> List.of((long) run.sessions(), run.delayMicros())))
        .values()
        .stream()
        .map(runs -> new LoadView(runs.get(0).sessions(), runs.get(0).delayMicros(), runs))
        .sorted(order)
        .toList();
  }

  /** For the reader, as in {@code 10,000 sessions, round trips 1 ms longer}. */
  String title() {
    return String.format(Locale.ROOT, "%,d sessions, ", sessions)
        + (delayMicros == 0
            ? "on loopback"
            : String.format(
                Locale.ROOT, "round trips %s ms longer", Texts.plain(delayMicros / 1e3)));
  }

  /** For the name of a file. */
  String name() {
    return sessions + "-" + delayMicros + "us";
  }

  List<StoreType> stores() {
    return runs.stream().map(Run::store).distinct().sorted().toList();
  }

  /** The highest rate that the store held in each of its passes. */
  OptionalLong saturation(StoreType store) {
    return runs.stream()
        .filter(run -> run.store() == store)
        .mapToLong(run -> held(run).mapToLong(RateStep::rate).max().orElse(0))
        .min()
        .stream()
        .filter(rate -> rate > 0)
        .findFirst();
  }

  /** The rates that a store held in some pass. */
  SortedSet<Long> rates(StoreType store) {
    return runs.stream()
        .filter(run -> run.store() == store)
        .flatMap(LoadView::held)
        .map(RateStep::rate)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** All latencies at a rate, of all passes in which the store held it. */
  Optional<Histogram> latencies(StoreType store, long rate) {
    return steps(store, rate)
        .map(RateStep::latencies)
        .reduce(
            (all, more) -> {
              all.add(more);
              return all;
            });
  }

  /** The p99 of each pass at a rate. */
  LongStream p99Micros(StoreType store, long rate) {
    return steps(store, rate).mapToLong(RateStep::p99Micros);
  }

  private Stream<RateStep> steps(StoreType store, long rate) {
    return runs.stream()
        .filter(run -> run.store() == store)
        .flatMap(LoadView::held)
        .filter(step -> step.rate() == rate);
  }

  private static Stream<RateStep> held(Run run) {
    return run.steps().stream().filter(RateStep::held);
  }
}
