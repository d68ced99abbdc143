package io.latchkey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs each benchmark once, as shortly as can be, and looks at no figure. */
class SessionBenchmarkSmokeTest {
  private static final int BENCHMARKS = 2;
  private static final int IN_FLIGHT_VALUES = 3;

  @TempDir private Path folder;

  @Test
  void everyBenchmarkRunsWithEveryParameterAndWritesItsResultAsJson() throws Exception {
    Path json = folder.resolve("results.json");

    new Runner(
            new OptionsBuilder()
                .include(SessionBenchmark.class.getName())
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(1))
                .param("sessions", "100")
                .shouldFailOnError(true)
                .resultFormat(ResultFormatType.JSON)
                .result(json.toString())
                .output(folder.resolve("jmh.log").toString())
                .build())
        .run();

    JsonNode results = JsonMapper.shared().readTree(json);
    assertThat(results.size()).isEqualTo(BENCHMARKS * StoreType.values().length * IN_FLIGHT_VALUES);
    Set<String> runs = new HashSet<>();
    for (JsonNode result : results) {
      runs.add(result.get("benchmark").asString() + result.get("params"));
      assertThat(result.get("primaryMetric").get("score").asDouble()).isPositive();
    }
    assertThat(runs).hasSize(results.size());
  }
}
