package io.latchkey.valkey;

/** The contract on the HASH layout with DIGEST keys. */
class HashDigestContractTest extends ValkeyContract {
  HashDigestContractTest() {
    super(Layout.HASH, Keys.DIGEST);
  }
}
