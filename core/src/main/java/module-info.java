/** Sessions in Valkey for reactive Java services. */
module io.latchkey.core {
  requires transitive org.jspecify;
  requires transitive org.reactivestreams;
  requires transitive reactor.core;
  requires org.slf4j;
  requires tools.jackson.databind;

  exports io.latchkey;
  exports io.latchkey.memory;
}
