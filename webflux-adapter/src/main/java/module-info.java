/** Latchkey's sessions as the web sessions of a Spring WebFlux application. */
module io.latchkey.webflux {
  requires transitive io.latchkey.core;
  requires transitive spring.web;
  requires spring.core;
  requires static spring.session.core;
  requires static spring.security.core;
  requires static tools.jackson.core;
  requires static tools.jackson.databind;

  exports io.latchkey.webflux;
}
