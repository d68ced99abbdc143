package io.latchkey.internal;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.UnreadablePolicy;
import java.time.Clock;
import java.time.Duration;

/**
 * The options that every store has, checked, and the arithmetic of time that follows from them. All
 * times are epoch milliseconds, all durations milliseconds.
 *
 * @param idleMillis the default idle timeout; {@link #NEVER} for none
 * @param absoluteMillis the absolute timeout; {@link #NEVER} for none
 * @param touchMillis the touch interval; {@link #SIXTIETH} of the session's own idle timeout
 * @param graceMillis how long the former id of a renewed session finds it; 0 for not at all
 * @param conflicts what a save does about somebody else's
 * @param unreadable what a read does with what is not a session
 * @param clock tells the time
 */
public record SessionSettings(
    long idleMillis,
    long absoluteMillis,
    long touchMillis,
    long graceMillis,
    ConflictPolicy conflicts,
    UnreadablePolicy unreadable,
    Clock clock) {

  /** No timeout, or no end. */
  public static final long NEVER = 0;

  /** The touch interval where none was set: a sixtieth of the session's idle timeout. */
  public static final long SIXTIETH = -1;

  /** How long a session is kept after its last access where nothing else was set. */
  public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofMinutes(30);

  private static final Duration MAX = Duration.ofDays(36_500);
  private static final Duration MAX_GRACE = Duration.ofMinutes(5);
  private static final long TOUCH_WITHOUT_IDLE = DEFAULT_IDLE_TIMEOUT.toMillis() / 60;

  /** The settings of a store that nobody configured. */
  public static final SessionSettings DEFAULT =
      new SessionSettings(
          DEFAULT_IDLE_TIMEOUT.toMillis(),
          NEVER,
          SIXTIETH,
          0,
          ConflictPolicy.MERGE,
          UnreadablePolicy.FAIL,
          Clock.systemUTC());

  /**
   * A timeout in milliseconds.
   *
   * @param option its name, for the error
   * @param timeout the timeout
   * @return milliseconds, or {@link #NEVER}
   * @throws IllegalArgumentException if it is zero, negative or too long
   */
  public static long timeoutMillis(String option, Duration timeout) {
    if (timeout.equals(Session.NEVER_IDLE)) {
      return NEVER;
    }
    if (timeout.isZero() || timeout.isNegative() || timeout.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          option
              + " must be from 1 millisecond to 36500 days (or Session.NEVER_IDLE), was "
              + timeout);
    }
    return roundUp(timeout);
  }

  /**
   * A touch interval in milliseconds.
   *
   * @param interval the interval; zero for a touch at every access
   * @return milliseconds
   * @throws IllegalArgumentException if it is negative or too long
   */
  public static long touchMillis(Duration interval) {
    if (interval.isNegative() || interval.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          "touchInterval must be from 0 (a touch at every access) to the idle timeout, was "
              + interval);
    }
    return roundUp(interval);
  }

  /**
   * A grace of a rotation in milliseconds.
   *
   * @param option its name, for the error
   * @param grace the grace; zero for none
   * @return milliseconds
   * @throws IllegalArgumentException if it is negative or longer than 5 minutes
   */
  public static long graceMillis(String option, Duration grace) {
    if (grace.isNegative() || grace.compareTo(MAX_GRACE) > 0) {
      throw new IllegalArgumentException(
          option + " must be from 0 (none) to 5 minutes, was " + grace);
    }
    return roundUp(grace);
  }

  /**
   * Checks the options that depend on each other.
   *
   * @return these settings
   * @throws IllegalArgumentException if the touch interval is longer than the idle timeout
   */
  public SessionSettings checked() {
    if (idleMillis != NEVER && touchMillis > idleMillis) {
      throw new IllegalArgumentException(
          "touchInterval must be from 0 (a touch at every access) to the idle timeout of "
              + Duration.ofMillis(idleMillis)
              + ", was "
              + Duration.ofMillis(touchMillis));
    }
    return this;
  }

  /**
   * The time now.
   *
   * @return epoch milliseconds
   */
  public long now() {
    return clock.millis();
  }

  /**
   * The touch interval of a session with that idle timeout: never longer than the timeout itself,
   * as a session may have a shorter one than its store.
   *
   * @param idle the session's idle timeout
   * @return the interval
   */
  public long touchInterval(long idle) {
    if (touchMillis == SIXTIETH) {
      return idle == NEVER ? TOUCH_WITHOUT_IDLE : idle / 60;
    }
    return idle == NEVER ? touchMillis : Math.min(touchMillis, idle);
  }

  /**
   * Whether an access is to be written down. A last access in the future is another instance's
   * clock: then better once too often.
   *
   * @param lastAccess the last access that is stored
   * @param idle the session's idle timeout
   * @param now the time now
   * @return true if a touch is due
   */
  public boolean touchDue(long lastAccess, long idle, long now) {
    return now < lastAccess || now - lastAccess >= touchInterval(idle);
  }

  /**
   * How long what is written now has to live. An access within the touch interval is not written
   * down, so this is the idle timeout and one interval more: the session never ends before its idle
   * timeout.
   *
   * @param idle the session's idle timeout
   * @param absoluteEnd its absolute end
   * @param now the time now
   * @return the time to live; {@link #NEVER} for ever; negative if its absolute end has come
   */
  public long timeToLive(long idle, long absoluteEnd, long now) {
    if (absoluteEnd == NEVER) {
      return idle == NEVER ? NEVER : idle + touchInterval(idle);
    }
    long left = absoluteEnd - now;
    if (left <= 0) {
      return -1;
    }
    return idle == NEVER ? left : Math.min(left, idle + touchInterval(idle));
  }

  private static long roundUp(Duration duration) {
    return duration.plusNanos(999_999).toMillis();
  }
}
