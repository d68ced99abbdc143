package io.latchkey.valkey;

/** The contract on a cluster with the HASH layout. */
class ClusterHashContractTest extends ClusterContract {
  ClusterHashContractTest() {
    super(Layout.HASH);
  }
}
