package io.latchkey.shop;

import io.latchkey.SessionStore;
import io.latchkey.SessionStoreException;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.server.session.WebSessionManager;

/** Where the shop keeps its sessions. */
@Configuration(proxyBeanMethods = false)
class SessionConfiguration {

  @Bean(destroyMethod = "close")
  SessionServer sessionServer(Environment environment) {
    return SessionServer.choose(environment.getProperty("LATCHKEY_URI"));
  }

  @Bean(destroyMethod = "close")
  ValkeySessionStore sessionStore(
      SessionServer server,
      @Value("${shop.namespace}") String namespace,
      @Value("${shop.idle-timeout}") Duration idleTimeout) {
    ValkeySessionStore store;
    try {
      store =
          ValkeySessionStore.builder(server.uri())
              .namespace(namespace)
              .idleTimeout(idleTimeout)
              .build();
    } catch (IllegalArgumentException e) {
      throw new SessionServerException(server.description(), e);
    }
    try {
      // Better to find out now than with the first customer.
      store.get(store.newSession().id()).block();
    } catch (SessionStoreException e) {
      store.close();
      throw new SessionServerException(server.description(), e);
    }
    return store;
  }

  /** Latchkey instead of Spring's sessions in memory: this bean is all. */
  @Bean
  WebSessionManager webSessionManager(SessionStore sessions, WebSessionIdResolver ids) {
    var manager = new DefaultWebSessionManager();
    manager.setSessionStore(new LatchkeyWebSessionStore(sessions));
    manager.setSessionIdResolver(ids);
    return manager;
  }
}
