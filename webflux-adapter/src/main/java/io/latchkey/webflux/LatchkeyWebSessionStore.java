package io.latchkey.webflux;

import io.latchkey.SessionStore;
import java.time.Clock;
import java.util.Objects;
import org.springframework.util.Assert;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.WebSessionStore;
import reactor.core.publisher.Mono;

/**
 * Keeps the web sessions of a Spring WebFlux application in a {@link SessionStore}. One bean is all
 * that an application needs; its controllers stay as they are:
 *
 * <pre>{@code
 * @Bean
 * WebSessionManager webSessionManager(SessionStore sessions) {
 *   var manager = new DefaultWebSessionManager();
 *   manager.setSessionStore(new LatchkeyWebSessionStore(sessions));
 *   return manager;
 * }
 * }</pre>
 *
 * <p>What a web session of this store does, where Spring leaves room:
 *
 * <ul>
 *   <li>A request that reads its session costs one command, one that changes it two; a request that
 *       only creates a session, and neither starts it nor sets an attribute, costs none and sends
 *       no cookie. {@code save()} writes what changed, and sends nothing if nothing did.
 *   <li>{@code getAttributes()} is a live map that is safe for use by several threads. Every way to
 *       change it counts, through its views and iterators too, and a change made while a save is
 *       under way waits for the next one. Where a value is written, null removes the attribute.
 *   <li>Values come back as the class they went in as. Those of an application's own classes need
 *       the option {@code allow} or {@code attribute} of the {@code SessionStore}'s builder, and
 *       those of Spring Security {@link SecurityAttributes}; a value of any other class is a {@link
 *       io.latchkey.SessionAttributeException} of {@code save()}, whatever the options are. A value
 *       that is there, but cannot be read, is absent from the map, unless {@code
 *       unreadableAttributes} says that this is an error; it is kept until it is replaced or
 *       removed.
 *   <li>A value that was handed out and then changed in place, as in {@code
 *       session.<Cart>getAttribute("cart").add("tea")}, is noticed at the save and written. For
 *       this it is encoded again and compared with what is stored; the order of sets and maps does
 *       not matter. Sessions of a store that is not one of Latchkey's own do not notice.
 *   <li>An attribute that a request has read or set stays as this request knows it, whatever other
 *       requests save meanwhile, until they remove it. What both change, the later save decides.
 *   <li>{@code invalidate()} marks the session as ended when it is called, and deletes it from the
 *       store when it is subscribed to. After that {@code save()} and {@code changeSessionId()}
 *       signal {@link IllegalStateException}, caused by a {@link io.latchkey.SessionGoneException}.
 *       They do so as well when another request, on whichever instance, ended the session; but a
 *       {@code save()} without changes sends no command, and so does not find out.
 *   <li>{@code changeSessionId()} takes unsaved changes along in its one command. A session that is
 *       not started just gets another id.
 *   <li>{@code setMaxIdleTime} takes effect at the next save. A negative time means that the
 *       session does not end for being unused. Zero means, as in Spring's own store, that it ends
 *       as soon as any time has passed.
 *   <li>{@code save()}, {@code changeSessionId()} and {@code invalidate()} of one session object
 *       happen one after another, in the order of their subscriptions. Once begun they are carried
 *       through when their subscriber cancels, as each is a single command: a request that its
 *       client gives up leaves nothing half written.
 * </ul>
 *
 * <p>Immutable, and safe for use by several threads. Nothing blocks; signals arrive on the thread
 * of the {@link SessionStore}'s own signals.
 */
public final class LatchkeyWebSessionStore implements WebSessionStore {
  private final SessionStore sessions;
  private final Clock clock;

  /**
   * A store that tells the time by the system's clock.
   *
   * @param sessions where the sessions are kept; it stays the caller's to close
   */
  public LatchkeyWebSessionStore(SessionStore sessions) {
    this(sessions, Clock.systemUTC());
  }

  /**
   * A store with a clock of its own.
   *
   * @param sessions where the sessions are kept; it stays the caller's to close
   * @param clock tells {@link WebSession#isExpired()} and {@link WebSession#getLastAccessTime()}
   *     the time. Whether a session is still there to be retrieved, the {@code SessionStore}
   *     decides by its own
   */
  public LatchkeyWebSessionStore(SessionStore sessions, Clock clock) {
    this.sessions = Objects.requireNonNull(sessions, "sessions");
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  /**
   * A new session, in memory only: no command.
   *
   * @return the session, not started, with another id at each subscription
   */
  @Override
  public Mono<WebSession> createWebSession() {
    return Mono.fromSupplier(
        () -> new LatchkeyWebSession(sessions, clock, sessions.newSession(), false, true));
  }

  /**
   * Reads a session: one command, or none for a malformed id. The store writes down the access if
   * that is due, beside what the request does next.
   *
   * @param sessionId the session's id
   * @return the session, which is started, or empty if there is none, or if it has ended
   */
  @Override
  public Mono<WebSession> retrieveSession(String sessionId) {
    return sessions
        .get(sessionId)
        .map(session -> new LatchkeyWebSession(sessions, clock, session, true, true));
  }

  /**
   * Ends a session: one command, or none for a malformed id.
   *
   * @param sessionId the session's id
   * @return completion, whether or not there was such a session
   */
  @Override
  public Mono<Void> removeSession(String sessionId) {
    return sessions.delete(sessionId).then();
  }

  /**
   * Sets a session's last access to now. As {@link #retrieveSession} has done so already, this
   * sends a command only if the store has not heard of an access for a sixtieth of the session's
   * idle timeout: an application that calls this in each request pays nothing, and one that holds a
   * session for long, as with a WebSocket, keeps it alive. If the session has ended, it says so by
   * {@link WebSession#isExpired()} afterwards.
   *
   * @param webSession a session of this store
   * @return the same session
   */
  @Override
  public Mono<WebSession> updateLastAccessTime(WebSession webSession) {
    Assert.isInstanceOf(LatchkeyWebSession.class, webSession);
    return ((LatchkeyWebSession) webSession).touch().thenReturn(webSession);
  }

  @Override
  public String toString() {
    return "LatchkeyWebSessionStore";
  }
}
