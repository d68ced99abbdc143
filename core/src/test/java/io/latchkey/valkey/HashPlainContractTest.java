package io.latchkey.valkey;

/** The contract on the HASH layout with PLAIN keys. */
class HashPlainContractTest extends ValkeyContract {
  HashPlainContractTest() {
    super(Layout.HASH, Keys.PLAIN);
  }
}
