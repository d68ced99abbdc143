package io.latchkey.valkey;

import org.junit.jupiter.api.Tag;

/** The contract on a cluster with the HASH layout. */
@Tag("thorough")
class ClusterHashContractTest extends ClusterContract {
  ClusterHashContractTest() {
    super(Layout.HASH);
  }
}
