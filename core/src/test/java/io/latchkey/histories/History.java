package io.latchkey.histories;

import java.util.List;

/**
 * A schedule, made from a seed.
 *
 * @param seed what it was made from
 * @param settings the stores' options
 * @param steps what is done, in this order
 */
record History(long seed, Settings settings, List<Step> steps) {

  History withSteps(List<Step> others) {
    return new History(seed, settings, List.copyOf(others));
  }

  /** One step a line. */
  String print() {
    StringBuilder text = new StringBuilder("seed " + seed + ", " + settings + "\n");
    for (int i = 0; i < steps.size(); i++) {
      text.append(String.format("  %2d  %s%n", i + 1, steps.get(i)));
    }
    return text.toString();
  }
}
