package io.latchkey.valkey;

import io.latchkey.testing.TestCluster;

/** The contract on a cluster of three nodes. */
class ClusterContractTest extends ValkeyContract {
  ClusterContractTest() {
    super(Layout.STRING, Keys.DIGEST);
  }

  @Override
  String uri() {
    return TestCluster.shared().uri();
  }
}
