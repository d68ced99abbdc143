package io.latchkey.benchmarks;

import io.latchkey.Session;
import io.latchkey.valkey.ValkeySessionStore;
import java.util.Map;
import reactor.core.publisher.Mono;

/** Latchkey's store for Valkey, with its defaults but for the namespace and a long idle timeout. */
final class LatchkeyStore implements BenchStore {
  private final Map<String, Object> attributes = SessionData.attributes();
  private final ValkeySessionStore sessions;

  private LatchkeyStore(ValkeySessionStore sessions) {
    this.sessions = sessions;
  }

  static LatchkeyStore open(String uri) {
    return new LatchkeyStore(
        ValkeySessionStore.builder(uri)
            .namespace(SessionData.NAMESPACE)
            .idleTimeout(SessionData.IDLE_TIMEOUT)
            .build());
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
  public void close() {
    sessions.closeAsync().block();
  }
}
