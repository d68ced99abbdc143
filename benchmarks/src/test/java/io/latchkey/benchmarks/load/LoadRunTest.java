package io.latchkey.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult.RateStep;
import io.latchkey.benchmarks.load.LoadResult.Run;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class LoadRunTest {
  @TempDir private Path folder;

  @Test
  void runsEachStoreOnOneLadderAndAgainInReverseOrder() throws Exception {
    Path file = folder.resolve("load.json");

    int status =
        LoadRun.execute(
            file.toString(),
            "--stores=latchkey,lettuce_consolidated",
            "--sessions=500",
            "--delay=0ms,1ms",
            "--start=500",
            "--factor=2",
            "--most=1000",
            "--step=100ms",
            "--warmup=100ms");

    assertThat(status).isZero();
    LoadResult result = JsonMapper.shared().readValue(file, LoadResult.class);
    assertThat(result.complete()).isTrue();
    assertThat(result.settings()).containsEntry("changes", "10").containsEntry("step", "100000us");
    assertThat(result.machine().versions()).containsKeys("Lettuce", "Spring Boot", "Netty");
    assertThat(result.runs())
        .extracting(Run::store, Run::delayMicros, Run::pass)
        .map(tuple -> tuple.toList().toString())
        .containsExactly(
            "[LATCHKEY, 0, 1]",
            "[LATCHKEY, 1000, 1]",
            "[LETTUCE_CONSOLIDATED, 0, 1]",
            "[LETTUCE_CONSOLIDATED, 1000, 1]",
            "[LETTUCE_CONSOLIDATED, 0, 2]",
            "[LETTUCE_CONSOLIDATED, 1000, 2]",
            "[LATCHKEY, 0, 2]",
            "[LATCHKEY, 1000, 2]");
    assertThat(result.runs())
        .allSatisfy(
            run -> {
              assertThat(run.finished()).isTrue();
              assertThat(run.steps()).isNotEmpty();
              assertThat(run.steps())
                  .allSatisfy(
                      step -> {
                        assertThat(step.failed()).isZero();
                        assertThat(step.latencies().getTotalCount())
                            .isEqualTo(step.arrivals() - step.refused());
                      });
            });
    assertThat(result.runs())
        .filteredOn(run -> run.delayMicros() == 1_000)
        .flatExtracting(Run::steps)
        .allSatisfy(step -> assertThat(step.p50Micros()).isGreaterThanOrEqualTo(1_000));
  }

  @Tag("thorough")
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void ctrlCWritesWhatWasMeasured() throws Exception {
    Path file = folder.resolve("load.json");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(LoadRun.class.getName());
    command.addAll(List.of(file.toString(), "--stores=LETTUCE", "--sessions=500", "--delay=0ms"));
    command.addAll(List.of("--start=200", "--factor=1.01", "--step=500ms", "--warmup=0ms"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      while (line != null && !line.startsWith("LETTUCE")) {
        line = out.readLine();
      }
      assertThat(line).as("a step").isNotNull();
      interrupt(process);
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        // Whoever was started in the background of a shell ignores SIGINT, and so do those that it
        // starts. SIGTERM has the JVM do the same.
        process.destroy();
      }
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }

    LoadResult result = JsonMapper.shared().readValue(file, LoadResult.class);
    assertThat(result.complete()).isFalse();
    assertThat(result.runs()).singleElement().extracting(Run::store).isEqualTo(StoreType.LETTUCE);
    assertThat(result.runs().get(0).finished()).isFalse();
    assertThat(result.runs().get(0).steps()).extracting(RateStep::rate).contains(200L);
  }

  @ParameterizedTest
  @CsvSource({
    "--stores=MEMCACHED, expected one of [LATCHKEY",
    "--sessions=0, '--sessions must be positive, was [0]'",
    "--delay=fast, is not a valid",
    "--delay=-1ms, --delay must not be negative",
    "--changes=101, '--changes must be from 0 to 100, was 101'",
    "--factor=1, '--factor must be above 1, was 1.0'",
    "--most=10, '--most must not be below --start, was 10'",
    "--step=0s, --step must be positive",
    "--touch-interval=-1s, --touch-interval must be from 0s to a day",
    "--touch-interval=25h, --touch-interval must be from 0s to a day",
    "--rate=7, Unknown option: '--rate=7'",
    "second.json, Unmatched argument at index 1",
  })
  void refusesWhatItCannotRunAndSaysWhy(String option, String message) {
    StringWriter said = new StringWriter();
    LoadOptions options = new LoadOptions();
    CommandLine command =
        LoadOptions.commandLine(options)
            .setErr(new PrintWriter(said))
            .setExecutionStrategy(
                parsed -> {
                  options.check();
                  return 0;
                });

    assertThat(command.execute("load.json", option)).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(said.toString()).contains(message);
  }

  @Test
  void refusesAFileInAFolderThatIsNotThere() {
    assertThat(LoadRun.execute(folder.resolve("missing/load.json").toString()))
        .isEqualTo(CommandLine.ExitCode.USAGE);
  }

  @Test
  void quickIsAFirstLookInWhichOtherOptionsWin() {
    LoadOptions options = new LoadOptions();

    LoadOptions.commandLine(options, "--quick").parseArgs("load.json", "--quick", "--passes=2");

    assertThat(options.sessions).containsExactly(10_000);
    assertThat(options.factor).isEqualTo(2);
    assertThat(options.passes).isEqualTo(2);
    assertThat(options.delays).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--quick", "--passes=2"})
  void touchesFallDueInEachStepAndDuringTheWarmUp(String option) {
    LoadOptions options = new LoadOptions();

    LoadOptions.commandLine(options, option).parseArgs("load.json", option);

    assertThat(options.touchInterval).isLessThan(options.warmup).isLessThanOrEqualTo(options.step);
  }

  @Test
  void aStoreThatWritesKeysWithoutAPrefixIsRefusedOnAGivenServer() {
    StringWriter said = new StringWriter();
    LoadOptions options = new LoadOptions();
    CommandLine command =
        LoadOptions.commandLine(options)
            .setErr(new PrintWriter(said))
            .setExecutionStrategy(
                parsed -> {
                  options.check();
                  return 0;
                });
    System.setProperty("latchkey.uri", "valkey://127.0.0.1:1");
    try {
      assertThat(command.execute("load.json")).isEqualTo(CommandLine.ExitCode.USAGE);
      assertThat(command.execute("load.json", "--stores=LATCHKEY")).isZero();
    } finally {
      System.clearProperty("latchkey.uri");
    }
    assertThat(said.toString()).contains("VERTX writes keys without a prefix");
  }

  private static void interrupt(Process process) throws Exception {
    Process kill = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }
}
