package io.latchkey.memory;

import io.latchkey.AttributeFormat;
import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreStats;
import io.latchkey.SessionTooLargeException;
import io.latchkey.TypeRef;
import io.latchkey.UnreadablePolicy;
import io.latchkey.codec.AttributeOptions;
import io.latchkey.codec.SessionBounds;
import io.latchkey.internal.SessionEngine;
import io.latchkey.internal.SessionSettings;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
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

  private MemorySessionStore(SessionEngine engine) {
    this.engine = engine;
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
    private UnreadablePolicy unreadableAttributes = UnreadablePolicy.ABSENT;
    private final AttributeOptions attributes = new AttributeOptions();
    private int maxSessionSize = SessionBounds.DEFAULT_MAX_SESSION_SIZE;
    private @Nullable Integer maxAttributeSize;
    private int maxAttributes = SessionBounds.DEFAULT_MAX_ATTRIBUTES;
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
     * How long the former id still finds a session whose id was renewed, so that requests which are
     * under way with it are not signed out; not at all by default.
     *
     * <p>This does not weaken the protection against session fixation. Whoever planted an id, and
     * waits for its visitor to sign in, gains nothing: a rotation that takes changes along, as one
     * at sign-in does, leaves no grace, nor does one with {@code rotateId(session, Duration.ZERO)},
     * which is what the WebFlux adapter calls when a visitor signs in. With a grace rotate only
     * sessions that stay what they are; then the former id opens nothing that it did not open
     * before. It ends with the session, and deleting by it ends the session.
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
     * Which classes attributes may be of, besides the JDK's own values and collections, so that
     * they come back as what they were: {@link Session#get(String)}, and the sessions of the
     * WebFlux adapter. None by default.
     *
     * <p>A class whose name stands in the data is not even loaded if it is not among these. A value
     * of any other class, at whatever depth, is refused from then on when it is saved, with a
     * {@link SessionAttributeException} that names the class. Classes are loaded by the context
     * class loader of the thread that calls {@link #build}, as threads of a server may have
     * another.
     *
     * @param packagesOrClasses the names of packages, which mean all that is in them and below,
     *     such as {@code shop}, and of classes, which mean what is nested in them too, such as
     *     {@code shop.Cart}
     * @return this builder
     * @throws IllegalArgumentException if one is no such name, or would allow nearly everything
     */
    public Builder allow(String... packagesOrClasses) {
      attributes.allow(packagesOrClasses);
      return this;
    }

    /**
     * The type of an attribute, which is allowed by this. The attribute is stored without the name
     * of its class, so that the class may move or be renamed from one version of an application to
     * the next. As with {@link #allow}, values of other classes are refused when they are saved,
     * and so is a value under this name that is not of this type.
     *
     * @param name the attribute's name
     * @param type its class
     * @return this builder
     * @throws IllegalArgumentException if the attribute was given another type already
     */
    public Builder attribute(String name, Class<?> type) {
      attributes.attribute(name, type);
      return this;
    }

    /**
     * The type of an attribute that has type arguments, such as a list of an application's objects;
     * else as {@link #attribute(String, Class)}, but that the classes in it are allowed as far as
     * the type names them, and their subclasses by {@link #allow} only.
     *
     * @param name the attribute's name
     * @param type its type
     * @return this builder
     * @throws IllegalArgumentException if the attribute was given another type already
     */
    public Builder attribute(String name, TypeRef<?> type) {
      attributes.attribute(name, type);
      return this;
    }

    /**
     * Gives classes a format of their own, and allows them with it. For libraries that bring their
     * own rules for being written as JSON.
     *
     * @param format makes the format when the store is built, out of what tells by its name whether
     *     {@link #allow} or {@link #attribute} named a class
     * @param packagesOrClasses the names of the classes, or of packages, as for {@link #allow}
     * @return this builder
     * @throws IllegalArgumentException if one is no such name, or would allow nearly everything
     */
    public Builder format(
        Function<? super Predicate<String>, ? extends AttributeFormat> format,
        String... packagesOrClasses) {
      attributes.format(format, packagesOrClasses);
      return this;
    }

    /**
     * Uses the Jackson modules on the class path, those that Java's {@code ServiceLoader} finds,
     * such as {@code jackson-module-kotlin}, without which Jackson cannot read Kotlin's data
     * classes. Not done by default, as a module may change how values are stored.
     *
     * @return this builder
     */
    public Builder jacksonModules() {
      attributes.modules();
      return this;
    }

    /**
     * What a read does with an attribute that is not to be had as what it was stored as, because
     * its class is gone, is not allowed or does not fit any more; {@link UnreadablePolicy#ABSENT}
     * by default. Either way it is counted, the other attributes do not suffer, and it is kept as
     * it is until it is set or removed.
     *
     * @param policy the policy
     * @return this builder
     */
    public Builder unreadableAttributes(UnreadablePolicy policy) {
      unreadableAttributes = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /**
     * How large a session may be, 1 MiB by default. A save that would make it larger signals {@link
     * SessionTooLargeException}, and sends nothing.
     *
     * <p>What counts are the names and values of all attributes as they are stored: as JSON in
     * UTF-8, with quotes and escapes. A session that is stored and larger, because the limit was
     * lowered, is read as ever. It may be saved as long as it does not grow.
     *
     * @param bytes from 1 byte to 256 MiB
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder maxSessionSize(int bytes) {
      maxSessionSize = SessionBounds.checkedSize("maxSessionSize", bytes);
      return this;
    }

    /**
     * How large one attribute may be, 512 KiB by default, or as much as {@link #maxSessionSize} if
     * that is less. What counts are its name and its value, as for {@link #maxSessionSize}, and the
     * same goes for what is stored and larger.
     *
     * <p>However large, a value may not be nested more than 100 deep as JSON, the tags of its
     * classes included, nor hold a number of more than 1,000 digits, nor an object of a class whose
     * name has more than 500 characters. Such a value is refused with {@link
     * SessionAttributeException}.
     *
     * @param bytes from 1 byte to 256 MiB; {@link #build} refuses more than {@link #maxSessionSize}
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder maxAttributeSize(int bytes) {
      maxAttributeSize = SessionBounds.checkedSize("maxAttributeSize", bytes);
      return this;
    }

    /**
     * How many attributes a session may have, 1,000 by default. A save that would add more signals
     * {@link SessionTooLargeException}, and sends nothing. A session that has more already may be
     * saved as long as their number does not grow.
     *
     * @param count from 1 to 1,000,000
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder maxAttributes(int count) {
      maxAttributes = SessionBounds.checkedCount(count);
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
     * @throws IllegalArgumentException if {@link #maxAttributeSize} is more than {@link
     *     #maxSessionSize}, if the touch interval is longer than the idle timeout
     */
    public MemorySessionStore build() {
      return build(new HashMap<>());
    }

    /** A store over the sessions of others, as instances of a service share a server. */
    MemorySessionStore build(Map<String, MemoryBackend.Entry> entries) {
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
      return new MemorySessionStore(
          new SessionEngine(
              new MemoryBackend(settings, entries),
              settings,
              attributes.codec(SessionBounds.of(maxSessionSize, maxAttributeSize, maxAttributes)),
              unreadableAttributes));
    }
  }
}
