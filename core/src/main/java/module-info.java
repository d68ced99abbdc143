/** Sessions in Valkey for reactive Java services. */
@SuppressWarnings("module") // the adapter is not there yet when this is built
module io.latchkey.core {
  requires transitive org.jspecify;
  requires transitive org.reactivestreams;
  requires transitive reactor.core;
  requires transitive lettuce.core;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver;
  requires io.netty.transport;
  requires com.fasterxml.jackson.annotation;
  requires org.slf4j;
  requires tools.jackson.core;
  requires tools.jackson.databind;

  // Applications that make images of their process bring this.
  requires static org.crac;

  exports io.latchkey;
  exports io.latchkey.codec to
      io.latchkey.webflux;
  exports io.latchkey.internal to
      io.latchkey.webflux;
  exports io.latchkey.memory;
  exports io.latchkey.valkey;
}
