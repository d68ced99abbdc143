package io.latchkey.webflux.boot;

import io.latchkey.SessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import io.latchkey.webflux.SessionStoreExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.filter.reactive.ServerWebExchangeContextFilter;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.server.session.WebSessionManager;
import org.springframework.web.server.session.WebSessionStore;

/**
 * Makes {@code WebSession} Latchkey's: a {@link LatchkeyWebSessionStore} over the application's
 * {@link SessionStore}, and the bean {@code webSessionManager} over that.
 *
 * <p>Backs off for the application's own {@link WebSessionStore}, and for a bean named {@code
 * webSessionManager}, which is the name that Spring looks for. Spring Session brings such a bean;
 * where its auto-configuration for Redis is active, it keeps the sessions, and a warning says so.
 * {@code latchkey.enabled=false} switches all of it off.
 */
@AutoConfiguration(
    after = LatchkeyAutoConfiguration.class,
    afterName = LatchkeyWebSessionAutoConfiguration.SPRING_SESSION,
    beforeName = {
      "org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration",
      "org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration"
    })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnBooleanProperty(name = "latchkey.enabled", matchIfMissing = true)
public final class LatchkeyWebSessionAutoConfiguration {
  static final String SPRING_SESSION =
      "org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration";

  LatchkeyWebSessionAutoConfiguration() {}

  /** Tells stores and repositories of the request, whatever manager and resolver there are. */
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  @ConditionalOnBean(SessionStore.class)
  @ConditionalOnMissingBean
  ServerWebExchangeContextFilter latchkeyExchangeContextFilter() {
    return new ServerWebExchangeContextFilter();
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean(name = WebHttpHandlerBuilder.WEB_SESSION_MANAGER_BEAN_NAME)
  static class ManagerConfiguration {
    @Bean
    @ConditionalOnMissingBean(WebSessionStore.class)
    LatchkeyWebSessionStore latchkeyWebSessionStore(
        SessionStore sessions, LatchkeyProperties properties) {
      LatchkeyWebSessionStore.Builder builder = LatchkeyWebSessionStore.builder(sessions);
      StoreOptions.set(
          "latchkey.in-place-changes", properties.inPlaceChanges(), builder::inPlaceChanges);
      StoreOptions.set("latchkey.renew-after", properties.renewAfter(), builder::renewAfter);
      StoreOptions.set("latchkey.renewal-grace", properties.renewalGrace(), builder::renewalGrace);
      return builder.build();
    }

    @Bean
    @ConditionalOnMissingBean
    SessionStoreExceptionHandler latchkeySessionStoreExceptionHandler(
        LatchkeyProperties properties) {
      return StoreOptions.made(
          "latchkey.retry-after",
          properties.retryAfter(),
          SessionStoreExceptionHandler::new,
          SessionStoreExceptionHandler::new);
    }

    @Bean
    WebSessionManager webSessionManager(
        WebSessionStore store, ObjectProvider<WebSessionIdResolver> ids) {
      var manager = new DefaultWebSessionManager();
      manager.setSessionStore(store);
      ids.ifAvailable(manager::setSessionIdResolver);
      return manager;
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnBean(type = SPRING_SESSION + "$ReactiveRedisSessionConfiguration")
  static class SpringSessionConfiguration {
    private static final Logger log =
        LoggerFactory.getLogger(LatchkeyWebSessionAutoConfiguration.class);

    SpringSessionConfiguration() {
      log.warn(
          "Web sessions are kept by Spring Session, not by Latchkey. Remove the dependency on"
              + " spring-session-data-redis, or set spring.autoconfigure.exclude={}",
          SPRING_SESSION);
    }
  }
}
