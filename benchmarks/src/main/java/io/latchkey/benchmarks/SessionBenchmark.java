package io.latchkey.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Mono;

/**
 * Creating and reading sessions of 450 bytes, with a fixed number of operations in flight (a closed
 * loop: each operation that ends starts the next, on the thread on which it ended). The score is
 * operations per second; with one in flight, its inverse is the mean time of one operation.
 *
 * <p>{@code LETTUCE} and {@code LETTUCE_CONSOLIDATED} are the floor: compare with them within one
 * run, not with figures of another. Run it from the root, after {@code mvn package}:
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar SessionBenchmark -rf json -rff sessions.json
 * }</pre>
 *
 * <p>A part of it, quickly and roughly:
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar SessionBenchmark.get -p inFlight=512 -f 1 -wi 2 -i 3
 * }</pre>
 *
 * <p>On a server of your own, of which nothing but the keys {@code latchkey-bench:*} is touched:
 * {@code java -Dlatchkey.uri=valkey://localhost:6379 -jar ...}, or the environment variable {@code
 * LATCHKEY_URI}. Otherwise each fork starts its own.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class SessionBenchmark {
  /** Enough that starting and draining the loop do not count, few enough for one in flight. */
  private static final int OPERATIONS = 16_384;

  private static final int FILLERS = 64;
  private static final long SEED = 20_260_924;

  /** The store, and how it is used. */
  @State(Scope.Benchmark)
  public static class Target {
    /** Who keeps the sessions. */
    @Param public StoreType store = StoreType.LATCHKEY;

    /** How many operations are under way at any time. */
    @Param({"1", "64", "512"})
    public int inFlight;

    /** How large each session is. */
    @Param("SMALL")
    public SessionSize size = SessionSize.SMALL;

    @SuppressWarnings("NullAway.Init") // JMH calls open() first.
    private BenchServer server;

    @SuppressWarnings("NullAway.Init")
    private BenchStore sessions;

    private long done;

    /** Finds or starts the server. */
    @Setup
    public void open() {
      server = BenchServer.start();
      server.clear();
      sessions = store.open(server.uri(), size);
    }

    /** Leaves the server as it was. */
    @TearDown
    public void close() {
      sessions.close();
      server.clear();
      server.close();
    }
  }

  /** The sessions that are there to be read. */
  @State(Scope.Benchmark)
  public static class Stored {
    /** How many there are. */
    @Param("10000")
    public int sessions;

    /** Which of them are read how often: skewed as visitors are, or {@code UNIFORM}. */
    @Param("ZIPF")
    public KeyChoice keys = KeyChoice.ZIPF;

    /** The ids in the order in which they are read; its length is a power of two. */
    private String[] reads = {};

    /** Stores the sessions and draws the order in which they are read. */
    @Setup
    public void fill(Target target) throws InterruptedException {
      List<String> ids = Collections.synchronizedList(new ArrayList<>());
      ClosedLoop.run(n -> target.sessions.create().doOnNext(ids::add), 0, sessions, FILLERS);
      int[] drawn = keys.draw(sessions, 4 * OPERATIONS, SEED);
      reads = new String[drawn.length];
      for (int i = 0; i < drawn.length; i++) {
        reads[i] = ids.get(drawn[i]);
      }
    }

    private String read(long number) {
      return reads[(int) (number & (reads.length - 1))];
    }
  }

  /** The sessions that a benchmark leaves behind. */
  @State(Scope.Benchmark)
  public static class Created {
    /** Deletes them between two iterations, so that the server does not grow without bound. */
    @TearDown(Level.Iteration)
    public void clear(Target target) {
      target.server.clear();
    }
  }

  /** Reads a session that was accessed a moment ago, so that no touch is due. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void get(Target target, Stored stored) throws InterruptedException {
    run(target, number -> target.sessions.get(stored.read(number)));
  }

  /** Creates a session of ten attributes. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void create(Target target, Created created) throws InterruptedException {
    run(target, number -> target.sessions.create());
  }

  private static void run(Target target, Operation operation) throws InterruptedException {
    ClosedLoop.run(operation::start, target.done, OPERATIONS, target.inFlight);
    target.done += OPERATIONS;
  }

  private interface Operation {
    Mono<?> start(long number);
  }
}
