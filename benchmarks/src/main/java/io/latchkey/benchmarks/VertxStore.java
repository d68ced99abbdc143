package io.latchkey.benchmarks;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.ext.web.Session;
import io.vertx.ext.web.sstore.redis.RedisSessionStore;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;

/**
 * {@code RedisSessionStore} of Vert.x-Web, on a Redis client with its defaults: a pool of six
 * connections, of which each command takes one for itself. Only the queue for them is longer than
 * the default of 24, which fails the operations that find it full.
 *
 * <p>Commands, one after another: get {@code GET}, {@code PEXPIRE}; put {@code GET} to compare
 * versions, {@code SET PX} of the whole session, changed or not; delete {@code DEL}. A get is a
 * touch, so there is no other. Nothing keeps a put from bringing back what was deleted. A rotation
 * deletes the old session and puts the new one, as Vert.x-Web's session handler does. There is no
 * way to read several sessions at once. A delete does not tell whether there was a session.
 *
 * <p>A request is what that handler does: it gets the session, and puts it before the response,
 * with the new time of the last access.
 *
 * <p>Keys are bare ids, as the store expects a logical database of its own; so it is only run on a
 * server that the benchmark has started.
 */
final class VertxStore implements BenchStore {
  private static final int QUEUE = 100_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Map<String, Object> attributes = new HashMap<>();
  private final Vertx vertx;
  private final RedisSessionStore sessions;

  private VertxStore(Vertx vertx, RedisSessionStore sessions, SessionSize size) {
    this.vertx = vertx;
    this.sessions = sessions;
    // Of lists it takes its own kind only.
    SessionData.attributes(size)
        .forEach(
            (name, value) ->
                attributes.put(name, value instanceof List<?> list ? new JsonArray(list) : value));
  }

  static VertxStore open(String uri, SessionSize size) {
    if (BenchServer.isGiven()) {
      throw new IllegalStateException(
          "Vert.x writes keys without a prefix: run it without -Dlatchkey.uri and LATCHKEY_URI");
    }
    Vertx vertx = Vertx.vertx();
    RedisOptions options =
        new RedisOptions().setConnectionString(BenchServer.redisUri(uri)).setMaxPoolWaiting(QUEUE);
    return new VertxStore(
        vertx, RedisSessionStore.create(vertx, Redis.createClient(vertx, options)), size);
  }

  @Override
  public Mono<String> create() {
    return mono(
        () -> {
          Session session = sessions.createSession(SessionData.IDLE_TIMEOUT.toMillis());
          attributes.forEach(session::put);
          return put(session).map(Session::id);
        });
  }

  @Override
  public Mono<Session> get(String id) {
    return mono(() -> sessions.get(id));
  }

  @Override
  public Mono<Session> getAndTouch(String id) {
    return get(id);
  }

  @Override
  public Mono<Session> getAndSave(String id) {
    return mono(() -> found(id).compose(session -> put(change(session))));
  }

  @Override
  public Mono<Session> saveUnchanged(String id) {
    return mono(() -> found(id).compose(this::put));
  }

  @Override
  public Mono<String> rotate(String id) {
    return mono(
        () ->
            found(id)
                .compose(
                    session -> {
                      session.regenerateId().setAccessed();
                      return sessions.delete(session.oldId()).compose(deleted -> put(session));
                    })
                .map(Session::id));
  }

  @Override
  public Mono<String> delete(String id) {
    return mono(() -> sessions.delete(id).map(deleted -> id));
  }

  @Override
  public Mono<Session> readRequest(String id) {
    return request(id, session -> session);
  }

  @Override
  public Mono<Session> changeRequest(String id) {
    return request(id, VertxStore::change);
  }

  @Override
  public void close() {
    sessions.close();
    mono(vertx::close).block(PATIENCE);
  }

  private Future<Session> found(String id) {
    return sessions
        .get(id)
        .map(session -> Objects.requireNonNull(session, "There is no such session"));
  }

  private Future<Session> put(Session session) {
    return sessions.put(session).map(stored -> session);
  }

  private Mono<Session> request(String id, UnaryOperator<Session> handler) {
    return mono(
        () ->
            found(id)
                .compose(
                    session -> {
                      Objects.requireNonNull(session.<String>get(SessionData.READ));
                      handler.apply(session).setAccessed();
                      return put(session);
                    }));
  }

  private static Session change(Session session) {
    return session.put(SessionData.CHANGED, SessionData.newPage());
  }

  private static <T> Mono<T> mono(Supplier<Future<T>> operation) {
    return Mono.fromCompletionStage(() -> operation.get().toCompletionStage());
  }
}
