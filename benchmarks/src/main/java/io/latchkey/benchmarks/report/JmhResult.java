package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.StoreType;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One line of JMH's result.
 *
 * @param file the number of the file that it is from, so of its run
 * @param operation the name of the method
 * @param store whose figures they are
 * @param inFlight how many operations were under way
 * @param size the sessions' size
 * @param caller from where the store was called
 * @param sessions how many were stored; 0 where it does not matter
 * @param score operations per second
 * @param forks the mean of each fork
 * @param bytesAllocated for one operation; null if it was not measured
 * @param p50Micros the median of single operations; null if it was not measured
 */
record JmhResult(
    int file,
    String operation,
    StoreType store,
    int inFlight,
    String size,
    String caller,
    int sessions,
    double score,
    List<Double> forks,
    @Nullable Double bytesAllocated,
    @Nullable Double p50Micros) {
  private static final String BENCHMARK = ".SessionBenchmark.";

  /** The line of a file, unless it is of another benchmark. */
  static Optional<JmhResult> of(int file, JsonNode line) {
    String benchmark = line.path("benchmark").asString();
    int name = benchmark.lastIndexOf(BENCHMARK);
    if (name < 0) {
      return Optional.empty();
    }
    JsonNode params = line.path("params");
    JsonNode primary = line.path("primaryMetric");
    JsonNode secondary = line.path("secondaryMetrics");
    return Optional.of(
        new JmhResult(
            file,
            benchmark.substring(name + BENCHMARK.length()),
            StoreType.valueOf(params.path("store").asString()),
            Integer.parseInt(params.path("inFlight").asString()),
            params.path("size").asString(),
            params.path("caller").asString(),
            Integer.parseInt(params.path("sessions").asString("0")),
            primary.path("score").asDouble(),
            StreamSupport.stream(primary.path("rawData").spliterator(), false)
                .map(fork -> numbers(fork).average().orElse(0))
                .toList(),
            number(secondary.path("gc.alloc.rate.norm").path("score")),
            number(secondary.path("latency").path("scorePercentiles").path("50.0"))));
  }

  /** How JMH measured the line, for the reader. */
  static String settings(JsonNode line) {
    return String.format(
        Locale.ROOT,
        "JMH %s on %s %s, %d forks, warm-up %d × %s, measured %d × %s",
        line.path("jmhVersion").asString("?"),
        line.path("vmName").asString("?"),
        line.path("vmVersion").asString("?"),
        line.path("forks").asInt(0),
        line.path("warmupIterations").asInt(0),
        line.path("warmupTime").asString("?"),
        line.path("measurementIterations").asInt(0),
        line.path("measurementTime").asString("?"));
  }

  DoubleSummaryStatistics spread() {
    return forks.stream().mapToDouble(Double::doubleValue).summaryStatistics();
  }

  private static DoubleStream numbers(JsonNode array) {
    double[] numbers = new double[array.size()];
    Arrays.setAll(numbers, i -> array.get(i).asDouble());
    return Arrays.stream(numbers);
  }

  private static @Nullable Double number(JsonNode node) {
    return node.isNumber() ? Double.valueOf(node.asDouble()) : null;
  }
}
