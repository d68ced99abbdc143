package io.latchkey.valkey;

import io.latchkey.testing.TestCluster;
import java.time.Duration;

/** The contract on a cluster of three nodes. */
class ClusterContractTest extends ValkeyContract {
  ClusterContractTest() {
    super(Layout.STRING, Keys.DIGEST);
  }

  @Override
  String uri() {
    return TestCluster.shared().uri();
  }

  /** What time does is tested at length on one server. */
  @Override
  protected Duration tick() {
    return Duration.ofMillis(200);
  }
}
