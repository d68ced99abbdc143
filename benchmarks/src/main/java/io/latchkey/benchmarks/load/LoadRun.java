package io.latchkey.benchmarks.load;

import io.latchkey.benchmarks.BenchServer;
import io.latchkey.benchmarks.BenchStore;
import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult.RateStep;
import io.latchkey.benchmarks.load.LoadResult.Run;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;

/**
 * The load run: requests arrive at a fixed rate, and the rate goes up until the store saturates;
 * for each store in turn and again in reverse order, on the same ladder of rates, so that stores
 * can be compared at equal rates. Nine of ten requests read a session, one changes it. Ctrl-C ends
 * it, and what was measured is written.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar io.latchkey.benchmarks.load.LoadRun load.json
 * }</pre>
 *
 * <p>{@code --help} tells the options.
 */
public final class LoadRun {
  /** How long the last answers of a step may take. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** After so many stored sessions there is a line of output. */
  private static final int PROGRESS = 100_000;

  private final LoadOptions options;
  private final BenchServer server;
  private final ResultFile results;
  private volatile boolean stopped;

  private LoadRun(LoadOptions options, BenchServer server) {
    this.options = options;
    this.server = server;
    this.results = new ResultFile(options.file, Machine.here(server.version()), options.settings());
  }

  /**
   * Runs it.
   *
   * @param args options, and the file to write
   */
  public static void main(String[] args) {
    System.exit(execute(args));
  }

  static int execute(String... args) {
    LoadOptions options = new LoadOptions();
    CommandLine command =
        LoadOptions.commandLine(options, args)
            .setExecutionStrategy(
                parsed -> {
                  Integer helped = CommandLine.executeHelpRequest(parsed);
                  if (helped != null) {
                    return helped;
                  }
                  options.check();
                  measure(options);
                  return CommandLine.ExitCode.OK;
                });
    return command.execute(args);
  }

  private static void measure(LoadOptions options) {
    try (BenchServer server = BenchServer.start()) {
      LoadRun run = new LoadRun(options, server);
      Thread ctrlC = new Thread(run::stop, "write-load-result");
      Runtime.getRuntime().addShutdownHook(ctrlC);
      run.all();
      Runtime.getRuntime().removeShutdownHook(ctrlC);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stop() {
    stopped = true;
    results.write(false);
  }

  private void all() throws InterruptedException {
    System.out.printf(
        "%-20s %9s %6s %4s %9s %9s %9s %9s %9s%n",
        "store",
        "sessions",
        "delay",
        "pass",
        "offered/s",
        "done/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms");
    for (int sessions : options.sessions) {
      for (int pass = 1; pass <= options.passes; pass++) {
        List<StoreType> stores = new ArrayList<>(options.stores);
        if (pass % 2 == 0) {
          Collections.reverse(stores);
        }
        for (StoreType store : stores) {
          one(store, sessions, pass);
        }
      }
    }
    results.write(true);
  }

  private void one(StoreType type, int sessions, int pass) throws InterruptedException {
    server.clear();
    Requests requests;
    try (BenchStore filling = type.open(server.uri(), options.size, options.touchInterval)) {
      System.out.printf(Locale.ROOT, "# %s: storing %,d sessions%n", type, sessions);
      requests =
          Requests.fill(
              filling, sessions, options.changes, stored -> stored(type, stored, sessions));
    }
    for (Duration delay : options.delays) {
      results.begin(new Run(type, sessions, delay.toNanos() / 1_000, pass, false, List.of()));
      if (delay.isZero()) {
        climb(type, server.uri(), requests, line(type, sessions, delay, pass));
      } else {
        try (DelayingProxy proxy = DelayingProxy.start(server.address(), delay.dividedBy(2))) {
          String far = proxy.uri(URI.create(server.uri()));
          climb(type, far, requests, line(type, sessions, delay, pass));
        }
      }
      if (!stopped) {
        results.finish();
      }
      results.write(false);
    }
    server.clear();
  }

  private void climb(StoreType type, String uri, Requests requests, String line)
      throws InterruptedException {
    try (BenchStore store = type.open(uri, options.size, options.touchInterval)) {
      OpenLoop loop =
          new OpenLoop(
              number -> requests.start(store, number), options.inFlight, PATIENCE, Time.SYSTEM);
      System.out.printf("# %s: warming up%n", type);
      requests.warmUp(store, options.warmup);
      new Climb(
              new Ladder(options.start, options.factor, options.most),
              options.step,
              options.p99.toNanos() / 1_000)
          .run(loop, (step, held) -> ended(line, RateStep.of(step, held)), () -> stopped);
    }
  }

  private static void stored(StoreType type, int stored, int sessions) {
    if (stored % PROGRESS == 0) {
      System.out.printf(Locale.ROOT, "# %s: %,d of %,d stored%n", type, stored, sessions);
    }
  }

  private void ended(String line, RateStep step) {
    results.add(step);
    System.out.printf(
        Locale.ROOT,
        "%s %9d %9.0f %9.2f %9.2f %9.2f %s%n",
        line,
        step.rate(),
        step.achieved(),
        step.p50Micros() / 1e3,
        step.p99Micros() / 1e3,
        step.p999Micros() / 1e3,
        step.held() ? "" : why(step));
  }

  private static String why(RateStep step) {
    return "does not hold"
        + (step.failed() > 0 ? ", " + step.failed() + " failed: " + step.failure() : "")
        + (step.refused() > 0 ? ", " + step.refused() + " refused" : "");
  }

  private static String line(StoreType type, int sessions, Duration delay, int pass) {
    return String.format(
        Locale.ROOT, "%-20s %9d %4.1fms %4d", type, sessions, delay.toNanos() / 1e6, pass);
  }
}
