package io.latchkey.webflux;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionStore;
import io.latchkey.memory.MemorySessionStore;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.WebSessionStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The store that a test runs on: the one place that knows which there are. It writes down the calls
 * that reach the store, and can hold an answer back.
 */
final class TestSessions implements SessionStore, AutoCloseable {
  static final Duration IDLE = Duration.ofMinutes(30);

  /**
   * Where sessions are kept, and by how many instances of the application they are used in turn.
   */
  enum Kind {
    MEMORY,
    STRING,
    HASH,
    STRING_AND_TWO_INSTANCES,
    HASH_AND_TWO_INSTANCES;

    boolean isMemory() {
      return this == MEMORY;
    }

    private Layout layout() {
      return this == HASH || this == HASH_AND_TWO_INSTANCES ? Layout.HASH : Layout.STRING;
    }

    private boolean hasTwoInstances() {
      return this == STRING_AND_TWO_INSTANCES || this == HASH_AND_TWO_INSTANCES;
    }
  }

  /** Options of the store, where a test has any; what is null has its default. */
  record Options(
      @Nullable Duration absoluteTimeout,
      @Nullable Duration touchInterval,
      @Nullable Duration rotationGrace,
      ConflictPolicy conflicts) {
    static final Options DEFAULT = new Options(null, null, null, ConflictPolicy.MERGE);

    static Options absoluteTimeout(Duration timeout) {
      return new Options(timeout, null, null, ConflictPolicy.MERGE);
    }

    static Options touchInterval(Duration interval) {
      return new Options(null, interval, null, ConflictPolicy.MERGE);
    }

    static Options rotationGrace(@Nullable Duration grace) {
      return new Options(null, null, grace, ConflictPolicy.MERGE);
    }

    static Options conflicts(ConflictPolicy conflicts) {
      return new Options(null, null, null, conflicts);
    }

    private static void set(@Nullable Duration option, Consumer<Duration> setter) {
      if (option != null) {
        setter.accept(option);
      }
    }
  }

  final MovableClock clock;
  final List<String> calls;
  private final Kind kind;
  private final ValkeyServer server;
  private final SessionStore store;
  private final @Nullable TestSessions otherInstance;
  private final AtomicReference<Sinks.@Nullable Empty<Void>> gate;

  TestSessions(Kind kind, ValkeyServer server) {
    this(kind, server, Options.DEFAULT);
  }

  TestSessions(Kind kind, ValkeyServer server, Options options) {
    this.kind = kind;
    this.server = server;
    this.clock = new MovableClock();
    this.calls = new CopyOnWriteArrayList<>();
    this.gate = new AtomicReference<>();
    this.store = kind.isMemory() ? memory(options) : valkey(options);
    this.otherInstance = kind.hasTwoInstances() ? new TestSessions(this, valkey(options)) : null;
  }

  private TestSessions(TestSessions first, SessionStore store) {
    this.kind = first.kind;
    this.server = first.server;
    this.clock = first.clock;
    this.calls = first.calls;
    this.gate = first.gate;
    this.store = store;
    this.otherInstance = null;
  }

  private SessionStore memory(Options options) {
    var builder = MemorySessionStore.builder().clock(clock).conflicts(options.conflicts);
    Options.set(options.absoluteTimeout, builder::absoluteTimeout);
    Options.set(options.touchInterval, builder::touchInterval);
    Options.set(options.rotationGrace, builder::rotationGrace);
    return builder.build();
  }

  private SessionStore valkey(Options options) {
    var builder =
        ValkeySessionStore.builder(server.uri())
            .namespace(server.namespace())
            .layout(kind.layout())
            .clock(clock)
            .conflicts(options.conflicts);
    Options.set(options.absoluteTimeout, builder::absoluteTimeout);
    Options.set(options.touchInterval, builder::touchInterval);
    Options.set(options.rotationGrace, builder::rotationGrace);
    return builder.build();
  }

  /** Lets time pass, without waiting: takes it off what the server's keys have left. */
  void advance(Duration time) {
    clock.advance(time);
    if (!kind.isMemory()) {
      for (String key : server.keys()) {
        if (server.command("PTTL", key) instanceof Long left && left >= 0) {
          server.command("PEXPIRE", key, String.valueOf(left - time.toMillis()));
        }
      }
    }
  }

  @Override
  public void close() {
    if (store instanceof ValkeySessionStore valkey) {
      valkey.close();
    }
    if (otherInstance != null) {
      otherInstance.close();
    }
  }

  /** The web sessions; with two instances, of each in turn. */
  WebSessionStore web() {
    return web(UnaryOperator.identity());
  }

  /** The web sessions with options. */
  WebSessionStore web(UnaryOperator<LatchkeyWebSessionStore.Builder> options) {
    List<WebSessionStore> instances = webOfEachInstance(options);
    return instances.size() == 1
        ? instances.get(0)
        : new InTurn(instances.get(0), instances.get(1));
  }

  /** The web sessions of one instance, or of each of two. */
  List<WebSessionStore> webOfEachInstance(UnaryOperator<LatchkeyWebSessionStore.Builder> options) {
    WebSessionStore mine =
        options.apply(LatchkeyWebSessionStore.builder(this).clock(clock)).build();
    if (otherInstance == null) {
      return List.of(mine);
    }
    return List.of(
        mine, options.apply(LatchkeyWebSessionStore.builder(otherInstance).clock(clock)).build());
  }

  /** What is done to the session from here on is held until the gate is opened by completion. */
  Sinks.Empty<Void> holdAnswers() {
    Sinks.Empty<Void> held = Sinks.empty();
    gate.set(held);
    return held;
  }

  private <T> Mono<T> called(String name, Mono<T> call) {
    return Mono.defer(
        () -> {
          calls.add(name);
          Sinks.Empty<Void> held = gate.get();
          return held == null ? call : call.flatMap(value -> held.asMono().thenReturn(value));
        });
  }

  @Override
  public Session newSession() {
    return store.newSession();
  }

  @Override
  public Mono<Session> create(Map<String, ?> attributes) {
    return called("create", store.create(attributes));
  }

  @Override
  public Mono<Session> get(String id) {
    return called("get", store.get(id));
  }

  @Override
  public Flux<Session> getAll(Collection<String> ids) {
    return store.getAll(ids);
  }

  @Override
  public Mono<Session> save(Session session) {
    return called("save", store.save(session));
  }

  @Override
  public Mono<Boolean> touch(Session session) {
    return called("touch", store.touch(session));
  }

  @Override
  public Mono<Session> rotateId(Session session) {
    return called("rotateId", store.rotateId(session));
  }

  @Override
  public Mono<Session> rotateId(Session session, Duration grace) {
    return called("rotateId", store.rotateId(session, grace));
  }

  /** Written down only if it changes the id. */
  @Override
  public Mono<Session> renewId(Session session, Duration age, Duration grace) {
    return store
        .renewId(session, age, grace)
        .doOnNext(
            renewed -> {
              if (!renewed.id().equals(session.id())) {
                calls.add("renewId");
              }
            });
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return called("delete", store.delete(id));
  }

  @Override
  public Mono<Session> update(String id, Function<Session, Mono<Session>> change) {
    return called("update", store.update(id, change));
  }

  /** Two instances of the application, of which each gets every second call. */
  private static final class InTurn implements WebSessionStore {
    private final WebSessionStore one;
    private final WebSessionStore other;
    private final AtomicInteger calls = new AtomicInteger();

    InTurn(WebSessionStore one, WebSessionStore other) {
      this.one = one;
      this.other = other;
    }

    private WebSessionStore next() {
      return calls.getAndIncrement() % 2 == 0 ? one : other;
    }

    @Override
    public Mono<WebSession> createWebSession() {
      return Mono.defer(() -> next().createWebSession());
    }

    @Override
    public Mono<WebSession> retrieveSession(String sessionId) {
      return Mono.defer(() -> next().retrieveSession(sessionId));
    }

    @Override
    public Mono<Void> removeSession(String sessionId) {
      return Mono.defer(() -> next().removeSession(sessionId));
    }

    @Override
    public Mono<WebSession> updateLastAccessTime(WebSession webSession) {
      return Mono.defer(() -> next().updateLastAccessTime(webSession));
    }

    @Override
    public String toString() {
      return one.toString() + other;
    }
  }

  static final class MovableClock extends Clock {
    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

    /** Lets time pass. */
    void advance(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }
}
