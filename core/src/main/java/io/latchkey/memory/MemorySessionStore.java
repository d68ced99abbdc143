package io.latchkey.memory;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreStats;
import io.latchkey.UnreadablePolicy;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SessionEngine;
import io.latchkey.internal.SessionSettings;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Keeps sessions in the memory of this process, by the same rules as in Valkey, attributes as JSON
 * included. For tests, whose clock it takes, and for prototypes: nothing survives the process, and
 * no other process sees it.
 *
 * <p>Safe for use by several threads. Signals arrive on the subscriber's thread, at once.
 */
public final class MemorySessionStore implements SessionStore {
  private final SessionEngine engine;

  private MemorySessionStore(
      SessionSettings settings, ConcurrentHashMap<String, MemoryBackend.Entry> entries) {
    engine =
        new SessionEngine(new MemoryBackend(settings, entries), settings, new AttributeCodec());
  }

  /**
   * A store with the default options.
   *
   * @return an empty store
   */
  public static MemorySessionStore create() {
    return builder().build();
  }

  /**
   * Options for a store.
   *
   * @return a builder with the defaults
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * What this store counted since it was built.
   *
   * @return a snapshot
   */
  public SessionStoreStats stats() {
    return engine.stats();
  }

  @Override
  public Session newSession() {
    return engine.newSession();
  }

  @Override
  public Mono<Session> create(Map<String, ?> attributes) {
    return engine.create(attributes);
  }

  @Override
  public Mono<Session> get(String id) {
    return engine.get(id);
  }

  @Override
  public Flux<Session> getAll(Collection<String> ids) {
    return engine.getAll(ids);
  }

  @Override
  public Mono<Session> save(Session session) {
    return engine.save(session);
  }

  @Override
  public Mono<Boolean> touch(Session session) {
    return engine.touch(session);
  }

  @Override
  public Mono<Session> rotateId(Session session) {
    return engine.rotateId(session);
  }

  @Override
  public Mono<Session> rotateId(Session session, Duration grace) {
    return engine.rotateId(session, grace);
  }

  @Override
  public Mono<Session> renewId(Session session, Duration age, Duration grace) {
    return engine.renewId(session, age, grace);
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return engine.delete(id);
  }

  @Override
  public Mono<Session> update(String id, Function<Session, Mono<Session>> change) {
    return engine.update(id, change);
  }

  /** Options of a store in memory. Not for use by several threads. */
  public static final class Builder {
    private long idleMillis = SessionSettings.DEFAULT.idleMillis();
    private long absoluteMillis = SessionSettings.DEFAULT.absoluteMillis();
    private long touchMillis = SessionSettings.DEFAULT.touchMillis();
    private long graceMillis = SessionSettings.DEFAULT.graceMillis();
    private ConflictPolicy conflicts = SessionSettings.DEFAULT.conflicts();
    private UnreadablePolicy unreadable = SessionSettings.DEFAULT.unreadable();
    private Clock clock = SessionSettings.DEFAULT.clock();

    private Builder() {}

    /**
     * How long a session is kept after its last access, unless it has an idle timeout of its own;
     * 30 minutes by default.
     *
     * @param timeout from 1 millisecond to 36,500 days, or {@link Session#NEVER_IDLE}
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder idleTimeout(Duration timeout) {
      idleMillis = SessionSettings.timeoutMillis("idleTimeout", timeout);
      return this;
    }

    /**
     * How long a session is kept at the most, however much it is used; for ever by default.
     *
     * @param timeout from 1 millisecond to 36,500 days, or {@link Session#NEVER_IDLE} for no end
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder absoluteTimeout(Duration timeout) {
      absoluteMillis = SessionSettings.timeoutMillis("absoluteTimeout", timeout);
      return this;
    }

    /**
     * How old the last access that is written down may become before a read writes down the next; a
     * sixtieth of the session's idle timeout by default.
     *
     * @param interval from 0, for every access, to the idle timeout
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public Builder touchInterval(Duration interval) {
      touchMillis = SessionSettings.touchMillis(interval);
      return this;
    }

    /**
     * How long the old id still finds a session whose id was renewed, so that requests which are
     * under way with it are not signed out; not at all by default.
     *
     * <p>This does not weaken the protection against session fixation. Whoever planted an id, and
     * waits for its visitor to sign in, gains nothing: a rotation that takes changes along, as one
     * at sign-in does, leaves no grace, nor does one with {@code rotateId(session, Duration.ZERO)},
     * which is what the WebFlux adapter calls when a visitor signs in. With a grace rotate only
     * sessions that stay what they are; then the old id opens nothing that it did not open before.
     * It ends with the session, and deleting by it ends the session.
     *
     * @param grace from 0, for none, to 5 minutes
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder rotationGrace(Duration grace) {
      graceMillis = SessionSettings.graceMillis("rotationGrace", grace);
      return this;
    }

    /**
     * What a save does about somebody else's; {@link ConflictPolicy#MERGE} by default.
     *
     * @param policy the policy
     * @return this builder
     */
    public Builder conflicts(ConflictPolicy policy) {
      conflicts = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /**
     * What a read does with what is not a session. In memory there is no such thing: this is here
     * so that a store can be built like one in Valkey.
     *
     * @param policy the policy
     * @return this builder
     */
    public Builder unreadable(UnreadablePolicy policy) {
      unreadable = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /**
     * What tells the time; the system's clock by default.
     *
     * @param clock a clock, which a test may set
     * @return this builder
     */
    public Builder clock(Clock clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /**
     * Builds the store.
     *
     * @return an empty store
     * @throws IllegalArgumentException if the touch interval is longer than the idle timeout
     */
    public MemorySessionStore build() {
      return build(new ConcurrentHashMap<>());
    }

    /** A store over the sessions of others, as instances of a service share a server. */
    MemorySessionStore build(ConcurrentHashMap<String, MemoryBackend.Entry> entries) {
      SessionSettings settings =
          new SessionSettings(
                  idleMillis,
                  absoluteMillis,
                  touchMillis,
                  graceMillis,
                  conflicts,
                  unreadable,
                  clock)
              .checked();
      return new MemorySessionStore(settings, entries);
    }
  }
}
