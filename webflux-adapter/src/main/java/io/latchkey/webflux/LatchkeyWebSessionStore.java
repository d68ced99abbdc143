package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreException;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.util.Assert;
import org.springframework.web.server.ServerWebExchange;
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
 *   manager.setSessionIdResolver(LatchkeyWebSessionIdResolver.withDefaults());
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
 *       through when their subscriber cancels, as each is a single command.
 *   <li>Of a request that its client gives up, what was not yet sent to the store is not written:
 *       all of the request's changes wait for the save that comes with its response, so they are
 *       written together or not at all. What the handler has saved itself stays.
 *   <li>A WebSocket's session is saved, and its cookie sent, with the response to the handshake.
 *       After that only its own calls do anything: {@link #updateLastAccessTime} keeps it in use,
 *       {@code save()} writes. Neither brings back a session that was ended meanwhile: the one says
 *       so by {@code isExpired()}, the other by its error. The same is true once the session's id
 *       was changed, by a sign-in, or by a renewal whose grace is over.
 * </ul>
 *
 * <p>Immutable, and safe for use by several threads. Nothing blocks.
 *
 * <p>After an answer of the store, a request continues on the event loop of its own HTTP
 * connection, and so does what it does with its sessions. A handler that blocks or fails there
 * affects no connection to the store. An error that Reactor treats as fatal, such as a {@link
 * StackOverflowError} or {@link NoClassDefFoundError}, closes the HTTP connection, as it does in a
 * request without a session. This needs Reactor Netty and {@link LatchkeyWebSessionIdResolver}, or
 * a {@code ServerWebExchangeContextFilter} before whatever asks for the session, which Spring Boot
 * is given by the auto-configuration. Elsewhere, signals arrive on {@code Schedulers.parallel()}.
 * An answer that is there at once, as of a store in memory, arrives on the caller's thread.
 */
public final class LatchkeyWebSessionStore implements WebSessionStore {
  /** How long an id that was renewed still finds its session, unless the builder was told. */
  public static final Duration DEFAULT_RENEWAL_GRACE = Duration.ofMinutes(1);

  private static final Duration MAX_AGE = Duration.ofDays(36_500);
  private static final Duration MAX_GRACE = Duration.ofMinutes(5);

  private final SessionStore sessions;
  private final Clock clock;
  private final @Nullable Duration renewAfter;
  private final Duration renewalGrace;
  private final boolean inPlaceChanges;

  /**
   * A store with all defaults, which tells the time by the system's clock.
   *
   * @param sessions where the sessions are kept; it stays the caller's to close
   */
  public LatchkeyWebSessionStore(SessionStore sessions) {
    this(builder(sessions));
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
    this(builder(sessions).clock(clock));
  }

  private LatchkeyWebSessionStore(Builder options) {
    sessions = options.sessions;
    clock = options.clock;
    renewAfter = options.renewAfter;
    inPlaceChanges = options.inPlaceChanges;
    renewalGrace = options.renewalGrace;
  }

  /**
   * A store with options of one's own.
   *
   * @param sessions where the sessions are kept; it stays the caller's to close
   * @return a builder with all defaults
   */
  public static Builder builder(SessionStore sessions) {
    return new Builder(sessions);
  }

  /**
   * A new session, in memory only: no command.
   *
   * @return the session, not started, with another id at each subscription
   */
  @Override
  public Mono<WebSession> createWebSession() {
    // Now, as that is when Spring has resolved the ids; see there.
    ServerWebExchange exchange = RequestedIds.latestExchange();
    return Mono.deferContextual(
        context ->
            Mono.just(
                session(
                    sessions.newSession(),
                    false,
                    exchange == null ? RequestThread.of(context) : RequestThread.of(exchange))));
  }

  /**
   * Reads a session: one command, or none for a malformed id. The store records the access if that
   * is due, beside what the request does next. If the session's id is due to be renewed, that is
   * done before, in one more command.
   *
   * <p>If the id is one of several that {@link LatchkeyWebSessionIdResolver} has found in a
   * request, all are read in one round trip, and the last one that finds a session is taken.
   * Browsers send cookies of longer paths first, and then older ones, so the last one is the most
   * likely to be the application's own. No order is safe from somebody who can plant cookies of
   * living sessions: only {@code __Host-} cookies, and a new id at sign-in, are.
   *
   * @param sessionId the session's id
   * @return the session, which is started, or empty if there is none, or if it has ended
   */
  @Override
  public Mono<WebSession> retrieveSession(String sessionId) {
    RequestedIds requested = RequestedIds.take(sessionId);
    return Mono.deferContextual(
        context -> {
          RequestThread thread =
              requested == null
                  ? RequestThread.of(context)
                  : RequestThread.of(requested.exchange());
          Mono<Session> found =
              requested == null || requested.size() == 1
                  ? sessions.get(sessionId)
                  : lastOf(requested);
          return thread
              .resume(found.flatMap(this::renewed))
              .map(session -> session(session, true, thread));
        });
  }

  private WebSession session(Session session, boolean stored, RequestThread thread) {
    return new LatchkeyWebSession(sessions, clock, session, stored, inPlaceChanges, thread);
  }

  private Mono<Session> lastOf(RequestedIds ids) {
    return sessions.getAll(ids.all()).reduce((earlier, later) -> later).doOnNext(this::accessed);
  }

  /** Records an access as {@link SessionStore#get} does, which {@code getAll} does not. */
  private void accessed(Session session) {
    if (AccessTime.isDue(session)) {
      // If it fails, it is due again at the next read.
      sessions.touch(session).subscribe(alive -> {}, error -> {});
    }
  }

  private Mono<Session> renewed(Session session) {
    if (renewAfter == null) {
      return Mono.just(session);
    }
    return sessions
        .renewId(session, renewAfter, renewalGrace)
        // Ended since the read.
        .onErrorResume(SessionGoneException.class, ended -> Mono.empty())
        // It can wait for the next request. If it was done after all, the old id finds the session,
        // and the next request is told of the new one.
        .onErrorReturn(SessionStoreException.class, session);
  }

  /**
   * Ends a session: one command, or none for a malformed id.
   *
   * @param sessionId the session's id
   * @return completion, whether or not there was such a session
   */
  @Override
  public Mono<Void> removeSession(String sessionId) {
    return Mono.deferContextual(
        context -> RequestThread.of(context).resume(sessions.delete(sessionId)).then());
  }

  /**
   * Sets a session's last access to now. This sends a command only if a read would, that is, if the
   * store has not heard of an access for its touch interval, a sixtieth of the session's idle
   * timeout by default: an application that calls this in each request pays next to nothing, and
   * one that holds a session for long, as with a WebSocket, keeps it alive. If the session has
   * ended, it says so by {@link WebSession#isExpired()} afterwards. A {@code SessionStore} that is
   * not one of Latchkey's own is told each time.
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

  /** The options of a {@link LatchkeyWebSessionStore}. For one thread. */
  public static final class Builder {
    private final SessionStore sessions;
    private Clock clock = Clock.systemUTC();
    private @Nullable Duration renewAfter;
    private boolean inPlaceChanges = true;
    private Duration renewalGrace = DEFAULT_RENEWAL_GRACE;

    private Builder(SessionStore sessions) {
      this.sessions = Objects.requireNonNull(sessions, "sessions");
    }

    /**
     * What tells {@link WebSession#isExpired()} and {@link WebSession#getLastAccessTime()} the
     * time: the system's clock by default. Whether a session is still there to be retrieved, and
     * whether its id is due to be renewed, the {@code SessionStore} decides by its own.
     *
     * @param clock the clock
     * @return this builder
     */
    public Builder clock(Clock clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /**
     * Whether a value that was changed in place, without being put into the session again, is
     * noticed at the save and written; it is by default. That costs encoding again each value that
     * the request has read and that is not immutable.
     *
     * @param noticed false to write only what was put
     * @return this builder
     */
    public Builder inPlaceChanges(boolean noticed) {
      inPlaceChanges = noticed;
      return this;
    }

    /**
     * Renews a session's id by itself when it has this age: the first request after that gets the
     * session under a new id, and with its response the new cookie. By default an id lasts as long
     * as its session, unless the application changes it.
     *
     * <p>It limits for how long an id is of use that somebody got hold of without the visitor's
     * knowledge. It is no substitute for {@link WebSession#changeSessionId()} at sign-in, which
     * leaves no grace.
     *
     * @param age how old an id may become, up to 36,500 days
     * @return this builder
     * @throws IllegalArgumentException if it is zero, negative or longer
     */
    public Builder renewAfter(Duration age) {
      if (Objects.requireNonNull(age, "renewAfter").isZero()
          || age.isNegative()
          || age.compareTo(MAX_AGE) > 0) {
        throw new IllegalArgumentException(
            "renewAfter must be more than 0 and at most 36500 days, was " + age);
      }
      renewAfter = age;
      return this;
    }

    /**
     * How long an id that was renewed still finds its session, {@link #DEFAULT_RENEWAL_GRACE} by
     * default. Requests of the visitor that are under way with it are so not signed out, and each
     * is told of the new id; a visitor none of whose requests gets an answer in that time is.
     *
     * @param grace from zero to 5 minutes
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder renewalGrace(Duration grace) {
      if (Objects.requireNonNull(grace, "renewalGrace").isNegative()
          || grace.compareTo(MAX_GRACE) > 0) {
        throw new IllegalArgumentException(
            "renewalGrace must be from 0 to 5 minutes, was " + grace);
      }
      renewalGrace = grace;
      return this;
    }

    /**
     * The store with these options.
     *
     * @return a new store
     */
    public LatchkeyWebSessionStore build() {
      return new LatchkeyWebSessionStore(this);
    }
  }
}
