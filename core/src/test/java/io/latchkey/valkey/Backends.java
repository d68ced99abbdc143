package io.latchkey.valkey;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SecretDigest;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionBackend.Rotation;
import io.latchkey.internal.SessionBackend.Write;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.latchkey.internal.WriteToken;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
    return next(expected, expected.digest(), null);
  }

  /** A rotation without a grace. */
  static Write rotation(Snapshot expected, SessionId newId) {
    return next(expected, newId.digest(), new Rotation(null, 0));
  }

  private static Write next(Snapshot expected, SecretDigest digest, @Nullable Rotation rotation) {
    Snapshot next =
        new Snapshot(
            expected.lastAccessedAt() + 1,
            expected.idleMillis(),
            expected.absoluteEnd(),
            expected.version() + 1,
            WriteToken.next(),
            digest,
            new Snapshot.PlainBody(
                expected.body().createdAt(), expected.body().attributes(), Map.of()));
    return new Write(expected, next, Map.of(), rotation);
  }
}
