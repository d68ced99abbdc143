package io.latchkey.migration.latchkey;

import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.server.session.WebSessionManager;

// webflux.md: begin
@Configuration
class SessionConfiguration {
  @Bean
  ValkeySessionStore sessions(
      @Value("${spring.data.redis.url}") String uri,
      @Value("${spring.session.timeout}") Duration idleTimeout,
      @Value("${spring.session.data.redis.namespace}") String namespace) {
    return ValkeySessionStore.builder(uri).idleTimeout(idleTimeout).namespace(namespace).build();
  }

  @Bean
  WebSessionManager webSessionManager(ValkeySessionStore sessions, WebSessionIdResolver cookies) {
    DefaultWebSessionManager manager = new DefaultWebSessionManager();
    manager.setSessionStore(new LatchkeyWebSessionStore(sessions));
    manager.setSessionIdResolver(cookies);
    return manager;
  }
}
