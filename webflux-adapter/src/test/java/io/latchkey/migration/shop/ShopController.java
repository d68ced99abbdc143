package io.latchkey.migration.shop;

import java.math.BigDecimal;
import java.security.Principal;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Objects;
import org.springframework.security.web.server.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

@RestController
class ShopController {
  @GetMapping("/cart")
  String cart(WebSession session) {
    return String.valueOf(session.<Cart>getAttribute("cart"));
  }

  @PostMapping("/cart/{item}")
  String add(@PathVariable String item, WebSession session) {
    Cart cart = session.getAttributeOrDefault("cart", new Cart());
    cart.add(item);
    session.getAttributes().put("cart", cart); // Spring Session saves nothing without this
    return cart.toString();
  }

  @PostMapping("/delivery/{street}")
  Mono<Void> deliverTo(@PathVariable String street, WebSession session) {
    session
        .getAttributes()
        .put(
            "delivery",
            new Delivery(
                street,
                LocalDate.of(2026, 12, 24),
                new BigDecimal("4.90"),
                Delivery.Speed.EXPRESS));
    return Mono.empty();
  }

  @GetMapping("/delivery")
  String delivery(WebSession session) {
    return session.<Delivery>getRequiredAttribute("delivery").toString();
  }

  @GetMapping("/account")
  String account(Principal principal) {
    return principal.getName();
  }

  @PostMapping("/keep-for-a-week")
  Mono<Void> keepForAWeek(WebSession session) {
    session.setMaxIdleTime(Duration.ofDays(7));
    return Mono.empty();
  }

  @GetMapping("/idle-time")
  String idleTime(WebSession session) {
    return session.getMaxIdleTime().toString();
  }

  /** For forms. */
  @GetMapping("/csrf")
  Mono<String> csrf(ServerWebExchange exchange) {
    Mono<CsrfToken> token =
        Objects.requireNonNull(exchange.getAttribute(CsrfToken.class.getName()));
    return token.map(CsrfToken::getToken);
  }
}
