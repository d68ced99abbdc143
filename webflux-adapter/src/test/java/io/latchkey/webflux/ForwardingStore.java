package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Another store, for a test to change one call of. */
class ForwardingStore implements SessionStore {
  private final SessionStore store;

  ForwardingStore(SessionStore store) {
    this.store = store;
  }

  @Override
  public Session newSession() {
    return store.newSession();
  }

  @Override
  public Mono<Session> create(Map<String, ?> attributes) {
    return store.create(attributes);
  }

  @Override
  public Mono<Session> get(String id) {
    return store.get(id);
  }

  @Override
  public Flux<Session> getAll(Collection<String> ids) {
    return store.getAll(ids);
  }

  @Override
  public Mono<Session> save(Session session) {
    return store.save(session);
  }

  @Override
  public Mono<Boolean> touch(Session session) {
    return store.touch(session);
  }

  @Override
  public Mono<Session> rotateId(Session session) {
    return store.rotateId(session);
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return store.delete(id);
  }

  @Override
  public Mono<Session> update(String id, Function<Session, Mono<Session>> change) {
    return store.update(id, change);
  }
}
