package io.latchkey.valkey;

/** The contract on a cluster with the STRING layout. */
class ClusterStringContractTest extends ClusterContract {
  ClusterStringContractTest() {
    super(Layout.STRING);
  }
}
