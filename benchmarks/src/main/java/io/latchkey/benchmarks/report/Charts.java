package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.SessionSize;
import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.report.Lines.Scale;
import io.latchkey.benchmarks.shop.ShopResult.Round;
import io.latchkey.benchmarks.shop.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jfree.chart.JFreeChart;

/** The charts that the results are enough for. */
final class Charts {
  private static final List<String> OPERATIONS =
      List.of(
          "readRequest",
          "changeRequest",
          "create",
          "get",
          "getAndTouch",
          "getAndSave",
          "saveUnchanged",
          "rotate",
          "delete",
          "getAll");

  /** Those whose throughput is drawn. */
  private static final List<String> DRAWN = OPERATIONS.subList(0, 4);

  private static final double HIGHEST_PERCENTILE = 99.99;
  private static final int TALL = 480;
  private static final int BAR_HEIGHT = 19;
  private static final int AROUND_BARS = 190;
  private static final String LOOP = "EVENT_LOOP";

  private final Inputs inputs;
  private final List<Chart> charts = new ArrayList<>();

  private Charts(Inputs inputs) {
    this.inputs = inputs;
  }

  static List<Chart> of(Inputs inputs) {
    Charts charts = new Charts(inputs);
    LoadResult load = inputs.load();
    if (load != null) {
      LoadView.of(load).forEach(charts::latency);
    }
    DRAWN.forEach(charts::throughput);
    charts.roundTrips();
    charts.memory();
    charts.allocation();
    charts.shop(
        "shop-throughput",
        "Shop page: requests per second",
        "requests per second",
        Round::requestsPerSecond);
    charts.shop("shop-p99", "Shop page: p99", "milliseconds", round -> round.p99Micros() / 1e3);
    return List.copyOf(charts.charts);
  }

  private void latency(LoadView view) {
    OptionalLong saturation = view.saturation(StoreType.SPRING_SESSION);
    if (saturation.isPresent()) {
      byPercentile(view, saturation.getAsLong());
    }
    Lines lines = new Lines(true);
    for (StoreType store : view.stores()) {
      for (long rate : view.rates(store)) {
        lines.add(store, (double) rate, Targets.median(view.p99Micros(store, rate)) / 1e3);
      }
    }
    if (!lines.isEmpty()) {
      String title = "p99 by rate: " + view.title();
      add(
          "p99-" + view.name(),
          title,
          "Each line ends at the highest rate that the store held; the median of the passes. A"
              + " first try that did not hold is left out where the second did.",
          TALL,
          look ->
              lines.draw(
                  look,
                  title,
                  Scale.plain("requests per second (logarithmic)"),
                  Scale.plain("milliseconds (logarithmic)")));
    }
  }

  private void byPercentile(LoadView view, long rate) {
    Lines lines = new Lines(false);
    for (StoreType store : view.stores()) {
      view.latencies(store, rate).ifPresent(all -> percentiles(lines, store, all));
    }
    String title =
        String.format(
            Locale.ROOT, "Latency by percentile at %,d requests/s: %s", rate, view.title());
    add(
        "latency-" + view.name(),
        title,
        "The highest rate that Spring Session held. Latency counts from the time at which a request"
            + " was to start, so waiting in a queue is part of it. All passes together, but for first"
            + " tries that did not hold.",
        TALL,
        look ->
            lines.draw(
                look,
                title,
                Scale.percentiles("percentile of requests"),
                Scale.plain("milliseconds (logarithmic)")));
  }

  private static void percentiles(Lines lines, StoreType store, Histogram all) {
    double most = Math.log10(100 / (100 - HIGHEST_PERCENTILE));
    int points = 200;
    for (int i = 0; i <= points; i++) {
      double x = Math.pow(10, most * i / points);
      long micros = all.getValueAtPercentile(100 - 100 / x);
      lines.add(store, x, Math.max(micros, 1) / 1e3);
    }
  }

  private void throughput(String operation) {
    List<JmhResult> found = inputs.jmh(operation, LOOP).toList();
    if (found.isEmpty()) {
      return;
    }
    Set<Integer> inFlight = new TreeSet<>(found.stream().map(JmhResult::inFlight).toList());
    String title = "Throughput of " + operation + ", by operations in flight";
    String caption =
        "Small sessions, called from the event loop; the mean of all forks. Higher is better.";
    if (inFlight.size() > 1) {
      Lines lines = new Lines(true);
      found.forEach(line -> lines.add(line.store(), line.inFlight(), line.score()));
      add(
          "throughput-" + operation,
          title,
          caption,
          TALL,
          look ->
              lines.draw(
                  look,
                  title,
                  Scale.doubling("operations in flight (logarithmic)"),
                  Scale.plain("operations per second (logarithmic)")));
    } else {
      Bars bars = new Bars();
      found.stream()
          .sorted((a, b) -> a.store().compareTo(b.store()))
          .forEach(line -> bar(bars, line.store(), line.inFlight() + " in flight", line.score()));
      bars("throughput-" + operation, title, caption, "operations per second", bars);
    }
  }

  private void roundTrips() {
    Bars bars = new Bars();
    for (StoreType store :
        List.of(
            StoreType.LATCHKEY,
            StoreType.SPRING_SESSION,
            StoreType.VERTX,
            StoreType.REDISSON,
            StoreType.LETTUCE)) {
      var figures = inputs.figures().get(store);
      if (figures != null) {
        for (String operation : OPERATIONS) {
          var wire = figures.operations().get(operation);
          if (wire != null) {
            bar(bars, store, operation, wire.roundTrips());
          }
        }
      }
    }
    bars(
        "round-trips",
        "Sequential round trips to the server",
        "How often an operation waits for the network. Where there is no bar, the store has no way"
            + " to do it.",
        "round trips",
        bars);
  }

  private void memory() {
    Bars bars = new Bars();
    inputs
        .figures()
        .forEach(
            (store, figures) -> {
              Long bytes = figures.bytesPerSession().get(SessionSize.SMALL);
              if (bytes != null) {
                bar(bars, store, "session", bytes);
              }
            });
    bars(
        "memory",
        "Memory per session in Valkey",
        "Ten attributes, 0.5 KB, by how much the server's memory grows. Lower is better.",
        "bytes",
        bars);
  }

  private void allocation() {
    Bars bars = new Bars();
    for (StoreType store : StoreType.values()) {
      for (String operation : OPERATIONS) {
        if (!operation.equals("delete") && !operation.equals("getAll")) {
          inputs
              .jmh(operation, LOOP)
              .filter(line -> line.store() == store && line.bytesAllocated() != null)
              .max((a, b) -> Integer.compare(a.inFlight(), b.inFlight()))
              .map(JmhResult::bytesAllocated)
              .ifPresent(bytes -> bar(bars, store, operation, bytes / 1_024));
        }
      }
    }
    bars(
        "allocation",
        "Memory allocated in the JVM for one operation",
        "Sessions of 0.5 KB, called from the event loop, with the most operations in flight that"
            + " were measured; what the load generator allocates is part of it. Lower is better.",
        "KB",
        bars);
  }

  private void shop(String name, String title, String unit, ToDoubleFunction<Round> figure) {
    Bars bars = new Bars();
    Targets targets = new Targets(inputs);
    for (Variant variant : Variant.values()) {
      targets
          .shop(variant, figure)
          .ifPresent(
              values ->
                  bars.add(
                      Texts.name(variant), look -> look.color(variant), "page", values.middle()));
    }
    bars(
        name,
        title,
        "The sample shop's cart page; the median of the rounds without failed pages.",
        unit,
        bars);
  }

  private static void bar(Bars bars, StoreType store, String group, double value) {
    bars.add(Texts.name(store), look -> look.color(store), group, value);
  }

  private void bars(String name, String title, String caption, String unit, Bars bars) {
    if (!bars.isEmpty()) {
      int height = AROUND_BARS + bars.bars() * BAR_HEIGHT + bars.groups() * BAR_HEIGHT / 2;
      add(name, title, caption, height, look -> bars.draw(look, title, unit));
    }
  }

  private void add(
      String name, String title, String caption, int height, Function<Look, JFreeChart> drawing) {
    charts.add(new Chart(name, title, caption, height, drawing));
  }
}
