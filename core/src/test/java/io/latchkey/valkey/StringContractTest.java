package io.latchkey.valkey;

/** The contract on the STRING layout. */
class StringContractTest extends ValkeyContract {
  StringContractTest() {
    super(Layout.STRING);
  }
}
