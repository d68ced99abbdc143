package io.latchkey.benchmarks;

import static io.latchkey.benchmarks.Operation.CHANGE_REQUEST;
import static io.latchkey.benchmarks.Operation.CREATE;
import static io.latchkey.benchmarks.Operation.GET;
import static io.latchkey.benchmarks.Operation.READ_REQUEST;
import static io.latchkey.benchmarks.StoreType.LATCHKEY;
import static io.latchkey.benchmarks.StoreType.LATCHKEY_HASH;
import static io.latchkey.benchmarks.StoreType.LETTUCE;
import static io.latchkey.benchmarks.StoreType.LETTUCE_CONSOLIDATED;
import static io.latchkey.benchmarks.StoreType.SPRING_SESSION;
import static io.latchkey.benchmarks.StoreType.SPRING_SESSION_JSON;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs sensible parts of {@link SessionBenchmark}, which as a whole would take days, and writes one
 * JSON file of JMH's format, anew after each operation, so that what was measured is not lost when
 * the run is ended. Stores that have no way to do an operation are named and left out. Allocation
 * is always measured, the latency of single operations with one in flight.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar io.latchkey.benchmarks.Presets targets targets.json
 * }</pre>
 *
 * <p>Options of JMH may follow the file, such as {@code -f 1 -wi 1 -i 2 -r 1}.
 */
public final class Presets {
  private Presets() {}

  /** Which part. */
  enum Preset {
    /** Four operations of every store under load: for a first look. */
    QUICK {
      @Override
      Stream<Part> parts() {
        return Stream.of(Part.of(512).operations(GET, CREATE, READ_REQUEST, CHANGE_REQUEST));
      }
    },

    /** What the published targets are about, and nothing else. */
    TARGETS {
      @Override
      Stream<Part> parts() {
        Part get =
            Part.of(512)
                .operations(GET)
                .stores(LATCHKEY, LATCHKEY_HASH, LETTUCE, LETTUCE_CONSOLIDATED);
        return Stream.of(
            get,
            get.caller(Caller.THREADS),
            get.sessions(1_000_000).stores(LATCHKEY, LETTUCE_CONSOLIDATED),
            Part.of(1).operations(GET).stores(LATCHKEY, LETTUCE, LETTUCE_CONSOLIDATED),
            Part.of(512)
                .operations(READ_REQUEST, CHANGE_REQUEST, CREATE)
                .stores(LATCHKEY, LATCHKEY_HASH, SPRING_SESSION, SPRING_SESSION_JSON));
      }
    },

    /** Every operation of every store, with sessions of 0.5 KB, called from the event loop. */
    OPERATIONS {
      @Override
      Stream<Part> parts() {
        return Stream.of(1, 64, 512).map(Part::of);
      }
    },

    /** Every operation of every store under load, with sessions of 4 and 32 KB. */
    SIZES {
      @Override
      Stream<Part> parts() {
        return Stream.of(SessionSize.MEDIUM, SessionSize.LARGE).map(Part.of(64)::size);
      }
    },

    /** Every operation of every store, with sessions of 0.5 KB, called from other threads. */
    CALLERS {
      @Override
      Stream<Part> parts() {
        return Stream.of(1, 64, 512).map(n -> Part.of(n).caller(Caller.THREADS));
      }
    };

    abstract Stream<Part> parts();
  }

  /** Combinations of parameters. */
  record Part(
      int inFlight,
      List<Operation> operations,
      List<StoreType> stores,
      SessionSize size,
      Caller caller,
      int sessions) {
    static Part of(int inFlight) {
      return new Part(
          inFlight,
          List.of(Operation.values()),
          List.of(StoreType.values()),
          SessionSize.SMALL,
          Caller.EVENT_LOOP,
          10_000);
    }

    Part operations(Operation... chosen) {
      return new Part(inFlight, List.of(chosen), stores, size, caller, sessions);
    }

    Part stores(StoreType... chosen) {
      return new Part(inFlight, operations, List.of(chosen), size, caller, sessions);
    }

    Part size(SessionSize chosen) {
      return new Part(inFlight, operations, stores, chosen, caller, sessions);
    }

    Part caller(Caller chosen) {
      return new Part(inFlight, operations, stores, size, chosen, sessions);
    }

    Part sessions(int chosen) {
      return new Part(inFlight, operations, stores, size, caller, chosen);
    }

    List<StoreType> storesThatCan(Operation operation) {
      return stores.stream().filter(store -> store.supports(operation)).toList();
    }
  }

  /**
   * Runs a part.
   *
   * @param args its name, the file to write to, and options of JMH
   */
  public static void main(String[] args) throws RunnerException, CommandLineOptionException {
    if (args.length < 2) {
      throw new IllegalArgumentException(
          "Two arguments: one of " + Arrays.toString(Preset.values()) + ", and the file to write");
    }
    Preset preset = Preset.valueOf(args[0].toUpperCase(Locale.ROOT));
    Options given = new CommandLineOptions(Arrays.copyOfRange(args, 2, args.length));
    Collection<RunResult> results = new ArrayList<>();
    for (Part part : preset.parts().toList()) {
      for (Operation operation : part.operations()) {
        results.addAll(new Runner(options(given, part, operation)).run());
        write(results, args[1]);
      }
    }
  }

  private static Options options(Options given, Part part, Operation operation) {
    List<StoreType> stores = part.storesThatCan(operation);
    part.stores().stream()
        .filter(store -> !stores.contains(store))
        .forEach(
            store -> System.out.printf("# No figure: %s cannot %s%n", store, operation.method()));
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .parent(given)
            .include(
                "^"
                    + Pattern.quote(SessionBenchmark.class.getName() + '.' + operation.method())
                    + '$')
            .param("store", stores.stream().map(Enum::name).toArray(String[]::new))
            .param("inFlight", Integer.toString(part.inFlight()))
            .param("size", part.size().name())
            .param("caller", part.caller().name())
            .param("sessions", Integer.toString(part.sessions()))
            .addProfiler(GCProfiler.class);
    if (part.inFlight() == 1) {
      options.addProfiler(LatencyProfiler.class);
    }
    return options.build();
  }

  private static void write(Collection<RunResult> results, String file) {
    List<RunResult> sorted =
        results.stream()
            .sorted(Comparator.comparing(result -> result.getParams().getBenchmark()))
            .toList();
    ResultFormatFactory.getInstance(ResultFormatType.JSON, file).writeOut(sorted);
  }
}
