package io.latchkey.benchmarks;

import io.latchkey.Session;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/**
 * Latchkey's store for Valkey, with its defaults but for the namespace and a long idle timeout.
 *
 * <p>Commands, with the layout {@code STRING}: create {@code SET NX PX}; get {@code GET}; touch,
 * save, rotation and delete one script each; a save of what did not change, none; getAll one {@code
 * GET} for each id, in one write. With {@code HASH} create is a script and get {@code HGETALL}.
 *
 * <p>A request reads the session, and writes what it changed. A touch would come beside the read
 * once per touch interval, which no run of JMH is long enough to see.
 */
final class LatchkeyStore implements BenchStore {
  private final Map<String, Object> attributes;
  private final ValkeySessionStore sessions;

  private LatchkeyStore(ValkeySessionStore sessions, SessionSize size) {
    this.sessions = sessions;
    this.attributes = SessionData.attributes(size);
  }

  static LatchkeyStore open(String uri, SessionSize size, Layout layout, Duration touchInterval) {
    return new LatchkeyStore(
        ValkeySessionStore.builder(uri)
            .namespace(SessionData.NAMESPACE)
            .layout(layout)
            .idleTimeout(SessionData.IDLE_TIMEOUT)
            .touchInterval(touchInterval)
            .build(),
        size);
  }

  @Override
  public Mono<String> create() {
    return sessions.create(attributes).map(Session::id);
  }

  @Override
  public Mono<Session> get(String id) {
    return sessions.get(id);
  }

  @Override
  public Mono<Boolean> getAndTouch(String id) {
    return sessions.get(id).flatMap(sessions::touch).filter(touched -> touched);
  }

  @Override
  public Mono<Session> getAndSave(String id) {
    return sessions.get(id).flatMap(session -> sessions.save(change(session)));
  }

  @Override
  public Mono<Session> saveUnchanged(String id) {
    return sessions.get(id).flatMap(sessions::save);
  }

  @Override
  public Mono<String> rotate(String id) {
    return sessions.get(id).flatMap(sessions::rotateId).map(Session::id);
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return sessions.delete(id).filter(deleted -> deleted);
  }

  @Override
  public Mono<List<Session>> getAll(List<String> ids) {
    return sessions.getAll(ids).collectList().filter(found -> found.size() == ids.size());
  }

  @Override
  public Mono<String> readRequest(String id) {
    return sessions.get(id).map(LatchkeyStore::read);
  }

  @Override
  public Mono<Session> changeRequest(String id) {
    return sessions
        .get(id)
        .flatMap(
            session -> {
              read(session);
              return sessions.save(change(session));
            });
  }

  @Override
  public void close() {
    sessions.closeAsync().block();
  }

  private static String read(Session session) {
    return session.get(SessionData.READ, String.class).orElseThrow();
  }

  private static Session change(Session session) {
    return session.set(SessionData.CHANGED, SessionData.newPage());
  }
}
