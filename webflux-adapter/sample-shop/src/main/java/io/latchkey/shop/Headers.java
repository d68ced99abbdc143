package io.latchkey.shop;

import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Pages are personal, and stay out of every cache; pictures and styles set their own header. */
@Component
class Headers implements WebFilter {
  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    HttpHeaders headers = exchange.getResponse().getHeaders();
    exchange
        .getResponse()
        .beforeCommit(
            () -> {
              if (headers.getCacheControl() == null) {
                headers.setCacheControl("no-store");
              }
              return Mono.empty();
            });
    headers.set(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
            + " base-uri 'none'; frame-ancestors 'none'");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "same-origin");
    // A redirect would be sent, and its session saved, only after all error handling. Sent here, a
    // save that fails ends in a page that says so.
    return chain.filter(exchange).then(Mono.defer(exchange.getResponse()::setComplete));
  }
}
