package io.latchkey.valkey;

import io.latchkey.testing.TestSentinels;
import java.time.Duration;

/** The contract on a primary that sentinels look after. */
class SentinelContractTest extends ValkeyContract {
  SentinelContractTest() {
    super(Layout.STRING, Keys.DIGEST);
  }

  @Override
  String uri() {
    return TestSentinels.shared().uri();
  }

  /** What time does is tested at length on one server. */
  @Override
  protected Duration tick() {
    return Duration.ofMillis(200);
  }
}
