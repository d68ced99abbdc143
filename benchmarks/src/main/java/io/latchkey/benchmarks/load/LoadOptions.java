package io.latchkey.benchmarks.load;

import io.latchkey.benchmarks.BenchServer;
import io.latchkey.benchmarks.SessionData;
import io.latchkey.benchmarks.SessionSize;
import io.latchkey.benchmarks.StoreType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.boot.convert.DurationStyle;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options of {@link LoadRun}. */
@Command(
    name = "LoadRun",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    description = "Raises the rate of arriving requests until each store saturates.")
final class LoadOptions {
  /** What {@code --quick} sets, unless another option says otherwise. */
  private static final Map<String, String> QUICK =
      Map.of(
          "--stores", "LATCHKEY,SPRING_SESSION,LETTUCE_CONSOLIDATED",
          "--sessions", "10000",
          "--factor", "2",
          "--step", "1s",
          "--warmup", "2s",
          "--passes", "1");

  @Parameters(paramLabel = "FILE", description = "The file to write, as JSON.")
  Path file = Path.of("load.json");

  @Option(
      names = "--stores",
      split = ",",
      defaultValue = "LATCHKEY,LATCHKEY_HASH,SPRING_SESSION,VERTX,REDISSON,LETTUCE_CONSOLIDATED",
      description = "Which stores, of ${COMPLETION-CANDIDATES}.")
  List<StoreType> stores = List.of();

  @Option(
      names = "--sessions",
      split = ",",
      defaultValue = "10000,1000000",
      description = "How many sessions are stored; for each number, everything is run.")
  List<Integer> sessions = List.of();

  @Option(
      names = "--delay",
      split = ",",
      defaultValue = "0ms,1ms",
      description =
          "By how much a round trip is made longer, by a proxy (0ms: none); for each, everything is"
              + " run.")
  List<Duration> delays = List.of();

  @Option(
      names = "--size",
      defaultValue = "SMALL",
      description = "How large a session is, one of ${COMPLETION-CANDIDATES}.")
  SessionSize size = SessionSize.SMALL;

  @Option(
      names = "--changes",
      defaultValue = "10",
      description = "How many of a hundred requests change the session; the others read it.")
  int changes;

  @Option(
      names = "--start",
      defaultValue = "4000",
      description = "The lowest rate, in requests per second.")
  long start;

  @Option(
      names = "--factor",
      defaultValue = "1.5",
      description = "By how much the next rate is higher.")
  double factor;

  @Option(names = "--most", defaultValue = "400000", description = "The highest rate.")
  long most;

  @Option(names = "--step", defaultValue = "2s", description = "How long each rate lasts.")
  Duration step = Duration.ZERO;

  @Option(
      names = "--warmup",
      defaultValue = "10s",
      description =
          "How long requests are made, 64 at a time, before that. While the JVM still compiles,"
              + " its threads take the processors from the store's.")
  Duration warmup = Duration.ZERO;

  @Option(
      names = "--passes",
      defaultValue = "2",
      description = "How often all is run, every other time in reverse order of the stores.")
  int passes;

  @Option(
      names = "--in-flight",
      defaultValue = "10000",
      description = "How many requests may be under way; those that come beyond are refused.")
  int inFlight;

  @Option(
      names = "--p99",
      defaultValue = "500ms",
      description = "A store with a p99 above it does not keep up.")
  Duration p99 = Duration.ZERO;

  @Option(
      names = "--touch-interval",
      defaultValue = "1s",
      description =
          "Latchkey's. Its own default is 30s, with its default idle timeout, which is longer than a"
              + " step; with 1s it touches far more often, which is the harder case. The warm-up"
              + " should be longer than it.")
  Duration touchInterval = Duration.ZERO;

  @Option(
      names = "--quick",
      description = "A first look, in about two minutes: fewer stores and rates, one pass.")
  boolean quick;

  @Spec CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the specification.
  LoadOptions() {}

  /** The command that fills the options from such arguments. */
  static CommandLine commandLine(LoadOptions options, String... args) {
    CommandLine command =
        new CommandLine(options)
            .registerConverter(Duration.class, DurationStyle.SIMPLE::parse)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(true);
    if (Arrays.asList(args).contains("--quick")) {
      command.setDefaultValueProvider(
          argument ->
              argument instanceof OptionSpec option ? QUICK.get(option.longestName()) : null);
    }
    return command;
  }

  /**
   * Refuses what cannot be run.
   *
   * @throws ParameterException naming the option
   */
  void check() {
    refuse(stores.isEmpty(), "--stores", "names none");
    refuse(sessions.stream().anyMatch(number -> number < 1), "--sessions", "must be positive");
    refuse(delays.stream().anyMatch(Duration::isNegative), "--delay", "must not be negative");
    refuse(changes < 0 || changes > 100, "--changes", "must be from 0 to 100");
    refuse(start < 1, "--start", "must be positive");
    refuse(!(factor > 1), "--factor", "must be above 1");
    refuse(most < start, "--most", "must not be below --start");
    refuse(!isPositive(step), "--step", "must be positive");
    refuse(warmup.isNegative(), "--warmup", "must not be negative");
    refuse(passes < 1, "--passes", "must be positive");
    refuse(inFlight < 1, "--in-flight", "must be positive");
    refuse(!isPositive(p99), "--p99", "must be positive");
    refuse(
        touchInterval.isNegative() || touchInterval.compareTo(SessionData.IDLE_TIMEOUT) > 0,
        "--touch-interval",
        "must be from 0s to a day, the idle timeout");
    if (stores.contains(StoreType.VERTX) && BenchServer.isGiven()) {
      throw new ParameterException(
          spec.commandLine(),
          "VERTX writes keys without a prefix, so it is not run on a server that is given by"
              + " -Dlatchkey.uri or LATCHKEY_URI; name other --stores");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new ParameterException(spec.commandLine(), "There is no folder for the file " + file);
    }
  }

  /** The options as they were given or are by default, by their names. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("stores", join(stores));
    settings.put("sessions", join(sessions));
    settings.put("delay", join(delays.stream().map(LoadOptions::text).toList()));
    settings.put("size", size.name());
    settings.put("changes", Integer.toString(changes));
    settings.put("start", Long.toString(start));
    settings.put("factor", Double.toString(factor));
    settings.put("most", Long.toString(most));
    settings.put("step", text(step));
    settings.put("warmup", text(warmup));
    settings.put("passes", Integer.toString(passes));
    settings.put("in-flight", Integer.toString(inFlight));
    settings.put("p99", text(p99));
    settings.put("touch-interval", text(touchInterval));
    return settings;
  }

  private void refuse(boolean wrong, String option, String rule) {
    if (wrong) {
      Object value = spec.findOption(option).getValue();
      throw new ParameterException(
          spec.commandLine(), option + " " + rule + ", was " + String.valueOf(value));
    }
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }

  private static String join(List<?> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1_000 == 0 && duration.toNanosPart() % 1_000_000 == 0
        ? duration.toSeconds() + "s"
        : duration.toNanos() / 1_000 + "us";
  }
}
