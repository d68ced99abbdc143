package io.latchkey.valkey;

import static io.latchkey.valkey.Backends.next;
import static io.latchkey.valkey.Backends.rotation;
import static io.latchkey.valkey.MigrationStores.content;
import static io.latchkey.valkey.MigrationStores.other;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionBackend.Write;
import io.latchkey.internal.SessionBackend.WriteResult;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.latchkey.internal.SessionSettings;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.MigrationSpringSide.Serializer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The very same command that migrates, run a second time, as Lettuce may after a reconnect. */
class MigrationReplayTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final AttributeCodec codec = new AttributeCodec();
  private final SessionIds ids = new SessionIds();
  private final Connections connections =
      new ConnectionOptions().connections(SERVER.uri(), null, TIMEOUT, 1, null, false);

  @BeforeEach
  void deleteKeys() {
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
  }

  @AfterEach
  void close() {
    connections.close().block();
  }

  @ParameterizedTest
  @CsvSource({"STRING,false", "STRING,true", "HASH,false", "HASH,true"})
  void aSecondRunOfTheWriteChangesNothingAndKnowsItsOwnWork(Layout layout, boolean spring) {
    SessionBackend backend = backend(layout);
    SessionId id = unmigrated(layout, spring);
    Write write = next(value(backend.read(id)));
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.WRITTEN);
    Map<String, String> before = content(SERVER, SERVER.keys());
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.WRITTEN);
    assertThat(content(SERVER, SERVER.keys())).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"STRING,false", "STRING,true", "HASH,false", "HASH,true"})
  void aRunAfterSomebodyElsesSaveWritesNothing(Layout layout, boolean spring) {
    SessionBackend backend = backend(layout);
    SessionId id = unmigrated(layout, spring);
    Write write = next(value(backend.read(id)));
    value(backend.write(id, write));
    value(backend.write(id, next(value(backend.read(id)))));
    Map<String, String> before = content(SERVER, SERVER.keys());
    assertThat(value(backend.write(id, write))).isInstanceOf(WriteResult.Conflict.class);
    assertThat(content(SERVER, SERVER.keys())).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"STRING,false", "STRING,true", "HASH,false", "HASH,true"})
  void aRunAfterTheDeletionBringsNothingBack(Layout layout, boolean spring) {
    SessionBackend backend = backend(layout);
    SessionId id = unmigrated(layout, spring);
    Write write = next(value(backend.read(id)));
    value(backend.write(id, write));
    value(backend.delete(id));
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.GONE);
    assertThat(SERVER.keys()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"STRING,false", "STRING,true", "HASH,false", "HASH,true"})
  void aSecondRunOfTheRotationChangesNothingAndKnowsItsOwnWork(Layout layout, boolean spring) {
    SessionBackend backend = backend(layout);
    SessionId id = unmigrated(layout, spring);
    SessionId newId = ids.nextAfter(id);
    Write write = rotation(value(backend.read(id)), newId);
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.WRITTEN);
    Map<String, String> before = content(SERVER, SERVER.keys());
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.WRITTEN);
    assertThat(content(SERVER, SERVER.keys())).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"STRING,false", "STRING,true", "HASH,false", "HASH,true"})
  void aRunOfTheRotationAfterTheDeletionBringsNothingBack(Layout layout, boolean spring) {
    SessionBackend backend = backend(layout);
    SessionId id = unmigrated(layout, spring);
    SessionId newId = ids.nextAfter(id);
    Write write = rotation(value(backend.read(id)), newId);
    value(backend.write(id, write));
    value(backend.delete(newId));
    assertThat(value(backend.write(id, write))).isEqualTo(WriteResult.GONE);
    assertThat(SERVER.keys()).isEmpty();
  }

  private SessionId unmigrated(Layout layout, boolean spring) {
    if (spring) {
      try (MigrationSpringSide side =
          new MigrationSpringSide(SERVER.uri(), SERVER.namespace() + ":spring", Serializer.JDK)) {
        return requireNonNull(SessionId.parseUuid(side.create(s -> s.setAttribute("user", "ada"))));
      }
    }
    try (ValkeySessionStore store =
        MigrationStores.builder(SERVER.uri(), SERVER.namespace(), other(layout)).build()) {
      return requireNonNull(SessionId.parse(created(store).id()));
    }
  }

  private SessionBackend backend(Layout layout) {
    SessionKeys keys = new SessionKeys(SERVER.namespace());
    SessionSettings settings = SessionSettings.DEFAULT;
    Changes changes = Changes.unacknowledged(connections);
    SessionBackend target = Backends.of(layout, connections, keys, codec);
    List<MigrationSource> sources =
        List.of(
            MigrationSource.layout(other(layout)),
            MigrationSource.springSession(
                SERVER.namespace() + ":spring", Serializer.JDK.serializer::deserialize));
    return new MigratingBackend(
        target, layout, sources, connections, changes, keys, settings, codec);
  }
}
