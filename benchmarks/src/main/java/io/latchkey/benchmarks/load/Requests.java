package io.latchkey.benchmarks.load;

import io.latchkey.benchmarks.BenchStore;
import io.latchkey.benchmarks.ClosedLoop;
import io.latchkey.benchmarks.KeyChoice;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntConsumer;
import reactor.core.publisher.Mono;

/**
 * What visitors do: most requests read their session, as {@link KeyChoice#ZIPF} chooses them, and
 * some change it. Those take the sessions in turn, so that hardly ever two changes of one meet.
 */
final class Requests {
  private static final int DRAWS = 1 << 18;
  private static final long SEED = 20_260_924;
  private static final int FILLERS = 512;

  /** In parts, as a closed loop has only some minutes for all that it is given. */
  private static final int FILLED_AT_ONCE = 50_000;

  private static final int WARMERS = 64;
  private static final int WARMED_UP_AT_ONCE = 2_000;

  /** Coprime to 100, so that the changes of a hundred requests are spread among them. */
  private static final int SPREAD = 37;

  private final String[] ids;
  private final int[] reads;
  private final int changesOfHundred;
  private final AtomicInteger changed = new AtomicInteger();

  private Requests(String[] ids, int changesOfHundred) {
    this.ids = ids;
    this.changesOfHundred = changesOfHundred;
    this.reads = KeyChoice.ZIPF.draw(ids.length, DRAWS, SEED);
  }

  /**
   * Stores so many sessions, for requests to them.
   *
   * @param progress told now and then how many are stored
   */
  static Requests fill(BenchStore store, int sessions, int changesOfHundred, IntConsumer progress)
      throws InterruptedException {
    AtomicReferenceArray<String> ids = new AtomicReferenceArray<>(sessions);
    for (int first = 0; first < sessions; first += FILLED_AT_ONCE) {
      int number = Math.min(FILLED_AT_ONCE, sessions - first);
      ClosedLoop.run(
          n -> store.create().doOnNext(id -> ids.set((int) n, id)), first, number, FILLERS);
      progress.accept(first + number);
    }
    String[] stored = new String[sessions];
    for (int i = 0; i < sessions; i++) {
      stored[i] = ids.get(i);
    }
    return new Requests(stored, changesOfHundred);
  }

  /**
   * Makes requests, some at a time, one after the other, so that the JVM has compiled what the
   * store runs before anything is measured, however slow it is. Those that fail are for the steps
   * to count, which make them anew.
   */
  void warmUp(BenchStore store, Duration length) throws InterruptedException {
    long begin = System.nanoTime();
    for (long first = 0; System.nanoTime() - begin < length.toNanos(); first += WARMED_UP_AT_ONCE) {
      ClosedLoop.run(
          number -> start(store, number).thenReturn(true).onErrorReturn(true),
          first,
          WARMED_UP_AT_ONCE,
          WARMERS);
    }
  }

  /** The request of a number. */
  Mono<?> start(BenchStore store, long number) {
    if (number * SPREAD % 100 < changesOfHundred) {
      return store.changeRequest(ids[Math.floorMod(changed.getAndIncrement(), ids.length)]);
    }
    return store.readRequest(ids[reads[(int) (number & (DRAWS - 1))]]);
  }
}
