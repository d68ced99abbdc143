package io.latchkey.webflux;

import io.latchkey.SessionStore;
import java.time.Clock;
import java.util.Objects;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.Session;
import org.springframework.util.Assert;
import reactor.core.publisher.Mono;

/**
 * Keeps the sessions of Spring Session in a {@link SessionStore}, for what is written against its
 * API: an injected {@code ReactiveSessionRepository}, {@code @EnableSpringWebSession}, Boot's
 * endpoint for sessions. An application that only uses {@code WebSession} needs {@link
 * LatchkeyWebSessionStore} alone, and no Spring Session at all.
 *
 * <p>What its callers can rely upon, where Spring Session leaves room or other repositories differ:
 *
 * <ul>
 *   <li>{@code save} writes what changed and nothing else, in one command, or none if nothing did.
 *       Changes of other requests to other attributes stay. A value that was read and then changed
 *       in place counts as changed, as it does in {@link LatchkeyWebSessionStore}.
 *   <li>A session that was deleted or has expired never comes back. A {@code save} that has
 *       something to write signals {@link IllegalStateException} then, caused by a {@link
 *       io.latchkey.SessionGoneException}; one that has not sends no command and does not find out.
 *   <li>{@code changeSessionId()} tells the new id at once; the next {@code save} moves the session
 *       there, with all changes, in one step: the former id is dead from then on. To call it again
 *       before that {@code save} gives another id, and only the last one finds the session.
 *   <li>{@code findById} is empty for an unknown, expired or malformed id, and counts as an access,
 *       which the store writes down when that is due. So {@code setLastAccessedTime} decides only
 *       what this object says; a {@code save} sends a command for it alone if the store has not
 *       heard of an access for its touch interval, as in one that is held for long. A time in the
 *       past is not stored.
 *   <li>A negative {@code setMaxInactiveInterval} means that the session does not end for being
 *       unused; zero, that it ends as soon as it is saved. How long sessions are kept by default is
 *       an option of the {@code SessionStore}.
 *   <li>There is no index of a user's sessions: this is no {@code
 *       ReactiveFindByIndexNameSessionRepository}.
 * </ul>
 *
 * <p>Immutable, and safe for use by several threads, as its sessions are. Nothing blocks. Signals
 * arrive on the event loop of the request's HTTP connection, if the Reactor context tells of the
 * request, as it does behind a {@code ServerWebExchangeContextFilter}; else on {@code
 * Schedulers.parallel()}. In the first case an error that Reactor treats as fatal closes the HTTP
 * connection, see {@link LatchkeyWebSessionStore}.
 */
public final class LatchkeyReactiveSessionRepository implements ReactiveSessionRepository<Session> {
  private final SessionStore sessions;
  private final Clock clock;

  /**
   * A repository that tells the time by the system's clock.
   *
   * @param sessions where the sessions are kept; it stays the caller's to close
   */
  public LatchkeyReactiveSessionRepository(SessionStore sessions) {
    this(sessions, Clock.systemUTC());
  }

  /**
   * A repository with a clock of its own.
   *
   * @param sessions where the sessions are kept; it stays the caller's to close
   * @param clock tells {@link Session#isExpired()} the time. Whether a session is still there to be
   *     found, the {@code SessionStore} decides by its own
   */
  public LatchkeyReactiveSessionRepository(SessionStore sessions, Clock clock) {
    this.sessions = Objects.requireNonNull(sessions, "sessions");
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  /**
   * A new session, in memory only: no command.
   *
   * @return the session, with another id at each subscription; the first {@code save} stores it
   */
  @Override
  public Mono<Session> createSession() {
    return Mono.deferContextual(
        context -> Mono.just(session(sessions.newSession(), false, RequestThread.of(context))));
  }

  /**
   * Stores what changed in a session: one command, or none if it is stored and nothing changed.
   * Saves of one session object happen one after another; one that has begun is carried through
   * when its subscriber cancels.
   *
   * @param session a session of this repository
   * @return completion; or {@link IllegalStateException} if the session has ended meanwhile, and
   *     nothing was written
   */
  @Override
  public Mono<Void> save(Session session) {
    Assert.isInstanceOf(LatchkeySpringSession.class, session);
    return ((LatchkeySpringSession) session).save();
  }

  /**
   * Reads a session: one command, or none for a malformed id. The store writes down the access if
   * that is due, beside what the caller does next.
   *
   * @param id the session's id
   * @return the session, or empty if there is none, or if it has ended
   */
  @Override
  public Mono<Session> findById(String id) {
    return Mono.deferContextual(
        context -> {
          RequestThread thread = RequestThread.of(context);
          return thread.resume(sessions.get(id)).map(session -> session(session, true, thread));
        });
  }

  private Session session(io.latchkey.Session session, boolean stored, RequestThread thread) {
    return new LatchkeySpringSession(sessions, clock, session, stored, thread);
  }

  /**
   * Ends a session: one command, or none for a malformed id.
   *
   * @param id the session's id
   * @return completion, whether or not there was such a session
   */
  @Override
  public Mono<Void> deleteById(String id) {
    return Mono.deferContextual(
        context -> RequestThread.of(context).resume(sessions.delete(id)).then());
  }

  @Override
  public String toString() {
    return "LatchkeyReactiveSessionRepository";
  }
}
