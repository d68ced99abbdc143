package io.latchkey.benchmarks.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.benchmarks.BenchServer;
import io.latchkey.benchmarks.shop.ShopResult.Round;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

@Timeout(120)
class ShopRunTest {
  private final StringWriter errors = new StringWriter();

  @TempDir private Path folder;

  @Test
  void eachShopServesTheSamePageFromWhereItKeepsItsCarts() throws Exception {
    Map<Variant, String> pages = new EnumMap<>(Variant.class);
    try (BenchServer server = BenchServer.start()) {
      for (Variant variant : Variant.values()) {
        server.clear();
        try (ConfigurableApplicationContext shop = ShopServer.start(variant, server.uri())) {
          Visitors visitors = new Visitors(ShopServer.port(shop));
          List<String> two = visitors.come(variant, 2);
          pages.put(variant, visitors.page(two.get(1)));
          if (variant != Variant.NONE) {
            assertThat(visitors.page("")).as("without a cookie").contains("Nothing in it yet");
          }
          assertThat(keys(server))
              .as(variant.name())
              .isEqualTo(
                  switch (variant) {
                    case LATCHKEY, SPRING_SESSION -> "latchkey-bench 2";
                    case NONE -> " 0";
                  });
        }
      }
    }

    assertThat(pages.get(Variant.LATCHKEY)).contains("Brass key", "Teapot", "€ 114.50");
    assertThat(pages.get(Variant.SPRING_SESSION)).isEqualTo(pages.get(Variant.LATCHKEY));
    assertThat(pages.get(Variant.NONE)).isEqualTo(pages.get(Variant.LATCHKEY));
  }

  @Tag("thorough")
  @Test
  void measuresEachShopInEachRoundFromAProcessOfItsOwn() throws Exception {
    Path file = folder.resolve("shop.json");

    int status =
        run(
            file.toString(),
            "--rounds=2",
            "--time=200ms",
            "--warmup=200ms",
            "--connections=4",
            "--visitors=8");

    assertThat(status).as(errors::toString).isZero();
    ShopResult result = JsonMapper.shared().readValue(file, ShopResult.class);
    assertThat(result.rounds())
        .extracting(Round::variant)
        .containsExactly(
            Variant.LATCHKEY,
            Variant.SPRING_SESSION,
            Variant.NONE,
            Variant.NONE,
            Variant.SPRING_SESSION,
            Variant.LATCHKEY);
    assertThat(result.rounds())
        .allSatisfy(
            round -> {
              assertThat(round.failed()).isZero();
              assertThat(round.requestsPerSecond()).isPositive();
              assertThat(round.p99Micros()).isGreaterThanOrEqualTo(round.p50Micros()).isPositive();
            });
  }

  @Test
  void refusesFewerVisitorsThanConnections() {
    assertThat(run(folder.resolve("shop.json").toString(), "--visitors=3"))
        .isEqualTo(CommandLine.ExitCode.USAGE);
  }

  @Test
  void refusesAFileInAFolderThatIsNotThere() {
    assertThat(run(folder.resolve("missing/shop.json").toString()))
        .isEqualTo(CommandLine.ExitCode.USAGE);
  }

  private int run(String... args) {
    return ShopRun.commandLine().setErr(new PrintWriter(errors, true)).execute(args);
  }

  /** What the keys begin with, and how many there are. */
  private static String keys(BenchServer server) {
    List<String> keys = server.ask(commands -> commands.keys("*"));
    return keys.stream()
            .map(key -> key.substring(0, key.indexOf(':')))
            .distinct()
            .collect(Collectors.joining(","))
        + " "
        + keys.size();
  }
}
