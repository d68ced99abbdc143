package io.latchkey.benchmarks.shop;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.CookieWebSessionIdResolver;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.server.session.WebSessionManager;
import reactor.core.publisher.Mono;

/**
 * No sessions: the cart that visitors fill elsewhere is always there, nothing is looked up or kept,
 * and nobody can change it.
 */
@Configuration(proxyBeanMethods = false)
class FixedCart {
  @Bean
  WebSessionManager webSessionManager() {
    Mono<WebSession> same = Mono.just(new SameForAll());
    return exchange -> same;
  }

  @Bean
  @ConditionalOnMissingBean
  WebSessionIdResolver webSessionIdResolver() {
    return new CookieWebSessionIdResolver();
  }

  private static final class SameForAll implements WebSession {
    private final Map<String, Object> attributes =
        Visitors.CART.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(item -> "cart." + item.getKey(), Map.Entry::getValue));
    private final Instant created = Instant.now();

    @Override
    public String getId() {
      return "none";
    }

    @Override
    public Map<String, Object> getAttributes() {
      return attributes;
    }

    @Override
    public void start() {}

    @Override
    public boolean isStarted() {
      return true;
    }

    @Override
    public Mono<Void> changeSessionId() {
      return Mono.empty();
    }

    @Override
    public Mono<Void> invalidate() {
      return Mono.empty();
    }

    @Override
    public Mono<Void> save() {
      return Mono.empty();
    }

    @Override
    public boolean isExpired() {
      return false;
    }

    @Override
    public Instant getCreationTime() {
      return created;
    }

    @Override
    public Instant getLastAccessTime() {
      return created;
    }

    @Override
    public void setMaxIdleTime(Duration maxIdleTime) {}

    @Override
    public Duration getMaxIdleTime() {
      return Duration.ofDays(7);
    }
  }
}
