package io.latchkey.benchmarks.shop;

import io.latchkey.benchmarks.BenchServer;
import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.shop.PageLoad.Measured;
import io.latchkey.benchmarks.shop.ShopResult.Round;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The sample shop's cart page under load: with Latchkey, with Spring Session, and without sessions,
 * each in a process of its own, in turn, round after round, every other one in reverse order. This
 * process is the visitors.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar io.latchkey.benchmarks.shop.ShopRun shop.json
 * }</pre>
 *
 * <p>{@code --help} tells the options.
 */
@Command(
    name = "ShopRun",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description = "Measures the cart page of the sample shop, by where its sessions are.")
public final class ShopRun implements Callable<Integer> {
  private static final Duration SETTLE = Duration.ofSeconds(1);

  /** How often a shop is started that hangs. */
  private static final int STARTS = 3;

  @Parameters(paramLabel = "FILE", description = "The file to write, as JSON.")
  private Path file = Path.of("shop.json");

  @Option(names = "--rounds", defaultValue = "5", description = "How often each is measured.")
  private int rounds;

  @Option(names = "--time", defaultValue = "10s", description = "How long a round of one lasts.")
  private Duration time = Duration.ZERO;

  @Option(
      names = "--warmup",
      defaultValue = "20s",
      description = "How long each is under load before the first round.")
  private Duration warmup = Duration.ZERO;

  @Option(
      names = "--connections",
      defaultValue = "64",
      description = "How many pages are asked for at the same time.")
  private int connections;

  @Option(
      names = "--visitors",
      defaultValue = "256",
      description = "How many visitors there are, each with a session.")
  private int visitors;

  @Spec private @Nullable CommandSpec spec;

  private final Map<Variant, ShopProcess> shops = new EnumMap<>(Variant.class);
  private final Map<Variant, List<String>> cookies = new EnumMap<>(Variant.class);
  private final List<Round> measured = new ArrayList<>();
  private @Nullable String page;

  private ShopRun() {}

  /**
   * Runs it.
   *
   * @param args options, and the file to write
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new ShopRun())
        .registerConverter(Duration.class, DurationStyle.SIMPLE::parse);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    check();
    String started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    try (BenchServer server = BenchServer.start()) {
      try {
        all(server, started);
      } finally {
        tellEnded();
        shops.values().forEach(ShopProcess::close);
        server.clear();
      }
    }
    String failed =
        measured.stream()
            .filter(round -> round.failed() > 0)
            .map(round -> round.failed() + " of " + round.variant() + " in round " + round.round())
            .collect(Collectors.joining(", "));
    if (!failed.isEmpty()) {
      tell("Pages failed, " + failed + ": the report leaves these rounds out.");
      return CommandLine.ExitCode.SOFTWARE;
    }
    return CommandLine.ExitCode.OK;
  }

  /** Tells a shop that went away, as where memory is short, from one that answers with errors. */
  private void tellEnded() {
    shops.forEach(
        (variant, shop) ->
            shop.exitCode()
                .ifPresent(
                    code ->
                        tell("The shop " + variant + " ended by itself, with exit code " + code)));
  }

  private void tell(String trouble) {
    Objects.requireNonNull(spec, "spec").commandLine().getErr().println(trouble);
  }

  private void all(BenchServer server, String started) throws IOException, InterruptedException {
    Machine machine = Machine.here(server.version());
    for (Variant variant : Variant.values()) {
      System.out.printf("# %s: warming up%n", variant);
      open(variant, server.uri());
    }
    System.out.printf(
        "%-16s %5s %11s %8s %8s %7s%n",
        "sessions", "round", "pages/s", "p50 ms", "p99 ms", "failed");
    for (int round = 1; round <= rounds; round++) {
      List<Variant> variants = Arrays.asList(Variant.values());
      if (round % 2 == 0) {
        Collections.reverse(variants);
      }
      for (Variant variant : variants) {
        add(round(variant, round));
      }
      write(new ShopResult(ShopResult.KIND, started, machine, settings(), measured));
    }
  }

  /**
   * Starts a shop and puts it under load. With Spring Session some hung in their first seconds on a
   * busy machine, and gave no page any more: that is told, and such a shop is started anew. What
   * hangs with Latchkey is ours to find.
   */
  private void open(Variant variant, String uri) throws IOException, InterruptedException {
    for (int left = STARTS; left > 0; left--) {
      ShopProcess shop = ShopProcess.start(variant, uri);
      shops.put(variant, shop);
      Visitors visiting = new Visitors(shop.port());
      List<String> come = visiting.come(variant, visitors);
      cookies.put(variant, come);
      String first = visiting.page(come.get(0));
      if (page == null) {
        page = first;
      } else if (!first.equals(page)) {
        throw new IllegalStateException("The page of " + variant + " is not that of the others");
      }
      if (warmedUp(variant) || variant == Variant.LATCHKEY) {
        return;
      }
      tell("The shop " + variant + " hangs.");
      if (left > 1) {
        shops.remove(variant);
        shop.close();
      }
    }
  }

  /** Whether all pages came that were asked for. */
  private boolean warmedUp(Variant variant) throws InterruptedException {
    try (PageLoad load = load(variant)) {
      load.measure(warmup);
      return load.end() == 0;
    }
  }

  private Round round(Variant variant, int round) throws InterruptedException {
    try (PageLoad load = load(variant)) {
      load.measure(SETTLE);
      Measured pages = load.measure(time);
      return new Round(
          variant,
          round,
          pages.pages().getTotalCount() / pages.seconds(),
          pages.pages().getValueAtPercentile(50),
          pages.pages().getValueAtPercentile(99),
          pages.failed() + load.end());
    }
  }

  private PageLoad load(Variant variant) {
    ShopProcess shop = shops.get(variant);
    List<String> visiting = cookies.get(variant);
    if (shop == null || visiting == null || page == null) {
      throw new IllegalStateException(variant + " is not open");
    }
    return new PageLoad(
        shop.port(), visiting, connections, page.getBytes(StandardCharsets.UTF_8).length);
  }

  private void add(Round round) {
    measured.add(round);
    System.out.printf(
        Locale.ROOT,
        "%-16s %5d %11.0f %8.2f %8.2f %7d%n",
        round.variant(),
        round.round(),
        round.requestsPerSecond(),
        round.p50Micros() / 1e3,
        round.p99Micros() / 1e3,
        round.failed());
  }

  private void write(ShopResult result) {
    JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValue(file, result);
  }

  private Map<String, String> settings() {
    return Map.of(
        "rounds", Integer.toString(rounds),
        "time", time.toMillis() + "ms",
        "warmup", warmup.toMillis() + "ms",
        "connections", Integer.toString(connections),
        "visitors", Integer.toString(visitors));
  }

  private void check() {
    refuse(rounds < 1, "--rounds must be positive");
    refuse(time.isNegative() || time.isZero(), "--time must be positive");
    refuse(warmup.isNegative(), "--warmup must not be negative");
    refuse(connections < 1, "--connections must be positive");
    refuse(visitors < connections, "--visitors must not be fewer than --connections");
    Path folder = file.toAbsolutePath().getParent();
    refuse(folder == null || !Files.isDirectory(folder), "There is no folder for the file " + file);
  }

  private void refuse(boolean wrong, String rule) {
    if (wrong && spec != null) {
      throw new ParameterException(spec.commandLine(), rule);
    }
  }
}
