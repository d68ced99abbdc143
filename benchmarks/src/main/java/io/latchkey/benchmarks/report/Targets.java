package io.latchkey.benchmarks.report;

import static io.latchkey.benchmarks.StoreType.LATCHKEY;
import static io.latchkey.benchmarks.StoreType.LATCHKEY_HASH;
import static io.latchkey.benchmarks.StoreType.LETTUCE;
import static io.latchkey.benchmarks.StoreType.LETTUCE_CONSOLIDATED;
import static io.latchkey.benchmarks.StoreType.SPRING_SESSION;

import io.latchkey.benchmarks.SessionSize;
import io.latchkey.benchmarks.StoreFigures.Figures;
import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.shop.ShopResult;
import io.latchkey.benchmarks.shop.ShopResult.Round;
import io.latchkey.benchmarks.shop.Variant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What Latchkey sets out to reach, as ratios within one run, and what was measured. */
final class Targets {
  private static final String LOOP = "EVENT_LOOP";
  private static final String THREADS = "THREADS";
  private static final int LOADED = 512;
  private static final int MANY = 1_000_000;

  private final Inputs inputs;

  Targets(Inputs inputs) {
    this.inputs = inputs;
  }

  /** Which side of the target is the good one. */
  enum Bound {
    AT_LEAST,
    AT_MOST
  }

  /**
   * A ratio, and how far it goes apart between forks, passes or rounds.
   *
   * @param value of the means or medians
   * @param low the best of the one by the worst of the other
   * @param high the other way round
   */
  record Ratio(double value, double low, double high) {
    static Ratio of(Values above, Values below) {
      return new Ratio(
          above.middle / below.middle, above.least / below.most, above.most / below.least);
    }
  }

  /** What was measured of one: in the middle, and at both ends. */
  record Values(double middle, double least, double most) {
    static Values of(double value) {
      return new Values(value, value, value);
    }

    static Optional<Values> median(double[] values) {
      if (values.length == 0) {
        return Optional.empty();
      }
      double[] sorted = values.clone();
      Arrays.sort(sorted);
      double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
      return Optional.of(new Values(median, sorted[0], sorted[sorted.length - 1]));
    }
  }

  /**
   * A line of the table.
   *
   * @param what is compared
   * @param bound which side is good
   * @param target the ratio to reach
   * @param measured the ratio that was measured; null if it was not
   */
  record Row(String what, Bound bound, double target, @Nullable Ratio measured) {
    String targetText() {
      return (bound == Bound.AT_LEAST ? "at least " : "at most ") + Texts.plain(target);
    }

    String measuredText() {
      return measured == null ? "–" : Texts.plain(measured.value());
    }

    String rangeText() {
      return measured == null || measured.low() == measured.high()
          ? "–"
          : Texts.plain(measured.low()) + " to " + Texts.plain(measured.high());
    }

    String verdict() {
      if (measured == null) {
        return "not measured";
      }
      boolean met =
          bound == Bound.AT_LEAST ? measured.value() >= target : measured.value() <= target;
      return met ? "met" : "missed";
    }
  }

  List<Row> rows() {
    return List.of(
        atLeast(
            "get, 512 in flight, against tuned bare Lettuce",
            0.90,
            throughput("get", LOOP, LETTUCE_CONSOLIDATED)),
        atLeast(
            "get, 512 in flight, called from four other threads, against tuned bare Lettuce",
            0.85,
            throughput("get", THREADS, LETTUCE_CONSOLIDATED)),
        atLeast("the same, against Lettuce as it comes", 1.8, throughput("get", THREADS, LETTUCE)),
        atMost("get, one in flight, p50, against tuned bare Lettuce", 1.10, p50()),
        atLeast(
            "request that reads, 512 in flight, against Spring Session",
            20,
            throughput("readRequest", LOOP, SPRING_SESSION)),
        atLeast(
            "request that changes one attribute, 512 in flight, against Spring Session",
            8,
            throughput("changeRequest", LOOP, SPRING_SESSION)),
        atLeast(
            "create, 512 in flight, against Spring Session",
            8,
            throughput("create", LOOP, SPRING_SESSION)),
        atMost(
            "p99 at the highest rate that Spring Session holds, against Spring Session's",
            0.05,
            p99()),
        atMost(
            "bytes in Valkey per session of 0.5 KB, against Spring Session's",
            0.45,
            memory(LATCHKEY)),
        atMost("the same with the layout HASH", 0.9, memory(LATCHKEY_HASH)),
        atMost(
            "cost of get, 512 in flight, with 1,000,000 sessions against 10,000", 1.1, millions()),
        atLeast("shop page, requests/s, against the same without sessions", 0.80, shop()));
  }

  private static Row atLeast(String what, double target, Optional<Ratio> measured) {
    return new Row(what, Bound.AT_LEAST, target, measured.orElse(null));
  }

  private static Row atMost(String what, double target, Optional<Ratio> measured) {
    return new Row(what, Bound.AT_MOST, target, measured.orElse(null));
  }

  private Optional<Ratio> throughput(String operation, String caller, StoreType against) {
    return ratio(
        inputs.jmh(operation, caller, LOADED, LATCHKEY).map(Targets::score),
        inputs.jmh(operation, caller, LOADED, against).map(Targets::score));
  }

  private Optional<Ratio> p50() {
    return ratio(
        inputs.jmh("get", LOOP, 1, LATCHKEY).map(JmhResult::p50Micros).map(Values::of),
        inputs.jmh("get", LOOP, 1, LETTUCE_CONSOLIDATED).map(JmhResult::p50Micros).map(Values::of));
  }

  /** Of the fewest sessions and without a delay, where there are several. */
  private Optional<Ratio> p99() {
    LoadResult load = inputs.load();
    if (load == null || load.runs().isEmpty()) {
      return Optional.empty();
    }
    LoadView view = LoadView.of(load).get(0);
    OptionalLong rate = view.saturation(SPRING_SESSION);
    if (rate.isEmpty()) {
      return Optional.empty();
    }
    return ratio(
        Values.median(view.p99Micros(LATCHKEY, rate.getAsLong()).asDoubleStream().toArray()),
        Values.median(view.p99Micros(SPRING_SESSION, rate.getAsLong()).asDoubleStream().toArray()));
  }

  private Optional<Ratio> memory(StoreType store) {
    return ratio(bytes(store), bytes(SPRING_SESSION));
  }

  private Optional<Values> bytes(StoreType store) {
    Figures figures = inputs.figures().get(store);
    return Optional.ofNullable(figures)
        .map(known -> known.bytesPerSession().get(SessionSize.SMALL))
        .map(Values::of);
  }

  /** How much longer one takes, which is how many fewer are done in the same time. */
  private Optional<Ratio> millions() {
    Optional<Values> many =
        inputs.jmh().stream()
            .filter(
                line ->
                    line.operation().equals("get")
                        && line.caller().equals(LOOP)
                        && line.inFlight() == LOADED
                        && line.store() == LATCHKEY
                        && line.sessions() == MANY)
            .reduce((first, last) -> last)
            .map(Targets::score);
    return ratio(
        inputs
            .jmh("get", LOOP, LOADED, LATCHKEY)
            .filter(line -> line.sessions() < MANY)
            .map(Targets::score),
        many);
  }

  private Optional<Ratio> shop() {
    return ratio(
        shop(Variant.LATCHKEY, Round::requestsPerSecond),
        shop(Variant.NONE, Round::requestsPerSecond));
  }

  Optional<Values> shop(Variant variant, ToDoubleFunction<Round> figure) {
    ShopResult shop = inputs.shop();
    if (shop == null) {
      return Optional.empty();
    }
    return Values.median(
        shop.rounds().stream()
            .filter(round -> round.variant() == variant)
            .mapToDouble(figure)
            .toArray());
  }

  /** The median; zero if there is none. */
  static double median(LongStream values) {
    return Values.median(values.asDoubleStream().toArray()).map(Values::middle).orElse(0.0);
  }

  private static Values score(JmhResult line) {
    return line.forks().isEmpty()
        ? Values.of(line.score())
        : new Values(line.score(), line.spread().getMin(), line.spread().getMax());
  }

  private static Optional<Ratio> ratio(Optional<Values> above, Optional<Values> below) {
    return above.flatMap(a -> below.map(b -> Ratio.of(a, b)));
  }
}
