package io.latchkey.valkey;

/** The contract on the HASH layout. */
class HashContractTest extends ValkeyContract {
  HashContractTest() {
    super(Layout.HASH);
  }
}
