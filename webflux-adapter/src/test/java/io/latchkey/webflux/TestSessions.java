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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The store that a test runs on: the one place that knows which there are. It writes down the calls
 * that reach the store, and can hold an answer back.
 */
final class TestSessions implements SessionStore, AutoCloseable {
  static final Duration IDLE = Duration.ofMinutes(30);

  /** Where sessions are kept. */
  enum Kind {
    MEMORY,
    STRING,
    HASH
  }

  final MovableClock clock = new MovableClock();
  final List<String> calls = new CopyOnWriteArrayList<>();
  private final Kind kind;
  private final ValkeyServer server;
  private final SessionStore store;
  private volatile Sinks.@Nullable Empty<Void> gate;

  TestSessions(Kind kind, ValkeyServer server) {
    this(kind, server, null, ConflictPolicy.MERGE);
  }

  TestSessions(
      Kind kind, ValkeyServer server, @Nullable Duration absolute, ConflictPolicy conflicts) {
    this.kind = kind;
    this.server = server;
    this.store = kind == Kind.MEMORY ? memory(absolute, conflicts) : valkey(absolute, conflicts);
  }

  private SessionStore memory(@Nullable Duration absolute, ConflictPolicy conflicts) {
    var builder = MemorySessionStore.builder().clock(clock).conflicts(conflicts);
    return (absolute == null ? builder : builder.absoluteTimeout(absolute)).build();
  }

  private SessionStore valkey(@Nullable Duration absolute, ConflictPolicy conflicts) {
    var builder =
        ValkeySessionStore.builder(server.uri())
            .namespace(server.namespace())
            .layout(kind == Kind.HASH ? Layout.HASH : Layout.STRING)
            .clock(clock)
            .conflicts(conflicts);
    return (absolute == null ? builder : builder.absoluteTimeout(absolute)).build();
  }

  /** Lets time pass, without waiting: takes it off what the server's keys have left. */
  void advance(Duration time) {
    clock.now = clock.now.plus(time);
    if (kind != Kind.MEMORY) {
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
  }

  /** A second instance of the application: another adapter over the same sessions. */
  LatchkeyWebSessionStore web() {
    return new LatchkeyWebSessionStore(this, clock);
  }

  /** What is done to the session from here on is held until the gate is opened by completion. */
  Sinks.Empty<Void> holdAnswers() {
    Sinks.Empty<Void> held = Sinks.empty();
    gate = held;
    return held;
  }

  private <T> Mono<T> called(String name, Mono<T> call) {
    return Mono.defer(
        () -> {
          calls.add(name);
          Sinks.Empty<Void> held = gate;
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
  public Mono<Boolean> delete(String id) {
    return called("delete", store.delete(id));
  }

  @Override
  public Mono<Session> update(String id, Function<Session, Mono<Session>> change) {
    return called("update", store.update(id, change));
  }

  static final class MovableClock extends Clock {
    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

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
