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
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What Latchkey sets out to reach, as ratios within one run, and what was measured. */
final class Targets {
  private static final String LOOP = "EVENT_LOOP";
  private static final String THREADS = "THREADS";
  private static final int LOADED = 512;
  private static final int MANY = 1_000_000;
  private static final double P99_TARGET = 0.05;

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
   * @param low the least of the one by the most of the other
   * @param high the most of the one by the least of the other
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
      if (!isReached(measured.value())) {
        return "missed";
      }
      boolean always = isReached(measured.low()) && isReached(measured.high());
      return always ? "met" : "met, range crosses the target";
    }

    private boolean isReached(double ratio) {
      return bound == Bound.AT_LEAST ? ratio >= target : ratio <= target;
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
        atMost(
            "get, one in flight, p50, against the faster of both bare Lettuce variants",
            1.10,
            p50()),
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
        p99(),
        atMost(
            "bytes in Valkey per session of 0.5 KB, against Spring Session's",
            0.45,
            memory(LATCHKEY)),
        atMost("the same with the layout HASH", 0.9, memory(LATCHKEY_HASH)),
        millions(),
        atLeast("shop page, requests/s, against the same without sessions", 0.80, shop()));
  }

  private static Row atLeast(String what, double target, Optional<Ratio> measured) {
    return new Row(what, Bound.AT_LEAST, target, measured.orElse(null));
  }

  private static Row atMost(String what, double target, Optional<Ratio> measured) {
    return new Row(what, Bound.AT_MOST, target, measured.orElse(null));
  }

  private Optional<Ratio> throughput(String operation, String caller, StoreType against) {
    return ofOneFile(
        inputs.lines(operation, caller, LOADED, LATCHKEY),
        inputs.lines(operation, caller, LOADED, against),
        Targets::score);
  }

  private Optional<Ratio> p50() {
    // The file decides which of the two was the faster one in the same run.
    Map<Integer, List<JmhResult>> bare =
        Stream.of(LETTUCE, LETTUCE_CONSOLIDATED)
            .flatMap(store -> lastOfEachFile(p50Lines(store)).values().stream())
            .collect(Collectors.groupingBy(JmhResult::file));
    Stream<JmhResult> faster =
        bare.values().stream()
            .filter(both -> both.size() == 2)
            .map(both -> Collections.min(both, Comparator.comparingDouble(Targets::p50)));
    return ofOneFile(p50Lines(LATCHKEY), faster, line -> Values.of(p50(line)));
  }

  private Stream<JmhResult> p50Lines(StoreType store) {
    return inputs.lines("get", LOOP, 1, store).filter(line -> line.p50Micros() != null);
  }

  private static double p50(JmhResult line) {
    return Objects.requireNonNull(line.p50Micros());
  }

  /** On loopback, with the fewest sessions of those with which both were measured. */
  private Row p99() {
    String what = "p99 at the highest rate that Spring Session holds, against Spring Session's";
    LoadResult load = inputs.load();
    if (load != null) {
      for (LoadView view : LoadView.of(load)) {
        OptionalLong rate = view.saturation(SPRING_SESSION);
        if (view.delayMicros() == 0 && rate.isPresent()) {
          Optional<Ratio> measured =
              ratio(
                  p99(view, LATCHKEY, rate.getAsLong()),
                  p99(view, SPRING_SESSION, rate.getAsLong()));
          if (measured.isPresent()) {
            return atMost(
                String.format(
                    Locale.ROOT, "%s (%s, %,d requests/s)", what, view.title(), rate.getAsLong()),
                P99_TARGET,
                measured);
          }
        }
      }
    }
    return atMost(what + " (on loopback)", P99_TARGET, Optional.empty());
  }

  private static Optional<Values> p99(LoadView view, StoreType store, long rate) {
    return Values.median(view.p99Micros(store, rate).asDoubleStream().toArray());
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

  /** With what it costs bare Lettuce, which is the server's share and the machine's. */
  private Row millions() {
    String what = "cost of get, 512 in flight, with 1,000,000 sessions against 10,000";
    String bare =
        millions(LETTUCE_CONSOLIDATED)
            .map(ratio -> " (tuned bare Lettuce: " + Texts.plain(ratio.value()) + ")")
            .orElse("");
    return atMost(what + bare, 1.1, millions(LATCHKEY));
  }

  /** How much longer one takes, which is how many fewer are done in the same time. */
  private Optional<Ratio> millions(StoreType store) {
    Stream<JmhResult> many =
        inputs.jmh().stream()
            .filter(
                line ->
                    line.operation().equals("get")
                        && line.caller().equals(LOOP)
                        && line.size().equals("SMALL")
                        && line.inFlight() == LOADED
                        && line.store() == store
                        && line.sessions() == MANY);
    return ofOneFile(inputs.lines("get", LOOP, LOADED, store), many, Targets::score);
  }

  private Optional<Ratio> shop() {
    return ratio(
        shop(Variant.LATCHKEY, Round::requestsPerSecond),
        shop(Variant.NONE, Round::requestsPerSecond));
  }

  /** Of the rounds in which no page failed. */
  Optional<Values> shop(Variant variant, ToDoubleFunction<Round> figure) {
    ShopResult shop = inputs.shop();
    if (shop == null) {
      return Optional.empty();
    }
    return Values.median(
        shop.rounds().stream()
            .filter(round -> round.variant() == variant && round.failed() == 0)
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

  /** Two lines of one run: of the last file that has both. */
  private static Optional<Ratio> ofOneFile(
      Stream<JmhResult> above, Stream<JmhResult> below, Function<JmhResult, Values> figure) {
    Map<Integer, JmhResult> ones = lastOfEachFile(above);
    Map<Integer, JmhResult> others = lastOfEachFile(below);
    return ones.keySet().stream()
        .filter(others::containsKey)
        .max(Comparator.naturalOrder())
        .flatMap(
            file ->
                ratio(
                    Optional.ofNullable(ones.get(file)).map(figure),
                    Optional.ofNullable(others.get(file)).map(figure)));
  }

  private static Map<Integer, JmhResult> lastOfEachFile(Stream<JmhResult> lines) {
    return lines.collect(
        Collectors.toMap(JmhResult::file, Function.identity(), (first, last) -> last));
  }

  private static Optional<Ratio> ratio(Optional<Values> above, Optional<Values> below) {
    return above.flatMap(a -> below.map(b -> Ratio.of(a, b)));
  }
}
