package io.latchkey.benchmarks.load;

import java.time.Duration;

/** A clock that stands still while nobody sleeps and nothing is worked on. */
final class FakeTime implements Time {
  private long now;
  private long then = Long.MAX_VALUE;
  private Runnable action = () -> {};

  @Override
  public long nanos() {
    return now;
  }

  @Override
  public void sleepUntil(long nanos) {
    now = Math.max(now, nanos);
    if (now >= then) {
      then = Long.MAX_VALUE;
      action.run();
    }
  }

  void pass(Duration duration) {
    now += duration.toNanos();
  }

  /** What happens while somebody sleeps. */
  void at(Duration time, Runnable happens) {
    then = time.toNanos();
    action = happens;
  }
}
