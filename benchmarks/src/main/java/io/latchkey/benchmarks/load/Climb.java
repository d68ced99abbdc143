package io.latchkey.benchmarks.load;

import java.time.Duration;
import java.util.PrimitiveIterator;
import java.util.function.BooleanSupplier;

/**
 * Goes up the rates until the store saturates. A step that does not hold is tried once more, so
 * that a hiccup of the machine does not end the climb; both are told. Where something was never
 * answered, the climb ends at once.
 *
 * @param ladder the rates
 * @param length how long each step takes
 * @param mostP99Micros a step with a p99 above it does not hold
 */
record Climb(Ladder ladder, Duration length, long mostP99Micros) {
  private static final int TRIES = 2;

  /** Learns of each step when it has ended. */
  interface Listener {
    void ended(Step step, boolean held);
  }

  /**
   * Climbs.
   *
   * @param stopped asked between steps whether to end early
   */
  void run(OpenLoop loop, Listener listener, BooleanSupplier stopped) {
    PrimitiveIterator.OfLong rates = ladder.rates().iterator();
    boolean held = true;
    boolean answering = true;
    while (held && rates.hasNext()) {
      long rate = rates.nextLong();
      held = false;
      for (int attempt = 0;
          attempt < TRIES && !held && answering && !stopped.getAsBoolean();
          attempt++) {
        Step step = loop.run(rate, length);
        held = step.held(mostP99Micros);
        answering = step.unanswered() == 0;
        listener.ended(step, held);
      }
    }
  }
}
