package io.latchkey.valkey;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.Marks;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionBackend.Write;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import java.util.Map;

/** What is below a store, for tests that send one command of its twice. */
final class Backends {
  private Backends() {}

  static SessionBackend of(
      Layout layout, Connections connections, SessionKeys keys, AttributeCodec codec) {
    Changes changes = Changes.unacknowledged(connections);
    SessionSettings settings = SessionSettings.DEFAULT;
    return layout == Layout.STRING
        ? new StringLayout(connections, changes, keys, settings, codec)
        : new HashLayout(connections, changes, keys, settings, codec);
  }

  /** A write of the next version, in which nothing but the time of the access is another. */
  static Write next(Snapshot expected) {
    Snapshot next =
        new Snapshot(
            expected.lastAccessedAt() + 1,
            expected.idleMillis(),
            expected.absoluteEnd(),
            expected.version() + 1,
            Marks.next(),
            new Snapshot.PlainBody(
                expected.body().createdAt(), expected.body().attributes(), Map.of()));
    return new Write(expected, next, Map.of());
  }
}
