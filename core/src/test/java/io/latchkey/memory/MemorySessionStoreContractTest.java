package io.latchkey.memory;

import io.latchkey.SessionStore;
import io.latchkey.tck.SessionStoreContract;
import io.latchkey.tck.StoreOptions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;

/** The contract, on a clock that is moved. */
class MemorySessionStoreContractTest extends SessionStoreContract {
  private final SettableClock clock = new SettableClock();
  private final Map<String, MemoryBackend.Entry> shared = new HashMap<>();

  @Override
  protected SessionStore newStore(StoreOptions options) {
    MemorySessionStore.Builder builder =
        MemorySessionStore.builder()
            .clock(clock)
            .idleTimeout(options.idleTimeout())
            .touchInterval(options.touchInterval())
            .conflicts(options.conflicts())
            .unreadableAttributes(options.unreadableAttributes());
    if (!options.allowed().isEmpty()) {
      builder.allow(options.allowed().toArray(String[]::new));
    }
    options.attributes().forEach(builder::attribute);
    if (options.absoluteTimeout() != null) {
      builder.absoluteTimeout(options.absoluteTimeout());
    }
    return builder.build(shared);
  }

  @Override
  protected void advance(Duration time) {
    clock.now = clock.now.plus(time);
  }

  private static final class SettableClock extends Clock {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
