package io.latchkey.valkey;

/** The contract on the STRING layout with DIGEST keys. */
class StringDigestContractTest extends ValkeyContract {
  StringDigestContractTest() {
    super(Layout.STRING, Keys.DIGEST);
  }
}
