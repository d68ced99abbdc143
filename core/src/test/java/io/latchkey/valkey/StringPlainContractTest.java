package io.latchkey.valkey;

/** The contract on the STRING layout with PLAIN keys. */
class StringPlainContractTest extends ValkeyContract {
  StringPlainContractTest() {
    super(Layout.STRING, Keys.PLAIN);
  }
}
