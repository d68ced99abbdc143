package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/**
 * A web session over a {@link Session}. What changes it collects itself, and hands over only when
 * it is saved, because the session that it is over is another one after a change of the id.
 *
 * <p>What goes to the store takes turns, so that a save never meets the id that a rotation has just
 * ended, and a deletion is never overtaken by the first save.
 */
final class LatchkeyWebSession implements WebSession {
  private static final Duration ENDS_AT_ONCE = Duration.ofMillis(1);
  private static final Duration NEVER_EXPIRES = Duration.ofSeconds(-1);

  private final SessionStore sessions;
  private final Clock clock;
  private final WebSessionAttributes attributes;
  private final RequestThread thread;
  private final Turns turns = new Turns();
  private final AtomicReference<@Nullable IdleChange> idleChange = new AtomicReference<>();

  private volatile Session session;
  private volatile Instant lastAccess;

  private volatile boolean startRequested;
  private volatile boolean invalidated;

  /** The store has said that the session has ended. */
  private volatile boolean gone;

  private volatile boolean stored;

  private volatile boolean failed;

  /** What is still to be stored is not. */
  private volatile boolean givenUp;

  /** A save was sent; that it failed need not mean that nothing was written. */
  private volatile boolean maybeStored;

  /** What {@link #session} knows of already. Used in a turn only. */
  private @Nullable IdleChange handedIdleChange;

  LatchkeyWebSession(
      SessionStore sessions,
      Clock clock,
      Session session,
      boolean stored,
      boolean inPlaceChanges,
      RequestThread thread) {
    this.thread = thread;
    this.sessions = sessions;
    this.clock = clock;
    this.session = session;
    this.stored = stored;
    this.maybeStored = stored;
    this.attributes = new WebSessionAttributes(session, inPlaceChanges);
    this.lastAccess = now();
  }

  @Override
  public String getId() {
    return session.id();
  }

  @Override
  public Map<String, Object> getAttributes() {
    return attributes;
  }

  @Override
  public void start() {
    startRequested = true;
  }

  @Override
  public boolean isStarted() {
    return !invalidated && (stored || startRequested || !attributes.isEmpty());
  }

  @Override
  public Mono<Void> save() {
    return inTurn(Mono.defer(this::saveNow));
  }

  /** Whether the store has failed to keep what it was given. */
  boolean hasFailed() {
    return failed;
  }

  /** Whether it lies in the store under the id that it has, and is to stay there. */
  boolean isKept() {
    return stored && !invalidated;
  }

  /** Leaves the store alone from now on: the save before an error page would only fail again. */
  void giveUp() {
    givenUp = true;
  }

  private Mono<Void> inTurn(Mono<Void> work) {
    return turns.take(work).doOnError(e -> failed = true);
  }

  private Mono<Void> saveNow() {
    if (givenUp) {
      return Mono.empty();
    }
    if (invalidated) {
      return Mono.error(hasEnded(null));
    }
    if (!isStarted()) {
      return Mono.empty();
    }
    boolean changed = handOverChanges();
    if (stored && !changed) {
      return Mono.empty();
    }
    if (gone) {
      return Mono.error(hasEnded(null));
    }
    maybeStored = true;
    return written(sessions.save(session));
  }

  @Override
  public Mono<Void> changeSessionId() {
    return inTurn(Mono.defer(this::changeSessionIdNow));
  }

  private Mono<Void> changeSessionIdNow() {
    if (invalidated || gone) {
      return Mono.error(hasEnded(null));
    }
    if (!maybeStored) {
      // The former id was never sent to anybody, so another one will do.
      session = sessions.newSession();
      attributes.standOn(session);
      return saveNow();
    }
    handOverChanges();
    // Spring calls this when a visitor signs in: whatever grace the store has is not for that.
    return written(sessions.rotateId(session, Duration.ZERO));
  }

  private boolean handOverChanges() {
    IdleChange idle = idleChange.get();
    if (idle != null && idle != handedIdleChange) {
      session.idleTimeout(idle.timeout);
      handedIdleChange = idle;
    }
    return attributes.handOverChanges(session) || idle != null;
  }

  private Mono<Void> written(Mono<Session> write) {
    return thread
        .resume(write)
        .doOnNext(
            now -> {
              session = now;
              stored = true;
              lastAccess = now();
              idleChange.compareAndSet(handedIdleChange, null);
              handedIdleChange = null;
              attributes.changesStored(now);
            })
        .then()
        .onErrorMap(
            SessionGoneException.class,
            e -> {
              gone = true;
              return hasEnded(e);
            });
  }

  private static IllegalStateException hasEnded(@Nullable SessionGoneException cause) {
    return new IllegalStateException(
        "The session has ended, nothing was written",
        cause != null ? cause : new SessionGoneException("the session was invalidated"));
  }

  @Override
  public Mono<Void> invalidate() {
    invalidated = true;
    attributes.clear();
    return inTurn(
        Mono.defer(
            () ->
                maybeStored ? thread.resume(sessions.delete(session.id())).then() : Mono.empty()));
  }

  Mono<Void> touch() {
    return Mono.defer(
        () -> {
          lastAccess = now();
          return stored && !invalidated && !gone
              ? turns.take(Mono.defer(this::touchNow))
              : Mono.empty();
        });
  }

  private Mono<Void> touchNow() {
    if (!AccessTime.isDue(session)) {
      return Mono.empty();
    }
    return thread
        .resume(sessions.touch(session))
        .doOnNext(
            alive -> {
              if (!alive) {
                gone = true;
              }
            })
        .then();
  }

  @Override
  public boolean isExpired() {
    return invalidated || gone || (isStarted() && hasTimedOut());
  }

  private boolean hasTimedOut() {
    Instant now = now();
    Duration idle = idleTimeout();
    if (!idle.equals(Session.NEVER_IDLE) && now.isAfter(lastAccess.plus(idle))) {
      return true;
    }
    return AbsoluteEnd.hasCome(session, now);
  }

  @Override
  public Instant getCreationTime() {
    return session.createdAt();
  }

  @Override
  public Instant getLastAccessTime() {
    return lastAccess;
  }

  /**
   * Throws {@link IllegalArgumentException} at once if the time is longer than a session can be
   * told to wait.
   */
  @Override
  public void setMaxIdleTime(Duration maxIdleTime) {
    Objects.requireNonNull(maxIdleTime, "maxIdleTime");
    Duration timeout =
        maxIdleTime.isNegative()
            ? Session.NEVER_IDLE
            : maxIdleTime.isZero() ? ENDS_AT_ONCE : maxIdleTime;
    // Only the store knows what it accepts, and the session must not change before its save.
    idleChange.set(new IdleChange(sessions.newSession().idleTimeout(timeout).idleTimeout()));
  }

  @Override
  public Duration getMaxIdleTime() {
    Duration timeout = idleTimeout();
    return timeout.equals(Session.NEVER_IDLE) ? NEVER_EXPIRES : timeout;
  }

  private Duration idleTimeout() {
    IdleChange change = idleChange.get();
    return change != null ? change.timeout : session.idleTimeout();
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /** Tells no id and no value, as it ends up in logs. */
  @Override
  public String toString() {
    return "LatchkeyWebSession[started="
        + isStarted()
        + ", ended="
        + (invalidated || gone)
        + ", attributes="
        + attributes.size()
        + "]";
  }

  /** One call of {@link #setMaxIdleTime}. Compared by identity. */
  private static final class IdleChange {
    final Duration timeout;

    IdleChange(Duration timeout) {
      this.timeout = timeout;
    }
  }
}
