package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.internal.ExactSession;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A session of Spring Session over a {@link Session}. As a web session does, it collects what
 * changes itself and hands it over when it is saved; saves take turns.
 *
 * <p>What {@code changeSessionId()} promised, and the session that it promised it for, change
 * together, guarded by {@code this}. No lock is held while a command is under way.
 */
final class LatchkeySpringSession implements org.springframework.session.Session {
  private static final Duration ENDS_AT_ONCE = Duration.ofMillis(1);
  private static final Duration NEVER_EXPIRES = Duration.ofSeconds(-1);

  private final SessionStore sessions;
  private final Clock clock;
  private final WebSessionAttributes attributes;
  private final RequestThread thread;
  private final Turns turns = new Turns();

  private Session session;
  private boolean idChanged;

  private final AtomicReference<@Nullable IntervalChange> intervalChange = new AtomicReference<>();
  private volatile Instant lastAccessed;

  /** From when on the session is unused. Not before it was found: the store held it alive then. */
  private volatile Instant unusedSince;

  private volatile boolean stored;

  /** The store has said that the session has ended. */
  private volatile boolean gone;

  // Used in a turn only, or before there are any.

  /** Up to when the accesses are known to the store, or need not be. */
  private Instant toldUntil;

  private @Nullable IntervalChange handedInterval;

  LatchkeySpringSession(
      SessionStore sessions, Clock clock, Session session, boolean stored, RequestThread thread) {
    this.thread = thread;
    this.sessions = sessions;
    this.clock = clock;
    this.session = session;
    this.stored = stored;
    this.attributes = new WebSessionAttributes(session, true);
    this.lastAccessed = session.lastAccessedAt();
    this.unusedSince = now();
    this.toldUntil = unusedSince;
  }

  private synchronized Session session() {
    return session;
  }

  @Override
  public synchronized String getId() {
    return idChanged ? session.nextId() : session.id();
  }

  @Override
  public synchronized String changeSessionId() {
    idChanged = true;
    return session instanceof ExactSession exact ? exact.redrawNextId() : session.nextId();
  }

  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // so is Spring's contract
  public <T> @Nullable T getAttribute(String attributeName) {
    return (T) attributes.get(attributeName);
  }

  @Override
  public Set<String> getAttributeNames() {
    return new HashSet<>(attributes.keySet());
  }

  @Override
  public void setAttribute(String attributeName, @Nullable Object attributeValue) {
    attributes.put(attributeName, attributeValue);
  }

  @Override
  public void removeAttribute(String attributeName) {
    attributes.remove(attributeName);
  }

  @Override
  public Instant getCreationTime() {
    return session().createdAt();
  }

  @Override
  public void setLastAccessedTime(Instant lastAccessedTime) {
    lastAccessed = Objects.requireNonNull(lastAccessedTime, "lastAccessedTime");
    unusedSince = lastAccessedTime;
  }

  @Override
  public Instant getLastAccessedTime() {
    return lastAccessed;
  }

  /**
   * Throws {@link IllegalArgumentException} at once if the interval is longer than a session can be
   * told to wait.
   */
  @Override
  public void setMaxInactiveInterval(Duration interval) {
    Objects.requireNonNull(interval, "interval");
    Duration timeout =
        interval.isNegative() ? Session.NEVER_IDLE : interval.isZero() ? ENDS_AT_ONCE : interval;
    // Only the store knows what it accepts, and the session must not change before its save.
    sessions.newSession().idleTimeout(timeout);
    intervalChange.set(new IntervalChange(interval, timeout));
  }

  @Override
  public Duration getMaxInactiveInterval() {
    IntervalChange change = intervalChange.get();
    if (change != null) {
      return change.interval;
    }
    Duration timeout = session().idleTimeout();
    return timeout.equals(Session.NEVER_IDLE) ? NEVER_EXPIRES : timeout;
  }

  @Override
  public boolean isExpired() {
    Duration interval = getMaxInactiveInterval();
    Instant now = now();
    return gone
        || (!interval.isNegative() && !now.minus(interval).isBefore(unusedSince))
        || AbsoluteEnd.hasCome(session(), now);
  }

  Mono<Void> save() {
    return turns.take(Mono.defer(this::saveNow));
  }

  private Mono<Void> saveNow() {
    if (gone) {
      return Mono.error(invalidated(null));
    }
    Session current;
    boolean rotate;
    synchronized (this) {
      current = session;
      rotate = idChanged;
    }
    boolean changed = handOverChanges(current);
    if (rotate) {
      // Whatever grace the store has, this is called when a visitor signs in.
      return written(sessions.rotateId(current, Duration.ZERO), true);
    }
    if (changed || !stored) {
      return written(sessions.save(current), false);
    }
    return isAccessDue(current) ? touched(current) : Mono.empty();
  }

  private boolean handOverChanges(Session current) {
    IntervalChange interval = intervalChange.get();
    if (interval != null && interval != handedInterval) {
      current.idleTimeout(interval.timeout);
      handedInterval = interval;
    }
    return attributes.handOverChanges(current) || interval != null;
  }

  private boolean isAccessDue(Session current) {
    return unusedSince.isAfter(toldUntil) && AccessTime.isDue(current);
  }

  private Mono<Void> written(Mono<Session> write, boolean rotated) {
    return thread
        .resume(write)
        .doOnNext(
            now -> {
              synchronized (this) {
                session = now;
                idChanged &= !rotated;
              }
              stored = true;
              toldUntil = now();
              intervalChange.compareAndSet(handedInterval, null);
              handedInterval = null;
              attributes.changesStored(now);
            })
        .then()
        .onErrorMap(SessionGoneException.class, this::ended);
  }

  private Mono<Void> touched(Session current) {
    return thread
        .resume(sessions.touch(current))
        .flatMap(
            alive -> {
              if (!alive) {
                return Mono.error(ended(null));
              }
              toldUntil = now();
              return Mono.empty();
            });
  }

  private IllegalStateException ended(@Nullable SessionGoneException cause) {
    gone = true;
    return invalidated(cause);
  }

  private static IllegalStateException invalidated(@Nullable SessionGoneException cause) {
    return new IllegalStateException(
        "Session was invalidated; nothing was written", // begins as Spring Session's own message
        cause != null ? cause : new SessionGoneException("the session has ended"));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /** Tells no id and no value, as it ends up in logs. */
  @Override
  public String toString() {
    return "LatchkeySpringSession[stored="
        + stored
        + ", ended="
        + gone
        + ", attributes="
        + attributes.size()
        + "]";
  }

  /** One call of {@link #setMaxInactiveInterval}. Compared by identity. */
  private static final class IntervalChange {
    final Duration interval;
    final Duration timeout;

    IntervalChange(Duration interval, Duration timeout) {
      this.interval = interval;
      this.timeout = timeout;
    }
  }
}
