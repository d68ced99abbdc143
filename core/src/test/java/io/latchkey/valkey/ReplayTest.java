package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.value;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionBackend.Write;
import io.latchkey.internal.SessionBackend.WriteResult;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The very same write, run a second time, or late. */
class ReplayTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final Duration SHORT = Duration.ofMinutes(1);

  private final Connections connections =
      new ConnectionOptions()
          .connections(SERVER.uri(), null, Duration.ofSeconds(10), 1, null, false);

  @AfterEach
  void close() {
    connections.close().block();
  }

  @ParameterizedTest
  @EnumSource
  void aSecondRunOfAWriteChangesNothingAndKnowsItsOwnWork(Layout layout) {
    SessionId id = created(layout);
    SessionBackend backend = backend(layout);
    Write afterARead = Backends.next(value(backend.read(id)));
    Write afterAWrite = Backends.next(afterARead.next());
    assertKnowsItsOwnWork(backend, id, afterARead);
    assertKnowsItsOwnWork(backend, id, afterAWrite);
  }

  @ParameterizedTest
  @EnumSource
  void aRunAfterAnotherWriteWritesNothing(Layout layout) {
    SessionId id = created(layout);
    Stored stored = Stored.of(SERVER, id.text());
    SessionBackend backend = backend(layout);
    Write first = Backends.next(value(backend.read(id)));
    value(backend.write(id, first));
    Write second = Backends.next(first.next());
    value(backend.write(id, second));
    String before = stored.dump();
    assertThat(value(backend.write(id, first)))
        .isInstanceOfSatisfying(
            WriteResult.Conflict.class,
            conflict -> assertThat(conflict.current().token()).isEqualTo(second.next().token()));
    assertThat(stored.dump()).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void aSecondRunOfARotationChangesNothingAndKnowsItsOwnWork(Layout layout) {
    SessionId id = created(layout);
    SessionBackend backend = backend(layout);
    SessionId newId = new SessionIds().nextAfter(id);
    assertKnowsItsOwnWork(backend, id, Backends.rotation(value(backend.read(id)), newId));
    assertThat(backend.read(id).blockOptional()).isEmpty();
    assertThat(backend.read(newId).blockOptional()).isPresent();
  }

  @ParameterizedTest
  @EnumSource
  void aRunAfterTheDeletionBringsNothingBack(Layout layout) {
    SessionId id = created(layout);
    Stored stored = Stored.of(SERVER, id.text());
    SessionBackend backend = backend(layout);
    Write write = Backends.next(value(backend.read(id)));
    value(backend.delete(id));
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.GONE);
    assertThat(stored.exists()).isFalse();
  }

  private static void assertKnowsItsOwnWork(SessionBackend backend, SessionId id, Write write) {
    Stored stored = Stored.of(SERVER, id.text());
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.WRITTEN);
    String before = stored.dump();
    stored.expireIn(SHORT);
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.WRITTEN);
    assertThat(stored.dump()).isEqualTo(before);
    assertThat(stored.timeToLive()).isLessThanOrEqualTo(SHORT);
  }

  private SessionBackend backend(Layout layout) {
    SessionKeys keys = new SessionKeys(SERVER.namespace());
    return Backends.of(layout, connections, keys, new AttributeCodec());
  }

  private static SessionId created(Layout layout) {
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(SERVER.uri())
            .namespace(SERVER.namespace())
            .layout(layout)
            .build()) {
      return requireNonNull(SessionId.parse(Sessions.created(store).id()));
    }
  }
}
