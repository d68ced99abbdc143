package io.latchkey.valkey;

import io.latchkey.AttributeFormat;
import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreStats;
import io.latchkey.SessionTooLargeException;
import io.latchkey.TypeRef;
import io.latchkey.UnreadablePolicy;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.AttributeOptions;
import io.latchkey.codec.SessionBounds;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionEngine;
import io.latchkey.internal.SessionSettings;
import io.lettuce.core.resource.ClientResources;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Keeps sessions in Valkey, or in Redis 6.2 and newer: one round trip per call, two for a save that
 * met somebody else's.
 *
 * <p>Neither {@link #connect} nor {@link Builder#build} opens a connection: the first subscriber
 * does, without blocking. Safe for use by several threads; one store serves a whole application.
 * Signals arrive on the connection's event loop, which must not be blocked.
 *
 * <p>This is how a session is stored in Valkey, in the default layout:
 *
 * <pre>{@code
 * SET latchkey:7Yc0Kp3xQm2LrT9a '{"latchkey":"1 7Yc0Kp3xQm2LrT9a 1764000000000 0000001800000 0000000000000 0000000001-k3JbV0sQ9xTa y6EuUYtiNVvnV07qr3mOjHqwPVI1GN96 0000000084 e7639ba7","createdAt":1764000000000,"attributes":{"user":"user123","cart":["itemA","itemB"]}}' NX PX 1830000
 * }</pre>
 *
 * <p>The key ends with the locator, the first 16 characters of the id. The other 24 are the secret,
 * of which only a digest is stored: whoever reads the store holds no id that it would accept. The
 * string under the document's first key, the header, has the format's version, the locator, the
 * last access, the idle timeout and the absolute end in milliseconds (0 for none), the version with
 * the token of its writer, the digest of the secret (the first 192 bits of its SHA-256, base64url),
 * and length and CRC32C of what follows. A document that another client wrote again, in another
 * order or with other white space, is unreadable, and left alone.
 *
 * <p>The clocks of all instances should agree to within a fraction of the idle timeout. An instance
 * whose clock is behind that of the last access does not prolong the session until it has caught
 * up; the absolute timeout is reckoned from the clock of the instance that created the session.
 */
public final class ValkeySessionStore implements SessionStore, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ValkeySessionStore.class);

  private final Connections connections;
  private final SessionEngine engine;

  private ValkeySessionStore(Connections connections, SessionEngine engine) {
    this.connections = connections;
    this.engine = engine;
  }

  /**
   * A store with the default options and a client of its own.
   *
   * @param uri the server or servers, see {@link #builder}
   * @return a store that is not connected yet
   * @throws IllegalArgumentException if the URI is not one of a server
   */
  public static ValkeySessionStore connect(String uri) {
    return builder(uri).build();
  }

  /**
   * Options for a store.
   *
   * <table>
   *   <caption>URIs</caption>
   *   <tr><td>one server</td>
   *     <td>{@code valkey://[[user:]password@]host[:port][/database]}; {@code redis://} is the
   *     same</td></tr>
   *   <tr><td>the primary that sentinels know</td>
   *     <td>{@code
   *     valkey-sentinel://[[user:]password@]host[:port],host[:port][/database]?sentinelMasterId=name}
   *     with the hosts of the sentinels, and user and password of the primary</td></tr>
   *   <tr><td>a cluster</td>
   *     <td>{@code valkey-cluster://[[user:]password@]host[:port],host[:port]} with some of its
   *     nodes, one at least; the others are found</td></tr>
   *   <tr><td>the same with TLS</td>
   *     <td>{@code valkeys://} or {@code rediss://}, {@code valkeys-sentinel://} (also to the
   *     sentinels), {@code valkeys-cluster://}</td></tr>
   * </table>
   *
   * <p>Whatever the topology, a call fails at once while whoever has its session cannot be reached,
   * or, where no connection was ever made, with the attempt to make one, each step of which takes
   * at most the {@link Builder#commandTimeout commandTimeout}; and works again by itself. Behind
   * Sentinel and in a cluster a primary replicates to others after it has answered: what it had not
   * passed on when it died is lost, and so a session whose end was the last thing it was told may
   * be there again; {@link Builder#acknowledgedBy} is for those who cannot have that.
   *
   * @param uri the server or servers
   * @return a builder with the defaults
   * @throws IllegalArgumentException if the URI is not like these
   */
  public static Builder builder(String uri) {
    return new Builder(Objects.requireNonNull(uri, "uri"));
  }

  /**
   * What this store counted since it was built.
   *
   * @return a snapshot
   */
  public SessionStoreStats stats() {
    SessionStoreStats stats = engine.stats();
    return new SessionStoreStats(
        stats.unreadable(),
        stats.failedTouches(),
        stats.conflicts(),
        stats.unreadableAttributes(),
        connections.brokenConnections());
  }

  @Override
  public Session newSession() {
    return engine.newSession();
  }

  @Override
  public Mono<Session> create(Map<String, ?> attributes) {
    return ifOpen(engine.create(attributes));
  }

  @Override
  public Mono<Session> get(String id) {
    return ifOpen(engine.get(id));
  }

  @Override
  public Flux<Session> getAll(Collection<String> ids) {
    Flux<Session> sessions = StoreCall.ending(engine.getAll(ids));
    return Flux.defer(() -> connections.isClosed() ? Flux.error(ServerErrors.closed()) : sessions);
  }

  @Override
  public Mono<Session> save(Session session) {
    return ifOpen(engine.save(session));
  }

  @Override
  public Mono<Boolean> touch(Session session) {
    return ifOpen(engine.touch(session));
  }

  @Override
  public Mono<Session> rotateId(Session session) {
    return ifOpen(engine.rotateId(session));
  }

  @Override
  public Mono<Session> rotateId(Session session, Duration grace) {
    return ifOpen(engine.rotateId(session, grace));
  }

  @Override
  public Mono<Session> renewId(Session session, Duration age, Duration grace) {
    return ifOpen(engine.renewId(session, age, grace));
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return ifOpen(engine.delete(id));
  }

  @Override
  public Mono<Session> update(String id, Function<Session, Mono<Session>> change) {
    return ifOpen(engine.update(id, change));
  }

  /** Also where no command would be sent. */
  private <T> Mono<T> ifOpen(Mono<T> call) {
    return new StoreCall<>(connections::isClosed, call);
  }

  /**
   * Starts to close the connections, and the client's threads if they are this store's own; does
   * not wait. After this every call signals an error. A second call does nothing.
   */
  @Override
  public void close() {
    closeAsync().subscribe(done -> {}, error -> log.warn("closing a store failed", error));
  }

  /**
   * Closes the connections, and the client's threads if they are this store's own. After this every
   * call signals an error. A second call does nothing.
   *
   * @return completes when all is closed
   */
  public Mono<Void> closeAsync() {
    return connections.close();
  }

  /** Options of a store in Valkey. Not for use by several threads. */
  public static final class Builder {
    private static final Duration DEFAULT_COMMAND_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration MAX_COMMAND_TIMEOUT = Duration.ofMinutes(10);
    private static final int DEFAULT_CONNECTIONS = 2;
    private static final int MAX_CONNECTIONS = 64;

    private final String uri;
    private final boolean cluster;
    private final ConnectionOptions connection = new ConnectionOptions();
    private @Nullable ClientResources resources;
    private String namespace = "latchkey";
    private Layout layout = Layout.STRING;
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
    private final List<MigrationSource> sources = new ArrayList<>();
    private Clock clock = SessionSettings.DEFAULT.clock();
    private int connectionCount = DEFAULT_CONNECTIONS;
    private Duration commandTimeout = DEFAULT_COMMAND_TIMEOUT;
    private @Nullable Acknowledgement acknowledgement;
    private boolean fromReplicas;

    private Builder(String uri) {
      this.uri = uri;
      this.cluster =
          ValkeyUri.parse(uri, DEFAULT_COMMAND_TIMEOUT).topology() == ValkeyUri.Topology.CLUSTER;
    }

    /**
     * Lends event loops and timers to the store, which are not shut down with it; by default it has
     * its own. Their reconnect delay is not used, their Netty customizer is.
     *
     * @param resources the lender's resources
     * @return this builder
     */
    public Builder resources(ClientResources resources) {
      this.resources = Objects.requireNonNull(resources, "resources");
      return this;
    }

    /**
     * What every key starts with; {@code latchkey} by default. Applications that share a server
     * need one each.
     *
     * @param namespace 1 to 64 letters, digits and the characters {@code . _ - : /}
     * @return this builder
     * @throws IllegalArgumentException if it is anything else
     */
    public Builder namespace(String namespace) {
      Objects.requireNonNull(namespace, "namespace");
      if (!namespace.matches("[A-Za-z0-9._:/-]{1,64}")) {
        throw new IllegalArgumentException(
            "namespace must be 1 to 64 letters, digits and the characters . _ - : / but was '"
                + namespace
                + "'");
      }
      this.namespace = namespace;
      return this;
    }

    /**
     * How a session lies in Valkey; {@link Layout#STRING} by default.
     *
     * @param layout the layout
     * @return this builder
     */
    public Builder layout(Layout layout) {
      this.layout = Objects.requireNonNull(layout, "layout");
      return this;
    }

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
     * <p>All instances of a service should have the same: whoever writes a session keeps it for its
     * idle timeout and one interval, which must be as long as that after which another writes down
     * an access.
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
     * What a read does with what is not a session; {@link UnreadablePolicy#FAIL} by default.
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
     * Where sessions may still lie in another form, to be read there and rewritten in this store's
     * layout when they are next changed; nowhere by default. May be called several times, once for
     * each source. Take it out again when the longest-lived session of that form has ended or been
     * migrated.
     *
     * @param source where they lie
     * @return this builder
     * @throws IllegalArgumentException if the same source was named before
     */
    public Builder migrateFrom(MigrationSource source) {
      Objects.requireNonNull(source, "source");
      for (MigrationSource other : sources) {
        if (source.overlaps(other)) {
          throw new IllegalArgumentException("migrateFrom names " + source + " twice");
        }
      }
      sources.add(source);
      return this;
    }

    /**
     * What tells the time; the system's clock by default. How long a key lives is the server's
     * affair: a clock that is set moves only what is written down, and what is due.
     *
     * @param clock a clock
     * @return this builder
     */
    public Builder clock(Clock clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /**
     * How many connections the store opens, to each node of a cluster; 2 by default. They carry
     * many commands at a time, so more than 4 rarely pay.
     *
     * @param count from 1 to 64
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder connections(int count) {
      if (count < 1 || count > MAX_CONNECTIONS) {
        throw new IllegalArgumentException(
            "connections must be from 1 to " + MAX_CONNECTIONS + ", was " + count);
      }
      connectionCount = count;
      return this;
    }

    /**
     * How long the server may take to accept a connection, or to answer a command, before the call
     * fails; 2 seconds by default. A command that is not answered fails up to a tenth of that, or
     * 100 milliseconds, later, whichever is less, and twice as late if this process itself stood
     * still.
     *
     * @param timeout from 1 millisecond to 10 minutes
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder commandTimeout(Duration timeout) {
      if (timeout.compareTo(Duration.ofMillis(1)) < 0
          || timeout.compareTo(MAX_COMMAND_TIMEOUT) > 0) {
        throw new IllegalArgumentException(
            "commandTimeout must be from 1 millisecond to 10 minutes, was " + timeout);
      }
      commandTimeout = timeout;
      return this;
    }

    /**
     * How large an answer of the server may be; 64 MiB by default. One that says that it is larger
     * is not read: its connection is replaced at once, the session is unreadable ({@link
     * io.latchkey.UnreadableSessionException}, or as {@link #unreadable} says), and other calls in
     * flight on that connection fail with {@link io.latchkey.SessionStoreUnavailableException}. The
     * session can still be deleted. {@link #build} refuses less than a session of {@link
     * #maxSessionSize} and {@link #maxAttributes} needs.
     *
     * @param bytes from 65,536 to 536,870,912
     * @return this builder
     * @throws IllegalArgumentException if it is out of that range
     */
    public Builder maxAnswerSize(int bytes) {
      connection.maxAnswerSize(bytes);
      return this;
    }

    /**
     * Has what must not be undone by a failover wait for replicas: storing a new session (by {@link
     * SessionStore#create} or its first save), {@code rotateId}, {@code renewId} and {@code delete}
     * are answered once so many replicas have confirmed that they have the change. By default, as
     * with all other calls, the primary answers alone, and what it has not passed on when it dies
     * is lost: a visitor who signed out may be signed in again.
     *
     * <p>If fewer replicas confirm it in time, the call signals {@link
     * io.latchkey.SessionStoreUnavailableException} with {@code outcomeUnknown()}: the change is on
     * the primary, and not undone. Repeating the call is right: {@code delete} answers false, a
     * rotation with the same new id, the first save with the session, each once the replicas have
     * it. A repeated {@code create} makes another session; the former one's id is known to nobody,
     * and it ends by its idle timeout.
     *
     * <p>This protects a change as far as one of the replicas that confirmed it takes over.
     * Sentinel and clusters prefer the one that has most, but may take another one: with {@code
     * replicas} being all that a primary has, none can take over that lacks the change. Replicas
     * confirm what they have in memory, not on disk.
     *
     * <p>What it costs: the time that the slowest of these replicas takes to answer its primary, in
     * the same round trip, as the server's {@code WAIT} goes out with the change; two round trips
     * where a repeated call finds the work done, or {@code delete} no session. {@code WAIT} blocks
     * its connection, so these calls have connections of their own, as many again as {@link
     * #connections}, opened when needed; reads and saves do not wait behind them. Changes that come
     * while one waits go out together after it, with one {@code WAIT} for all; so a call may take
     * up to twice the time given here, and four times where a repeated call finds the work done. A
     * server that is full confirms no such call, as it takes a write to ask. The user needs the
     * permission {@code +wait}.
     *
     * @param replicas how many replicas, from 1; more than a primary has makes each of these calls
     *     fail
     * @param within how long to wait for them, from 1 millisecond to half of the {@link
     *     #commandTimeout}
     * @return this builder
     * @throws IllegalArgumentException if one is below that range; {@link #build} refuses a time
     *     that is beyond it
     */
    public Builder acknowledgedBy(int replicas, Duration within) {
      acknowledgement = new Acknowledgement(replicas, within);
      return this;
    }

    /**
     * Whether sessions are read from the replicas that their primary has, so that reads are more
     * than one server can carry; by default all are read from the primary. Works with each URI: one
     * server that has replicas, a primary behind Sentinel, a cluster.
     *
     * <p>This is what it costs: {@link SessionStore#get} and {@link SessionStore#getAll} may answer
     * with what a session was up to 3 seconds ago. <b>A session that another instance deleted can
     * still be read here for as long</b>, by a visitor who signed out, say, or by whoever was
     * signed out; and so can the former id of one that was rotated. An attribute that another
     * instance changed may have its former value. What this store itself wrote it reads back: after
     * each of its own writes to a session, a touch among them, it reads that from the primary until
     * the replicas must have it.
     *
     * <p>Nothing else gets weaker. All changes go to the primary, and are made only to the session
     * as it is there: one that has ended does not come back ({@link
     * io.latchkey.SessionGoneException}), a save upon a former version is merged, or refused under
     * {@link ConflictPolicy#REJECT}, more often than else. {@link SessionStore#update} reads from
     * the primary. That a session is absent, or unreadable, is said by the primary only.
     *
     * <p>A replica is read from while it is proven to be no more than those 3 seconds behind: the
     * primary is asked twice a second, by {@code ROLE}, how far it is and how far each replica has
     * confirmed to be. One that lags more, has lost its primary, cannot be connected or fails is
     * left alone, and its sessions are read from the primary; so are all while there is no
     * connection to the primary, or it does not answer, and in the first seconds. So a primary that
     * is away is not replaced by this: those reads fail as they do without it.
     *
     * <p>A read that finds the session on a replica is one round trip. One that does not, because
     * the session is new, has ended or never was, is two. A replica has a quarter of the {@link
     * #commandTimeout} to answer, the primary what is left of it. Each replica gets as many
     * connections as {@link #connections} says, to the address that it announces ({@code
     * replica-announce-ip} and {@code -port}), with user, password and TLS of the URI; the table of
     * this store's writes takes 1 MB. The user needs the permission {@code +role} on primaries and
     * replicas, on a cluster also {@code +readonly}; without it a warning is logged, and all is
     * read from the primary.
     *
     * @param on true to read from replicas
     * @return this builder
     */
    public Builder readFromReplicas(boolean on) {
      fromReplicas = on;
      return this;
    }

    /**
     * Where user name and password come from, instead of the URI; for those that change. Open
     * connections stay open; the next one that is made, also after a break, signs in with what the
     * provider gives then.
     *
     * @param provider gives the credentials that are valid now, without blocking
     * @return this builder
     */
    public Builder credentials(Credentials.Provider provider) {
      connection.credentials(Objects.requireNonNull(provider, "provider"));
      return this;
    }

    /**
     * Where user name and password for the sentinels come from; by default the store does not sign
     * in to them.
     *
     * @param provider gives the credentials that are valid now, without blocking
     * @return this builder
     */
    public Builder sentinelCredentials(Credentials.Provider provider) {
      connection.sentinelCredentials(Objects.requireNonNull(provider, "provider"));
      return this;
    }

    /**
     * Whose certificates are trusted, with TLS; by default those whom the JDK trusts. The file is
     * read now, and not again.
     *
     * @param pem a file with certificates in PEM, of authorities or of the servers themselves
     * @return this builder
     * @throws IllegalArgumentException if the file cannot be read, or has no certificate in it
     */
    public Builder trustCertificates(Path pem) {
      connection.trustCertificates(Objects.requireNonNull(pem, "pem"));
      return this;
    }

    /**
     * Who decides which certificates are trusted, with TLS; by default the JDK's own.
     *
     * @param trustManager a factory that was initialised
     * @return this builder
     */
    public Builder trustManager(TrustManagerFactory trustManager) {
      connection.trustManager(Objects.requireNonNull(trustManager, "trustManager"));
      return this;
    }

    /**
     * The certificate that is shown to a server which wants one (mutual TLS); none by default. The
     * files are read now, and not again.
     *
     * @param certificatePem a file with the certificate in PEM, and those between it and its
     *     authority
     * @param keyPem a file with its private key in PEM: PKCS#8, not encrypted
     * @return this builder
     * @throws IllegalArgumentException if a file cannot be read, or is not like that
     */
    public Builder clientCertificate(Path certificatePem, Path keyPem) {
      connection.clientCertificate(
          Objects.requireNonNull(certificatePem, "certificatePem"),
          Objects.requireNonNull(keyPem, "keyPem"));
      return this;
    }

    /**
     * Who decides which certificate is shown to a server that wants one (mutual TLS).
     *
     * @param keyManager a factory that was initialised
     * @return this builder
     */
    public Builder keyManager(KeyManagerFactory keyManager) {
      connection.keyManager(Objects.requireNonNull(keyManager, "keyManager"));
      return this;
    }

    /**
     * The name under which servers are asked for with TLS (SNI), and for which their certificate
     * may be made out, beside the host that is connected to. By default it is that host: set it
     * where servers are reached by addresses that their certificate does not have, as those that a
     * cluster or Sentinel tells.
     *
     * @param name the name of a host
     * @return this builder
     * @throws IllegalArgumentException if it is no such name
     */
    public Builder serverName(String name) {
      connection.serverName(Objects.requireNonNull(name, "name"));
      return this;
    }

    /**
     * How the connections are called in the server's {@code CLIENT LIST}; {@code latchkey} by
     * default.
     *
     * @param name 1 to 64 printable characters of ASCII without spaces
     * @return this builder
     * @throws IllegalArgumentException if it is anything else
     */
    public Builder clientName(String name) {
      connection.clientName(Objects.requireNonNull(name, "name"));
      return this;
    }

    /**
     * Builds the store. Opens nothing.
     *
     * @return a store that is not connected yet
     * @throws IllegalArgumentException if {@link #maxAttributeSize} is more than {@link
     *     #maxSessionSize}, if the touch interval is longer than the idle timeout, if {@link
     *     #migrateFrom} names this store's own layout, if {@link #acknowledgedBy} leaves too little
     *     of the {@link #commandTimeout}, if an option needs another URI (with TLS, with sentinels,
     *     without a password), if two options exclude each other, as {@link #migrateFrom} and
     *     {@link #readFromReplicas} do, or if sessions of Spring Session are to be migrated on a
     *     cluster
     */
    public ValkeySessionStore build() {
      checkSources();
      if (cluster) {
        checkCluster();
      }
      if (acknowledgement != null) {
        acknowledgement.check(commandTimeout);
      }
      if (fromReplicas && !sources.isEmpty()) {
        throw new IllegalArgumentException(
            "readFromReplicas and migrateFrom exclude each other: read from the primary until all"
                + " sessions are migrated");
      }
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
      SessionBounds bounds = SessionBounds.of(maxSessionSize, maxAttributeSize, maxAttributes);
      connection.checkAnswersOf(bounds);
      AttributeCodec codec = attributes.codec(bounds);
      Connections connections =
          connection.connections(
              uri, resources, commandTimeout, connectionCount, acknowledgement, fromReplicas);
      SessionKeys sessionKeys = new SessionKeys(namespace);
      Changes changes =
          acknowledgement == null
              ? Changes.unacknowledged(connections)
              : Changes.acknowledged(connections, sessionKeys);
      Function<Connections, SessionBackend> layouts =
          to ->
              switch (layout) {
                case STRING -> new StringLayout(to, changes, sessionKeys, settings, codec);
                case HASH -> new HashLayout(to, changes, sessionKeys, settings, codec);
              };
      SessionBackend backend = layouts.apply(connections);
      if (fromReplicas) {
        backend =
            new ReplicaReads(
                backend,
                layouts.apply(new ReplicaConnections(connections)),
                settings,
                commandTimeout);
      }
      if (!sources.isEmpty()) {
        backend =
            new MigratingBackend(
                backend, layout, sources, connections, changes, sessionKeys, settings, codec);
      }
      return new ValkeySessionStore(
          connections, new SessionEngine(backend, settings, codec, unreadableAttributes));
    }

    private void checkCluster() {
      for (MigrationSource source : sources) {
        if (source.springSession() != null) {
          throw new IllegalArgumentException(
              "migrateFrom cannot name Spring Session on a cluster, where its keys and this"
                  + " store's lie on different nodes");
        }
      }
    }

    private void checkSources() {
      for (MigrationSource source : sources) {
        if (source.layout() == layout) {
          throw new IllegalArgumentException(
              "migrateFrom must name the layout to migrate from, but "
                  + layout
                  + " is this store's");
        }
        MigrationSource.SpringSession spring = source.springSession();
        if (spring != null && namespace.equals(spring.namespace() + ":sessions")) {
          throw new IllegalArgumentException(
              "the namespace '"
                  + namespace
                  + "' is where migrateFrom finds Spring's sessions: choose another namespace");
        }
      }
    }
  }
}
