package io.latchkey.valkey;

import io.latchkey.testing.TestCluster;
import java.time.Duration;

/** The contract on a cluster of three nodes. */
abstract class ClusterContract extends ValkeyContract {
  ClusterContract(Layout layout) {
    super(layout);
  }

  @Override
  String uri() {
    TestCluster cluster = TestCluster.shared();
    cluster.commandAll(ReadmeUser.onServers(SERVER.namespace(), layout(), ReadmeUser.onACluster()));
    return ReadmeUser.in(cluster.uri());
  }

  /** What time does is tested at length on one server. */
  @Override
  protected Duration tick() {
    return Duration.ofMillis(200);
  }
}
