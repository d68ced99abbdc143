package io.latchkey.shop;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.WebSessionIdResolver;

/**
 * What a page knows of who looks at it. To find out starts no session.
 *
 * @param name the name of a visitor who has signed in
 * @param cart what is in the cart
 * @param ended the browser sent a session that has ended
 */
record Visitor(@Nullable String name, Cart cart, boolean ended) {
  static final String NAME = "name";

  /** Recognises visitors. */
  @Component
  static class Door {
    private final WebSessionIdResolver ids;
    private final Catalogue catalogue;

    Door(WebSessionIdResolver ids, Catalogue catalogue) {
      this.ids = ids;
      this.catalogue = catalogue;
    }

    Visitor recognise(ServerWebExchange exchange, WebSession session) {
      // A session that was found is started; a cookie without one is what is left of an ended one.
      boolean ended = !session.isStarted() && !ids.resolveSessionIds(exchange).isEmpty();
      return new Visitor(session.getAttribute(NAME), Cart.of(session, catalogue), ended);
    }
  }
}
