package io.latchkey.tck;

import io.latchkey.ConflictPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the contract's tests ask of a store that they want to be given.
 *
 * @param idleTimeout the idle timeout of a session that sets none of its own, or {@code
 *     Session.NEVER_IDLE}
 * @param absoluteTimeout how long a session lasts at most, or null if the store sets no such limit
 * @param touchInterval how old the last access that is written down may become before a read writes
 *     a new one; zero if each read does
 * @param conflicts what a save does when somebody else saved meanwhile
 */
public record StoreOptions(
    Duration idleTimeout,
    @Nullable Duration absoluteTimeout,
    Duration touchInterval,
    ConflictPolicy conflicts) {

  /** 30 minutes idle, no absolute timeout, a touch interval of 30 seconds, merging. */
  public static final StoreOptions DEFAULT =
      new StoreOptions(Duration.ofMinutes(30), null, Duration.ofSeconds(30), ConflictPolicy.MERGE);

  StoreOptions withIdleTimeout(Duration timeout) {
    return new StoreOptions(timeout, absoluteTimeout, touchInterval, conflicts);
  }

  StoreOptions withAbsoluteTimeout(Duration timeout) {
    return new StoreOptions(idleTimeout, timeout, touchInterval, conflicts);
  }

  StoreOptions withTouchInterval(Duration interval) {
    return new StoreOptions(idleTimeout, absoluteTimeout, interval, conflicts);
  }

  StoreOptions withConflicts(ConflictPolicy policy) {
    return new StoreOptions(idleTimeout, absoluteTimeout, touchInterval, policy);
  }
}
