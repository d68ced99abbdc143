package io.latchkey.shop;

import io.latchkey.SessionStoreException;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.boot.LatchkeyConnectionDetails;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Where the shop keeps its sessions. That they are Latchkey's takes no more than the dependency; a
 * shop that need not start a server for whoever tries it sets {@code latchkey.uri}, and has no such
 * class.
 */
@Configuration(proxyBeanMethods = false)
class SessionConfiguration {

  @Bean(destroyMethod = "close")
  SessionServer sessionServer(Environment environment) {
    return SessionServer.choose(environment.getProperty("LATCHKEY_URI"));
  }

  @Bean
  LatchkeyConnectionDetails sessionServerDetails(SessionServer server) {
    try {
      ValkeySessionStore.builder(server.uri());
    } catch (IllegalArgumentException e) {
      throw new SessionServerException(server.description(), e);
    }
    return server::uri;
  }

  /** Better to find out now than with the first customer, and in the shop's own words. */
  @Bean
  SmartInitializingSingleton sessionServerCheck(SessionServer server, ValkeySessionStore sessions) {
    return () -> {
      try {
        sessions.get(sessions.newSession().id()).block();
      } catch (SessionStoreException e) {
        throw new SessionServerException(server.description(), e);
      }
    };
  }
}
