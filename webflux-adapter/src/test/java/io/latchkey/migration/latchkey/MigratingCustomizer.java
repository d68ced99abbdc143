package io.latchkey.migration.latchkey;

import io.latchkey.valkey.MigrationSource;
import io.latchkey.webflux.boot.LatchkeyBuilderCustomizer;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.serializer.support.DeserializingConverter;

/** What the page adds to take sessions along where Boot makes the store. */
@Configuration
class MigratingCustomizer {
  @Bean
  LatchkeyBuilderCustomizer sessionsOfSpring(@Value("${latchkey.namespace}") String namespace) {
    // As Spring Session deserialises by default.
    DeserializingConverter springs = new DeserializingConverter(getClass().getClassLoader());
    return builder ->
        builder.migrateFrom(MigrationSource.springSession(namespace, springs::convert));
  }
}
