package io.latchkey.tck;

import io.latchkey.ConflictPolicy;
import io.latchkey.UnreadablePolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
 * @param allowed the packages and classes of which attributes may be
 * @param attributes the attributes that have a type of their own
 * @param unreadableAttributes what becomes of an attribute that cannot be read as what it was
 */
public record StoreOptions(
    Duration idleTimeout,
    @Nullable Duration absoluteTimeout,
    Duration touchInterval,
    ConflictPolicy conflicts,
    List<String> allowed,
    Map<String, Class<?>> attributes,
    UnreadablePolicy unreadableAttributes) {

  /** 30 minutes idle, no absolute timeout, a touch interval of 30 seconds, merging. */
  public static final StoreOptions DEFAULT =
      new StoreOptions(
          Duration.ofMinutes(30),
          null,
          Duration.ofSeconds(30),
          ConflictPolicy.MERGE,
          List.of(),
          Map.of(),
          UnreadablePolicy.ABSENT);

  StoreOptions withIdleTimeout(Duration timeout) {
    return new StoreOptions(
        timeout,
        absoluteTimeout,
        touchInterval,
        conflicts,
        allowed,
        attributes,
        unreadableAttributes);
  }

  StoreOptions withAbsoluteTimeout(Duration timeout) {
    return new StoreOptions(
        idleTimeout, timeout, touchInterval, conflicts, allowed, attributes, unreadableAttributes);
  }

  StoreOptions withTouchInterval(Duration interval) {
    return new StoreOptions(
        idleTimeout,
        absoluteTimeout,
        interval,
        conflicts,
        allowed,
        attributes,
        unreadableAttributes);
  }

  StoreOptions withConflicts(ConflictPolicy policy) {
    return new StoreOptions(
        idleTimeout,
        absoluteTimeout,
        touchInterval,
        policy,
        allowed,
        attributes,
        unreadableAttributes);
  }

  StoreOptions withAllowed(String... packagesOrClasses) {
    return new StoreOptions(
        idleTimeout,
        absoluteTimeout,
        touchInterval,
        conflicts,
        List.of(packagesOrClasses),
        attributes,
        unreadableAttributes);
  }

  StoreOptions withAttribute(String name, Class<?> type) {
    return new StoreOptions(
        idleTimeout,
        absoluteTimeout,
        touchInterval,
        conflicts,
        allowed,
        Map.of(name, type),
        unreadableAttributes);
  }

  StoreOptions withUnreadableAttributes(UnreadablePolicy policy) {
    return new StoreOptions(
        idleTimeout, absoluteTimeout, touchInterval, conflicts, allowed, attributes, policy);
  }
}
