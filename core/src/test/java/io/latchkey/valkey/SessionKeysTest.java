package io.latchkey.valkey;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.internal.SessionIds;
import io.lettuce.core.cluster.SlotHash;
import org.junit.jupiter.api.Test;

class SessionKeysTest {
  private final SessionIds ids = new SessionIds();

  @Test
  void bothKeysOfARotationLieInOneSlotOfACluster() {
    SessionKeys keys = new SessionKeys("latchkey", Keys.DIGEST);
    for (int i = 0; i < 1000; i++) {
      String id = ids.next();
      byte[] rotated = keys.key(ids.nextAfter(id));
      assertThat(rotated).isNotEqualTo(keys.key(id));
      assertThat(SlotHash.getSlot(rotated)).isEqualTo(SlotHash.getSlot(keys.key(id)));
    }
  }
}
