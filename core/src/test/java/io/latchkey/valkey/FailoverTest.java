package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server that took over has not the last saves of the one that failed. */
class FailoverTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  @Test
  void aSaveBuildsUponTheOlderVersionThatIsLeft() {
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(SERVER.uri()).namespace(SERVER.namespace()).build()) {
      Session session = created(store);
      String key = SERVER.keys().iterator().next();
      String older = String.valueOf(SERVER.command("GET", key));
      value(store.save(session.set("lost", true)));
      SERVER.command("SET", key, older, "PX", "60000");
      value(store.save(session.set("late", true)));
      assertThat(value(store.get(session.id())).names()).containsExactlyInAnyOrder("user", "late");
      assertThat(store.stats().conflicts()).isEqualTo(1);
    }
  }
}
