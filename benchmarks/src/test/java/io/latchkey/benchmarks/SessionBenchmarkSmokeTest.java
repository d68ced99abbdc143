package io.latchkey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs each benchmark once, as shortly as can be, and looks at no figure. */
class SessionBenchmarkSmokeTest {
  @TempDir private Path folder;

  @Test
  void everyBenchmarkRunsAndWritesItsResultAsJson() throws Exception {
    Map<String, JsonNode> results =
        run(shortly("").param("store", "LATCHKEY").param("inFlight", "64"));

    assertThat(results.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Operation.values()).map(Operation::method).toList());
    assertThat(results.values())
        .allSatisfy(
            result -> assertThat(result.get("primaryMetric").get("score").asDouble()).isPositive());
  }

  @Tag("thorough")
  @Test
  void runsWhenCalledFromOtherThreads() throws Exception {
    assertThat(
            run(
                shortly("get")
                    .param("store", "LETTUCE_CONSOLIDATED")
                    .param("inFlight", "64")
                    .param("caller", "THREADS")))
        .hasSize(1);
  }

  @Tag("thorough")
  @Test
  void tellsTheLatencyOfSingleOperations() throws Exception {
    Map<String, JsonNode> results =
        run(
            shortly("get")
                .param("store", "LETTUCE_CONSOLIDATED")
                .param("inFlight", "64")
                .addProfiler(LatencyProfiler.class));

    JsonNode latency =
        Objects.requireNonNull(results.get("get")).get("secondaryMetrics").get("latency");
    assertThat(latency.get("scoreUnit").asString()).isEqualTo("us/op");
    assertThat(latency.get("scorePercentiles").get("50.0").asDouble()).isPositive();
    assertThat(latency.get("scorePercentiles").get("99.0").asDouble())
        .isGreaterThanOrEqualTo(latency.get("scorePercentiles").get("50.0").asDouble());
  }

  @Tag("thorough")
  @Test
  void whatAStoreCannotDoHasNoLineInTheResult() throws Exception {
    assertThat(
            run(
                shortly("getAll")
                    .param("store", "SPRING_SESSION")
                    .param("inFlight", "64")
                    .shouldFailOnError(false)))
        .isEmpty();
    assertThat(Files.readString(folder.resolve("jmh.log")))
        .contains("SPRING_SESSION has no way to do getAll: no figure");
  }

  private ChainedOptionsBuilder shortly(String method) {
    return new OptionsBuilder()
        .include(SessionBenchmark.class.getName() + "\\." + method + (method.isEmpty() ? "" : "$"))
        .forks(0)
        .warmupIterations(0)
        .measurementIterations(1)
        .measurementTime(TimeValue.milliseconds(1))
        .param("sessions", "1024")
        .shouldFailOnError(true);
  }

  /** The results, by the name of the method. */
  private Map<String, JsonNode> run(ChainedOptionsBuilder options) throws Exception {
    Path json = folder.resolve("results.json");
    new Runner(
            options
                .resultFormat(ResultFormatType.JSON)
                .result(json.toString())
                .output(folder.resolve("jmh.log").toString())
                .build())
        .run();
    Map<String, JsonNode> results = new LinkedHashMap<>();
    for (JsonNode result : JsonMapper.shared().readTree(json)) {
      String benchmark = result.get("benchmark").asString();
      results.put(benchmark.substring(benchmark.lastIndexOf('.') + 1), result);
    }
    return results;
  }
}
