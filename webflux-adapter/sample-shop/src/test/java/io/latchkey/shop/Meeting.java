package io.latchkey.shop;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Lets forms that were sent at different moments be handled at the same one: each waits, with the
 * session already read, until all that are expected have come.
 */
final class Meeting implements WebFilter {
  private volatile @Nullable Round round;

  /** How many forms, from now on, wait for each other. */
  void expect(int forms) {
    round = new Round(new AtomicInteger(forms), Sinks.empty());
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    Round current = round;
    if (current == null || !HttpMethod.POST.equals(exchange.getRequest().getMethod())) {
      return chain.filter(exchange);
    }
    return exchange.getSession().then(current.arrive()).then(chain.filter(exchange));
  }

  private record Round(AtomicInteger missing, Sinks.Empty<Void> complete) {
    Mono<Void> arrive() {
      return Mono.defer(
          () -> {
            if (missing.decrementAndGet() == 0) {
              complete.tryEmitEmpty();
            }
            return complete.asMono();
          });
    }
  }
}
