package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.lettuce.core.cluster.SlotHash;
import org.junit.jupiter.api.Test;

class SessionKeysTest {
  private final SessionIds ids = new SessionIds();
  private final SessionKeys keys = new SessionKeys("latch:key");

  @Test
  void theKeyIsTheNamespaceAndTheLocatorForAsLongAsTheSessionLasts() {
    SessionId id = ids.next();
    assertThat(new String(keys.key(id), UTF_8)).isEqualTo("latch:key:" + id.locator());
    assertThat(keys.key(ids.nextAfter(id))).isEqualTo(keys.key(id));
    assertThat(SessionKeys.locator(keys.key(id))).isEqualTo(id.locatorBytes());
  }

  @Test
  void whatBelongsToASessionIsInItsSlot() {
    for (int i = 0; i < 1000; i++) {
      SessionId id = ids.next();
      int slot = SlotHash.getSlot(keys.key(id));
      assertThat(SlotHash.getSlot(keys.salt(id, "k3JbV0sQ9xTa"))).isEqualTo(slot);
      assertThat(SlotHash.getSlot(keys.fence(keys.key(id)))).isEqualTo(slot);
    }
  }
}
