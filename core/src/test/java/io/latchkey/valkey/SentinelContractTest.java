package io.latchkey.valkey;

import io.latchkey.testing.TestSentinels;
import java.time.Duration;

/** The contract on a primary that sentinels look after, with changes that wait for its replica. */
class SentinelContractTest extends ValkeyContract {
  SentinelContractTest() {
    super(Layout.STRING, Keys.DIGEST);
  }

  @Override
  String uri() {
    return TestSentinels.shared().uri();
  }

  @Override
  void configure(ValkeySessionStore.Builder builder) {
    builder.acknowledgedBy(1, Duration.ofSeconds(5)).commandTimeout(Duration.ofSeconds(10));
  }

  /** What time does is tested at length on one server. */
  @Override
  protected Duration tick() {
    return Duration.ofMillis(200);
  }
}
