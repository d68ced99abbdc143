package io.latchkey.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.SessionSize;
import io.latchkey.benchmarks.StoreFigures.Figures;
import io.latchkey.benchmarks.StoreFigures.Wire;
import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.load.LoadResult.RateStep;
import io.latchkey.benchmarks.load.LoadResult.Run;
import io.latchkey.benchmarks.report.Targets.Bound;
import io.latchkey.benchmarks.report.Targets.Ratio;
import io.latchkey.benchmarks.report.Targets.Row;
import io.latchkey.benchmarks.shop.ShopResult;
import io.latchkey.benchmarks.shop.ShopResult.Round;
import io.latchkey.benchmarks.shop.Variant;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  private static final Machine MACHINE =
      new Machine("A & B", 2, 24, "Linux 6", "Some JVM", Map.of("Valkey", "8.0.1"));

  @TempDir private Path folder;

  @Test
  void drawsEachChartAndComparesEachTarget() throws Exception {
    report(jmh(1, 512), figures(), load(), shop());

    for (String chart :
        List.of(
            "latency-10000-0us",
            "p99-10000-0us",
            "throughput-get",
            "throughput-readRequest",
            "throughput-changeRequest",
            "throughput-create",
            "round-trips",
            "memory",
            "allocation",
            "shop-throughput",
            "shop-p99")) {
      BufferedImage image = ImageIO.read(folder.resolve("out/" + chart + ".png").toFile());
      assertThat(image.getWidth()).as(chart).isEqualTo(1800);
      assertThat(folder.resolve("out/" + chart + "-dark.png")).exists();
      assertThat(page()).contains("id=\"" + chart + "\"");
    }
    assertThat(table())
        .contains(
            "| get, 512 in flight, against tuned bare Lettuce | at least 0.9 | 0.95 |",
            "| the same, against Lettuce as it comes | at least 1.8 | 1.9 | 1.86 to 1.94 | met |",
            "| get, one in flight, p50, against the faster of both bare Lettuce variants"
                + " | at most 1.1 | 1.2 | – | missed |",
            "against Spring Session | at least 20 | 19 | 18.6 to 19.4 | missed |",
            "| p99 at the highest rate that Spring Session holds, against Spring Session's"
                + " (10,000 sessions, on loopback, 2,000 requests/s) | at most 0.05 | 0.04 |",
            "against Spring Session's | at most 0.45 | 0.322 | – | met |",
            "| the same with the layout HASH | at most 0.9 | – | – | not measured |",
            "against the same without sessions | at least 0.8 | 0.9 | 0.88 to 0.92 | met |",
            "| readRequest | 95,000 |");
  }

  @Test
  void thePageNeedsNothingBesideItselfAndStatesItsConditions() throws Exception {
    report(jmh(1, 512), figures(), load(), shop());

    assertThat(page())
        .doesNotContain("http:", "https:", "<script", "<link", "url(")
        .contains("A &amp; B, 2 cores", "Some JVM", "Valkey", "8.0.1", "step=2s", "Noise")
        .contains("JMH 1.37 on J 1, 2 forks, warm-up 3 × 2 s, measured 5 × 2 s")
        .contains("the p99 of one store at one rate differs by 0 % between passes")
        .contains("prefers-color-scheme: dark")
        .doesNotContain("Not measured");
  }

  @Test
  void whatWasNotMeasuredIsSaidAndNotMadeUp() throws Exception {
    report(figures());

    assertThat(page())
        .contains("round-trips")
        .contains(
            "Not measured: allocation (JMH), latency by percentile (LoadRun), shop page (ShopRun),"
                + " throughput by operations in flight (JMH).");
    assertThat(table().lines().filter(line -> line.contains("not measured"))).hasSize(11);
    assertThat(table()).doesNotContain("operations/s");
  }

  @Test
  void aSingleNumberInFlightIsDrawnAsBars() throws Exception {
    report(jmh(512));

    assertThat(folder.resolve("out/throughput-get.png")).isNotEmptyFile();
    assertThat(table()).contains("both bare Lettuce variants | at most 1.1 | – | – | not");
  }

  @Test
  void aFileThatIsNoResultIsNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("other.json"), "{\"a\": 1}");

    assertThat(Report.execute(file.toString())).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(Report.execute()).isEqualTo(CommandLine.ExitCode.USAGE);
  }

  @Test
  void bothSidesOfARatioAreFromOneFile() throws Exception {
    Path lone =
        Files.writeString(
            folder.resolve("lone.json"),
            "["
                + line("get", "LATCHKEY", 512, "EVENT_LOOP", 40_000, 30).replaceFirst(",$", "")
                + "]");

    report(jmh(1, 512), lone);

    assertThat(table())
        .contains("| get, 512 in flight, against tuned bare Lettuce | at least 0.9 | 0.95 |");
  }

  @Test
  void aLineWithFewerSessionsHidesNoOthers() throws Exception {
    Path few =
        Files.writeString(
            folder.resolve("few.json"),
            "["
                + line("get", "LATCHKEY", 512, "EVENT_LOOP", 40_000, 30)
                    .replaceFirst(",$", "")
                    .replace("10000", "200")
                + "]");

    report(few, jmh(512));

    assertThat(table())
        .contains("| get, 512 in flight, against tuned bare Lettuce | at least 0.9 | 0.95 |");
  }

  @Test
  void aRangeThatCrossesTheTargetIsSaid() {
    Ratio close = new Ratio(0.91, 0.89, 0.93);

    assertThat(new Row("get", Bound.AT_LEAST, 0.90, close).verdict())
        .isEqualTo("met, range crosses the target");
    assertThat(new Row("get", Bound.AT_LEAST, 0.85, close).verdict()).isEqualTo("met");
    assertThat(new Row("get", Bound.AT_MOST, 0.90, close).verdict()).isEqualTo("missed");
  }

  @Test
  void roundsOfTheShopWithFailedPagesAreLeftOut() throws Exception {
    report(
        write(
            "shop.json",
            new ShopResult(
                ShopResult.KIND,
                "2026-11-28T20:00:00Z",
                MACHINE,
                Map.of(),
                List.of(
                    new Round(Variant.LATCHKEY, 1, 900, 1_000, 2_000, 0),
                    new Round(Variant.LATCHKEY, 2, 1_500, 1_000, 2_000, 1),
                    new Round(Variant.NONE, 1, 1_000, 1_000, 2_000, 0)))));

    assertThat(table()).contains("against the same without sessions | at least 0.8 | 0.9 |");
    assertThat(page()).contains("rounds of the shop in which pages failed, 1 of 3");
  }

  private void report(Path... files) {
    String[] args =
        Stream.concat(
                Stream.of("--out=" + folder.resolve("out")),
                Arrays.stream(files).map(Path::toString))
            .toArray(String[]::new);
    assertThat(Report.execute(args)).isZero();
  }

  private String page() throws Exception {
    return Files.readString(folder.resolve("out/index.html"));
  }

  private String table() throws Exception {
    return Files.readString(folder.resolve("out/table.md"));
  }

  /**
   * Latchkey does 95, tuned Lettuce 100, Lettuce 50, Spring Session 5 thousand; forks 1 % apart.
   */
  private Path jmh(int... inFlight) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (String operation : List.of("get", "readRequest", "changeRequest", "create")) {
      for (int number : inFlight) {
        for (String caller : List.of("EVENT_LOOP", "THREADS")) {
          lines.append(line(operation, "LATCHKEY", number, caller, 95_000, 12));
          lines.append(line(operation, "LETTUCE_CONSOLIDATED", number, caller, 100_000, 10));
          lines.append(line(operation, "LETTUCE", number, caller, 50_000, 10));
          lines.append(line(operation, "SPRING_SESSION", number, caller, 5_000, 50));
        }
      }
    }
    lines.setLength(lines.length() - 1);
    return Files.writeString(folder.resolve("jmh.json"), "[" + lines + "]");
  }

  private static String line(
      String operation, String store, int inFlight, String caller, int score, int p50) {
    return """
        {"benchmark": "io.latchkey.benchmarks.SessionBenchmark.%s", "vmName": "J", "vmVersion": "1",
         "jmhVersion": "1.37", "forks": 2, "warmupIterations": 3, "warmupTime": "2 s",
         "measurementIterations": 5, "measurementTime": "2 s",
         "params": {"store": "%s", "inFlight": "%d", "size": "SMALL", "caller": "%s", "sessions": "10000"},
         "primaryMetric": {"score": %d, "rawData": [[%s], [%s]]},
         "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 2048.0},
           "latency": {"scorePercentiles": {"50.0": %d}}}},"""
        .formatted(operation, store, inFlight, caller, score, score * 0.99, score * 1.01, p50);
  }

  private Path figures() {
    Map<String, Wire> operations = Map.of("get", new Wire(List.of("GET"), 1, 100, 500));
    return write(
        "figures.json",
        Map.of(
            StoreType.LATCHKEY, new Figures(operations, Map.of(SessionSize.SMALL, 689L)),
            StoreType.SPRING_SESSION, new Figures(operations, Map.of(SessionSize.SMALL, 2_138L))));
  }

  /** Spring Session holds 2,000 in one pass and 4,000 in the other. */
  private Path load() {
    return write(
        "load.json",
        new LoadResult(
            LoadResult.KIND,
            "2026-11-28T20:00:00Z",
            true,
            MACHINE,
            Map.of("step", "2s"),
            List.of(
                new Run(
                    StoreType.LATCHKEY,
                    10_000,
                    0,
                    1,
                    true,
                    List.of(step(2_000, 400), step(4_000, 500))),
                new Run(
                    StoreType.SPRING_SESSION,
                    10_000,
                    0,
                    1,
                    true,
                    List.of(step(2_000, 10_000), step(4_000, 90_000))),
                new Run(StoreType.SPRING_SESSION, 10_000, 0, 2, true, List.of(step(2_000, 10_000))),
                new Run(StoreType.LATCHKEY, 10_000, 0, 2, true, List.of(step(2_000, 400))),
                // Ended early, which is no saturation.
                new Run(StoreType.SPRING_SESSION, 10_000, 0, 3, false, List.of()))));
  }

  private static RateStep step(long rate, long micros) {
    Histogram latencies = new Histogram(3);
    latencies.recordValueWithCount(micros, 1_000);
    ByteBuffer bytes = ByteBuffer.allocate(latencies.getNeededByteBufferCapacity());
    int length = latencies.encodeIntoCompressedByteBuffer(bytes);
    byte[] encoded = Arrays.copyOf(bytes.array(), length);
    return new RateStep(
        rate,
        rate,
        1_000,
        0,
        0,
        null,
        true,
        micros,
        micros,
        micros,
        micros,
        Base64.getEncoder().encodeToString(encoded));
  }

  private Path shop() {
    return write(
        "shop.json",
        new ShopResult(
            ShopResult.KIND,
            "2026-11-28T20:00:00Z",
            MACHINE,
            Map.of(),
            List.of(
                new Round(Variant.LATCHKEY, 1, 880, 1_000, 2_000, 0),
                new Round(Variant.NONE, 1, 1_000, 1_000, 2_000, 0),
                new Round(Variant.LATCHKEY, 2, 920, 1_000, 2_000, 0),
                new Round(Variant.NONE, 2, 1_000, 1_000, 2_000, 0))));
  }

  private Path write(String name, Object value) {
    Path file = folder.resolve(name);
    JsonMapper.shared().writeValue(file, value);
    return file;
  }
}
