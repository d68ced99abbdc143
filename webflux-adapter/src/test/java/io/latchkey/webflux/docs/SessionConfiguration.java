package io.latchkey.webflux.docs;

import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.LatchkeyWebSessionIdResolver;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import io.latchkey.webflux.SessionStoreExceptionHandler;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionManager;

// README: begin
@Configuration
class SessionConfiguration {
  @Bean
  ValkeySessionStore sessions() {
    return ValkeySessionStore.connect("valkey://localhost:6379");
  }

  @Bean
  WebSessionManager webSessionManager() {
    DefaultWebSessionManager manager = new DefaultWebSessionManager();
    manager.setSessionStore(new LatchkeyWebSessionStore(sessions()));
    manager.setSessionIdResolver(LatchkeyWebSessionIdResolver.withDefaults());
    return manager;
  }

  @Bean
  SessionStoreExceptionHandler sessionStoreExceptionHandler() {
    return new SessionStoreExceptionHandler();
  }
}
