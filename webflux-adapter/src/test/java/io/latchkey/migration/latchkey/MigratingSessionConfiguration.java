package io.latchkey.migration.latchkey;

import io.latchkey.valkey.MigrationSource;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import io.latchkey.webflux.SecurityAttributes;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.serializer.support.DeserializingConverter;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.server.session.WebSessionManager;

/** {@link SessionConfiguration}, with what the page adds to take sessions along. */
@Configuration
class MigratingSessionConfiguration {
  @Bean
  ValkeySessionStore sessions(
      @Value("${spring.data.redis.url}") String uri,
      @Value("${spring.session.timeout}") Duration idleTimeout,
      @Value("${spring.session.data.redis.namespace}") String namespace) {
    // As Spring Session deserialises by default.
    DeserializingConverter springs = new DeserializingConverter(getClass().getClassLoader());
    ValkeySessionStore.Builder builder =
        ValkeySessionStore.builder(uri)
            .namespace(namespace)
            .migrateFrom(MigrationSource.springSession(namespace, springs::convert))
            .idleTimeout(idleTimeout)
            .allow("io.latchkey.migration.shop"); // the packages of your attributes' classes
    return SecurityAttributes.addTo(builder).build(); // if you have Spring Security
  }

  @Bean
  WebSessionManager webSessionManager(ValkeySessionStore sessions, WebSessionIdResolver cookies) {
    DefaultWebSessionManager manager = new DefaultWebSessionManager();
    manager.setSessionStore(new LatchkeyWebSessionStore(sessions));
    manager.setSessionIdResolver(cookies);
    return manager;
  }
}
