/** Sessions in Valkey for reactive Java services. */
module io.latchkey.core {
  requires transitive org.jspecify;
  requires transitive org.reactivestreams;
  requires transitive reactor.core;
  requires transitive lettuce.core;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver;
  requires io.netty.transport;
  requires org.slf4j;
  requires tools.jackson.core;
  requires tools.jackson.databind;

  exports io.latchkey;
  exports io.latchkey.memory;
  exports io.latchkey.valkey;
}
