package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.UnreadableSessionException;
import io.latchkey.tck.ValkeyServer;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A hash that lost a field is half a session: nothing may make a whole one of it. */
class DamagedHashTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  @ParameterizedTest
  @EnumSource(names = {"GET", "GET_ALL", "SAVE", "TOUCH", "UPDATE", "ROTATE_ID"})
  void aHashThatLostAFieldIsUnreadableAndLeftAlone(Call call) {
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(SERVER.uri())
            .namespace(SERVER.namespace())
            .layout(Layout.HASH)
            .build()) {
      Session session = created(store);
      Session kept = Sessions.value(store.save(session.set("kept", 1)));
      String key = keyOfAWholeSession();
      SERVER.command("HDEL", key, "a:user");
      Object left = SERVER.command("HGETALL", key);
      assertThat(error(Mono.from(Flux.from(call.on(store, kept)))))
          .isInstanceOf(UnreadableSessionException.class);
      assertThat(SERVER.command("HGETALL", key)).isEqualTo(left);
    }
  }

  /** The scripts for all forms at once. */
  @ParameterizedTest
  @EnumSource(names = {"GET", "GET_ALL", "SAVE", "TOUCH", "UPDATE", "ROTATE_ID"})
  void aStoreThatMigratesLeavesItAloneToo(Call call) {
    try (ValkeySessionStore hashes =
            ValkeySessionStore.builder(SERVER.uri())
                .namespace(SERVER.namespace())
                .layout(Layout.HASH)
                .build();
        ValkeySessionStore migrating =
            ValkeySessionStore.builder(SERVER.uri())
                .namespace(SERVER.namespace())
                .migrateFrom(MigrationSource.layout(Layout.HASH))
                .build()) {
      Session session = created(hashes);
      Session read = Sessions.value(migrating.get(session.id()));
      String key = keyOfAWholeSession();
      SERVER.command("HDEL", key, "a:user");
      Object left = SERVER.command("HGETALL", key);
      assertThat(error(Mono.from(Flux.from(call.on(migrating, read)))))
          .isInstanceOf(UnreadableSessionException.class);
      assertThat(SERVER.command("HGETALL", key)).isEqualTo(left);
    }
  }

  private static String keyOfAWholeSession() {
    return SERVER.keys().stream()
        .filter(name -> Long.valueOf(1).equals(SERVER.command("HEXISTS", name, "a:user")))
        .findFirst()
        .orElseThrow();
  }
}
