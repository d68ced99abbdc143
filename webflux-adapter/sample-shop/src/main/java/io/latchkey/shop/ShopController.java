package io.latchkey.shop;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.reactive.result.view.Rendering;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/** Looking around, the cart, signing in and out. */
@Controller
class ShopController {
  static final String SIGN_IN_AGAIN = "/sign-in?ended";
  private static final int LONGEST_NAME = 60;

  private final Catalogue catalogue;
  private final Visitor.Door door;

  ShopController(Catalogue catalogue, Visitor.Door door) {
    this.catalogue = catalogue;
    this.door = door;
  }

  /**
   * The field of the forms that are about a product.
   *
   * @param item the product's id
   */
  record ItemForm(@Nullable String item) {}

  /**
   * The sign-in form.
   *
   * @param name who signs in
   */
  record SignInForm(@Nullable String name) {}

  @GetMapping("/")
  Rendering products(ServerWebExchange exchange, WebSession session) {
    return page("products", door.recognise(exchange, session))
        .modelAttribute("products", catalogue.products())
        .build();
  }

  @GetMapping("/cart")
  Rendering cart(ServerWebExchange exchange, WebSession session) {
    return page("cart", door.recognise(exchange, session)).build();
  }

  @PostMapping("/cart")
  Rendering add(@ModelAttribute ItemForm form, ServerWebExchange exchange, WebSession session) {
    Product product = find(form.item());
    if (door.recognise(exchange, session).ended()) {
      return redirect(SIGN_IN_AGAIN);
    }
    Cart.add(session, product);
    return redirect("/cart");
  }

  @PostMapping("/cart/remove")
  Rendering remove(@ModelAttribute ItemForm form, ServerWebExchange exchange, WebSession session) {
    Product product = find(form.item());
    if (door.recognise(exchange, session).ended()) {
      return redirect(SIGN_IN_AGAIN);
    }
    Cart.remove(session, product);
    return redirect("/cart");
  }

  @GetMapping("/sign-in")
  Rendering signIn(ServerWebExchange exchange, WebSession session) {
    Visitor visitor = door.recognise(exchange, session);
    // After a redirect the cookie is gone already. A visitor who is back in has a session.
    Set<String> redirectedAs =
        session.isStarted() ? Set.of() : exchange.getRequest().getQueryParams().keySet();
    boolean ended = visitor.ended() || redirectedAs.contains("ended");
    return page("sign-in", new Visitor(visitor.name(), visitor.cart(), ended))
        .modelAttribute("signedOut", redirectedAs.contains("signed-out"))
        .build();
  }

  @PostMapping("/sign-in")
  Mono<Rendering> signIn(
      @ModelAttribute SignInForm form, ServerWebExchange exchange, WebSession session) {
    String name = form.name() == null ? "" : form.name().strip();
    String problem =
        name.isEmpty()
            ? "Please tell us your name."
            : name.length() > LONGEST_NAME
                ? "That name is too long: at most " + LONGEST_NAME + " characters, please."
                : null;
    if (problem != null) {
      return Mono.just(
          page("sign-in", door.recognise(exchange, session))
              .modelAttribute("problem", problem)
              .modelAttribute("signedOut", false)
              .status(HttpStatus.BAD_REQUEST)
              .build());
    }
    session.getAttributes().put(Visitor.NAME, name);
    String next = Cart.of(session, catalogue).lines().isEmpty() ? "/" : "/cart";
    // Whoever knew the id before, or planted it, does not get in with the visitor.
    return session.changeSessionId().thenReturn(redirect(next));
  }

  @PostMapping("/sign-out")
  Mono<Rendering> signOut(ServerWebExchange exchange, WebSession session) {
    // Whatever is marked no-store, Chromium keeps pages in memory and shows them again to whoever
    // goes back, with the name and the cart on them. This makes it forget them.
    exchange.getResponse().getHeaders().set("Clear-Site-Data", "\"cache\"");
    return session.invalidate().thenReturn(redirect("/sign-in?signed-out"));
  }

  private Product find(@Nullable String item) {
    return catalogue
        .find(item)
        .orElseThrow(
            () ->
                new ResponseStatusException(
                    HttpStatus.BAD_REQUEST, "There is no such product in this shop."));
  }

  static Rendering.Builder<?> page(String template, Visitor visitor) {
    return Rendering.view(template).modelAttribute("visitor", visitor);
  }

  /** To be loaded with GET, so that reloading or going back does not repeat the form. */
  private static Rendering redirect(String path) {
    return Rendering.redirectTo(path).status(HttpStatus.SEE_OTHER).build();
  }
}
