package io.latchkey.faults;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Touches and saves one session in turn, all the time, to tell for how long either was impossible.
 * Where a session cannot be used any more, it takes a new one.
 */
final class Probe {
  private final Operations operations;
  private final Gap touches = new Gap();
  private final Gap saves = new Gap();
  private @Nullable Ledger ledger;
  private boolean touched;

  Probe(Operations operations) {
    this.operations = operations;
  }

  /** The next call, which ends in any case. */
  Mono<?> step() {
    Ledger current = ledger;
    touched = !touched;
    if (touched && current != null && !current.isGone()) {
      return operations.touch(current).doOnNext(touches::ended);
    }
    if (current == null || !current.isUsable()) {
      return operations.create(created -> ledger = created);
    }
    return operations.save(current).doOnNext(saves::ended);
  }

  boolean hasSucceededSince(long nanoTime) {
    return touches.hasSucceededSince(nanoTime) && saves.hasSucceededSince(nanoTime);
  }

  Duration longestWithoutTouch() {
    return Duration.ofNanos(touches.longest);
  }

  Duration longestWithoutSave() {
    return Duration.ofNanos(saves.longest);
  }

  /** The longest time between two successes. */
  private static final class Gap {
    private volatile boolean begun;
    private volatile long lastSuccess;
    private volatile long longest;

    void ended(boolean success) {
      if (!success) {
        return;
      }
      long now = System.nanoTime();
      if (begun) {
        longest = Math.max(longest, now - lastSuccess);
      }
      lastSuccess = now;
      begun = true;
    }

    boolean hasSucceededSince(long nanoTime) {
      return begun && lastSuccess - nanoTime > 0;
    }
  }
}
