package io.latchkey.tck;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;

/** One part of the contract: with two stores on the same storage, as two instances would have. */
abstract class ContractTopic {
  static final String UNKNOWN_ID = "A".repeat(40);

  final SessionStoreContract kit;
  private SessionStore store;
  private SessionStore other;

  @SuppressWarnings("NullAway.Init") // The stores are opened before each test.
  ContractTopic(SessionStoreContract kit) {
    this.kit = kit;
  }

  @BeforeEach
  void openStores() {
    store = kit.open(options());
    other = kit.open(options());
  }

  /** What the two stores are like. */
  StoreOptions options() {
    return StoreOptions.DEFAULT;
  }

  final SessionStore store() {
    return store;
  }

  /** Another store on the same storage. */
  final SessionStore other() {
    return other;
  }

  final Session created() {
    return created(Map.of());
  }

  final Session created(Map<String, ?> attributes) {
    return Signals.value(store.create(attributes));
  }

  /** The session as another instance sees it now. */
  final Session stored(Session session) {
    return Signals.value(other.get(session.id()));
  }

  final void assertGone(String id) {
    Signals.assertEmpty(store.get(id));
    Signals.assertEmpty(other.get(id));
  }

  /** Whether the session is there, without counting as an access to it. */
  final boolean isThere(String id) {
    return !Signals.all(other.getAll(List.of(id))).isEmpty();
  }
}
