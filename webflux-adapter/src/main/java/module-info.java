/** Latchkey's sessions as the web sessions of a Spring WebFlux application, on Boot or without. */
module io.latchkey.webflux {
  requires transitive io.latchkey.core;
  requires transitive spring.web;
  requires spring.core;
  requires io.netty.transport;
  requires org.slf4j;

  // Where the application is served by it.
  requires static reactor.netty.core;
  requires static reactor.netty.http;

  // Boot alone needs these, and brings them.
  requires static spring.beans;
  requires static spring.context;
  requires static spring.boot;
  requires static spring.boot.autoconfigure;
  requires static spring.boot.data.redis;
  requires static spring.boot.docker.compose;
  requires static spring.boot.testcontainers;
  requires static spring.boot.web.server;
  requires static testcontainers;

  // Spring Session alone needs this, and brings it.
  requires static spring.session.core;

  // Spring Security alone needs these, and brings them.
  requires static spring.security.core;
  requires static tools.jackson.core;
  requires static tools.jackson.databind;

  exports io.latchkey.webflux;
  exports io.latchkey.webflux.boot;

  opens io.latchkey.webflux.boot to
      spring.beans,
      spring.boot,
      spring.context,
      spring.core;
}
