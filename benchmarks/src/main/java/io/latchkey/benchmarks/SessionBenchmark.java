package io.latchkey.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.infra.BenchmarkParams;
import reactor.core.publisher.Mono;

/**
 * What a service does with sessions, by each {@link StoreType}, with a fixed number of operations
 * in flight: a closed loop, in which each operation that ends starts the next. The methods are
 * those of {@link BenchStore}, which says what each of them is. The score is operations per second;
 * with one in flight, its inverse is the mean time of one operation.
 *
 * <p>{@code LETTUCE} and {@code LETTUCE_CONSOLIDATED} are the floor: compare with them within one
 * run, not with figures of another. A combination that the store cannot do fails with {@link
 * UnsupportedOperationException} before anything is measured, and has no line in the result.
 *
 * <p>Reads choose their sessions by {@link Stored#keys}. Whatever changes a session takes them in
 * turn, so that no two changes of one session meet.
 *
 * <p>{@link Presets} runs sensible parts of it. A part of it by hand, quickly and roughly, from the
 * root, after {@code mvn package}:
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar SessionBenchmark.get$ -p inFlight=512 -f 1 -wi 2 -i 3
 * }</pre>
 *
 * <p>With {@code -prof gc} the bytes of {@code gc.alloc.rate.norm} are those of one operation (in
 * {@code delete}, with the creation of the session that it deletes).
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

  /** Each of them reads fifty sessions. */
  private static final int GET_ALL_OPERATIONS = 1_024;

  private static final int SESSIONS_OF_GET_ALL = 50;
  private static final int FILLERS = 64;
  private static final long SEED = 20_260_924;

  /** What may be created before the server is emptied, in bytes as Latchkey stores it. */
  private static final long MOST_CREATED = 256L << 20;

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

    /** From where the store is called. */
    @Param("EVENT_LOOP")
    public Caller caller = Caller.EVENT_LOOP;

    @SuppressWarnings("NullAway.Init") // JMH calls open() first.
    private BenchServer server;

    @SuppressWarnings("NullAway.Init")
    private BenchStore sessions;

    private @Nullable Workers callers;
    private long done;

    /** Finds or starts the server. */
    @Setup
    public void open(BenchmarkParams benchmark) {
      Operation operation = Operation.ofBenchmark(benchmark.getBenchmark());
      if (!store.supports(operation)) {
        throw new UnsupportedOperationException(
            store + " has no way to do " + operation.method() + ": no figure");
      }
      server = BenchServer.start();
      server.clear();
      sessions = store.open(server.uri(), size);
      callers = caller == Caller.THREADS ? new Workers() : null;
    }

    /** Leaves the server as it was. */
    @TearDown
    public void close() {
      if (callers != null) {
        callers.close();
      }
      sessions.close();
      server.clear();
      server.close();
    }

    private void run(int operations, Numbered operation) throws InterruptedException {
      ClosedLoop.measure(operation::start, done, operations, inFlight, callers);
      done += operations;
    }

    private List<String> create(int number) throws InterruptedException {
      List<String> ids = Collections.synchronizedList(new ArrayList<>(number));
      ClosedLoop.run(n -> sessions.create().doOnNext(ids::add), 0, number, FILLERS);
      return ids;
    }
  }

  /** The sessions that are there to be read and changed. */
  @State(Scope.Benchmark)
  public static class Stored {
    /** How many there are. */
    @Param("10000")
    public int sessions;

    /** Which of them are read how often: skewed as visitors are, or {@code UNIFORM}. */
    @Param("ZIPF")
    public KeyChoice keys = KeyChoice.ZIPF;

    /** Their ids, which a rotation changes. */
    private AtomicReferenceArray<String> ids = new AtomicReferenceArray<>(0);

    /** The order in which they are read; its length is a power of two. */
    private int[] reads = {};

    /** Stores the sessions and draws the order in which they are read. */
    @Setup
    public void fill(Target target) throws InterruptedException {
      if (sessions < Math.max(2 * target.inFlight, SESSIONS_OF_GET_ALL)) {
        throw new IllegalArgumentException(
            "With so few sessions two changes of one meet, or getAll reads one twice: " + sessions);
      }
      ids = new AtomicReferenceArray<>(target.create(sessions).toArray(String[]::new));
      reads = keys.draw(sessions, 4 * OPERATIONS, SEED);
    }

    private String read(long number) {
      return ids.get(reads[(int) (number & (reads.length - 1))]);
    }

    private List<String> someInTurn(long number) {
      List<String> some = new ArrayList<>(SESSIONS_OF_GET_ALL);
      for (int i = 0; i < SESSIONS_OF_GET_ALL; i++) {
        some.add(inTurn(number * SESSIONS_OF_GET_ALL + i));
      }
      return some;
    }

    private int turn(long number) {
      return (int) (number % sessions);
    }

    private String inTurn(long number) {
      return ids.get(turn(number));
    }
  }

  /** The sessions that a benchmark leaves behind. */
  @State(Scope.Benchmark)
  public static class Created {
    private long bytes;

    /** Deletes them now and then, so that the server does not grow without bound. */
    @TearDown(Level.Invocation)
    public void clear(Target target) {
      bytes += (long) OPERATIONS * target.size.bytes();
      if (bytes > MOST_CREATED) {
        target.server.clear();
        bytes = 0;
      }
    }
  }

  /** The sessions that a benchmark deletes. */
  @State(Scope.Benchmark)
  public static class Doomed {
    private List<String> ids = List.of();

    /** Creates them. */
    @Setup(Level.Invocation)
    public void create(Target target) throws InterruptedException {
      ids = target.create(OPERATIONS);
    }
  }

  /** Creates a session of ten attributes. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void create(Target target, Created created) throws InterruptedException {
    target.run(OPERATIONS, number -> target.sessions.create());
  }

  /** Reads a session that was accessed a moment ago, so that no touch is due. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void get(Target target, Stored stored) throws InterruptedException {
    target.run(OPERATIONS, number -> target.sessions.get(stored.read(number)));
  }

  /** Reads a session and writes down that it is in use. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void getAndTouch(Target target, Stored stored) throws InterruptedException {
    target.run(OPERATIONS, number -> target.sessions.getAndTouch(stored.read(number)));
  }

  /** Reads a session and changes one attribute of ten. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void getAndSave(Target target, Stored stored) throws InterruptedException {
    target.run(OPERATIONS, number -> target.sessions.getAndSave(stored.inTurn(number)));
  }

  /** Reads a session and saves it without a change. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void saveUnchanged(Target target, Stored stored) throws InterruptedException {
    target.run(OPERATIONS, number -> target.sessions.saveUnchanged(stored.inTurn(number)));
  }

  /** Reads a session and gives it a new id, by which it is found from then on. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void rotate(Target target, Stored stored) throws InterruptedException {
    target.run(
        OPERATIONS,
        number ->
            target
                .sessions
                .rotate(stored.inTurn(number))
                .doOnNext(id -> stored.ids.set(stored.turn(number), id)));
  }

  /** Deletes a session. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void delete(Target target, Doomed doomed) throws InterruptedException {
    target.run(
        OPERATIONS, number -> target.sessions.delete(doomed.ids.get((int) (number % OPERATIONS))));
  }

  /** Reads fifty sessions. */
  @Benchmark
  @OperationsPerInvocation(GET_ALL_OPERATIONS)
  public void getAll(Target target, Stored stored) throws InterruptedException {
    target.run(GET_ALL_OPERATIONS, number -> target.sessions.getAll(stored.someInTurn(number)));
  }

  /** A request that reads one attribute and changes nothing. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void readRequest(Target target, Stored stored) throws InterruptedException {
    target.run(OPERATIONS, number -> target.sessions.readRequest(stored.read(number)));
  }

  /** A request that reads one attribute and changes another. */
  @Benchmark
  @OperationsPerInvocation(OPERATIONS)
  public void changeRequest(Target target, Stored stored) throws InterruptedException {
    target.run(OPERATIONS, number -> target.sessions.changeRequest(stored.inTurn(number)));
  }

  private interface Numbered {
    Mono<?> start(long number);
  }
}
