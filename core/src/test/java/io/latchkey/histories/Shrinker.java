package io.latchkey.histories;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes a failing schedule shorter: leaves out parts, first large ones, then single steps, as long
 * as what is left still fails.
 *
 * <p>Whether a schedule fails depends on timing, too, so each candidate is tried several times, and
 * all ends when the time is up. Of our own, as the shrinkers of property libraries take one run for
 * the truth.
 */
final class Shrinker<T> {
  private final Predicate<List<T>> fails;
  private final int tries;
  private final long deadlineNanos;

  /**
   * A shrinker.
   *
   * @param fails runs a candidate once
   * @param tries how often a candidate is run before it counts as one that does not fail
   * @param limit after which no other candidate is tried
   */
  Shrinker(Predicate<List<T>> fails, int tries, Duration limit) {
    this.fails = fails;
    this.tries = tries;
    this.deadlineNanos = System.nanoTime() + limit.toNanos();
  }

  /** The shortest that was found to fail; the given steps, if no other did. */
  List<T> shrink(List<T> failing) {
    List<T> steps = failing;
    int size = Math.max(1, steps.size() / 2);
    while (!isTimeUp()) {
      List<T> shorter = withoutParts(steps, size);
      boolean progress = shorter.size() < steps.size();
      steps = shorter;
      if (size > 1) {
        size = Math.max(1, Math.min(size / 2, steps.size() / 2));
      } else if (!progress) {
        return steps;
      }
    }
    return steps;
  }

  private List<T> withoutParts(List<T> steps, int size) {
    List<T> current = steps;
    // From the end, as what comes last is most often of no importance.
    for (int end = current.size(); end > 0 && !isTimeUp(); end -= size) {
      int to = Math.min(end, current.size());
      List<T> candidate = new ArrayList<>(current.subList(0, Math.max(0, to - size)));
      candidate.addAll(current.subList(to, current.size()));
      if (!candidate.isEmpty() && fails(candidate)) {
        current = candidate;
      }
    }
    return current;
  }

  private boolean fails(List<T> candidate) {
    for (int i = 0; i < tries && !isTimeUp(); i++) {
      if (fails.test(candidate)) {
        return true;
      }
    }
    return false;
  }

  private boolean isTimeUp() {
    return System.nanoTime() - deadlineNanos > 0;
  }
}
