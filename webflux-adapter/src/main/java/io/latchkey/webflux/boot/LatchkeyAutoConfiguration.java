package io.latchkey.webflux.boot;

import io.latchkey.SessionStore;
import io.latchkey.valkey.ValkeySessionStore;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.web.server.session.WebSessionIdResolver;

/**
 * Keeps the web sessions of a reactive Boot application in Valkey: a {@link ValkeySessionStore}
 * built from the properties {@code latchkey.*}, and a {@link WebSessionIdResolver} for its cookie.
 * {@link LatchkeyWebSessionAutoConfiguration} makes the application's sessions from these.
 *
 * <p>The server is, in this order, the one of a bean {@link LatchkeyConnectionDetails}; of {@code
 * latchkey.uri}; of Boot's connection details for Redis, or of the properties {@code
 * spring.data.redis.*} where its module is absent; else localhost:6379.
 *
 * <p>Backs off for the application's own {@link SessionStore} and {@link WebSessionIdResolver}.
 * {@code latchkey.enabled=false} switches all of it off.
 */
@AutoConfiguration(
    beforeName =
        "org.springframework.boot.webflux.autoconfigure.WebSessionIdResolverAutoConfiguration")
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnBooleanProperty(name = "latchkey.enabled", matchIfMissing = true)
@EnableConfigurationProperties({LatchkeyProperties.class, ServerProperties.class})
public final class LatchkeyAutoConfiguration {
  LatchkeyAutoConfiguration() {}

  @Bean
  RandomnessLifecycle latchkeyRandomnessLifecycle() {
    return new RandomnessLifecycle();
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean(SessionStore.class)
  @ImportRuntimeHints(LatchkeyRuntimeHints.class)
  static class StoreConfiguration {

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(DataRedisConnectionDetails.class)
    static class DetailsWithBootsRedisModule {
      @Bean
      @ConditionalOnMissingBean(LatchkeyConnectionDetails.class)
      ConfiguredConnectionDetails latchkeyConnectionDetails(
          LatchkeyProperties properties,
          Environment environment,
          ObjectProvider<DataRedisConnectionDetails> redis,
          ObjectProvider<SslBundles> bundles) {
        ConfiguredConnectionDetails own = ofProperty(properties);
        if (own != null) {
          return own;
        }
        var keys = new RedisKeys(environment);
        DataRedisConnectionDetails details = redis.getIfAvailable();
        return details == null
            ? keys.connectionDetails(bundles)
            : RedisConnections.of(details, keys);
      }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass(
        "org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails")
    static class DetailsWithoutBootsRedisModule {
      @Bean
      @ConditionalOnMissingBean(LatchkeyConnectionDetails.class)
      ConfiguredConnectionDetails latchkeyConnectionDetails(
          LatchkeyProperties properties,
          Environment environment,
          ObjectProvider<SslBundles> bundles) {
        ConfiguredConnectionDetails own = ofProperty(properties);
        return own != null ? own : new RedisKeys(environment).connectionDetails(bundles);
      }
    }

    @Bean(destroyMethod = "close")
    ValkeySessionStore latchkeySessionStore(
        LatchkeyConnectionDetails connection,
        LatchkeyProperties properties,
        ServerProperties server,
        Environment environment,
        BeanFactory beans,
        ObjectProvider<LatchkeyBuilderCustomizer> customizers) {
      ValkeySessionStore.Builder builder = StoreOptions.builder(connection);
      StoreOptions.apply(properties, server, environment, builder);
      AllowedTypes.apply(properties, beans, builder);
      customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
      return StoreOptions.build(builder, properties);
    }

    @Bean
    ServerCheck latchkeyServerCheck(
        ValkeySessionStore sessions,
        LatchkeyConnectionDetails connection,
        LatchkeyProperties properties) {
      return new ServerCheck(sessions, connection, properties.checkOnStartup());
    }

    private static @Nullable ConfiguredConnectionDetails ofProperty(LatchkeyProperties properties) {
      String uri = properties.uri();
      return uri == null || uri.isBlank()
          ? null
          : new ConfiguredConnectionDetails(uri.strip(), "the property latchkey.uri");
    }
  }

  /**
   * Where Spring Session's own auto-configuration may follow, the cookie stays as Boot makes it.
   */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingClass(LatchkeyWebSessionAutoConfiguration.SPRING_SESSION)
  static class CookieConfiguration {
    @Bean
    @ConditionalOnMissingBean
    WebSessionIdResolver webSessionIdResolver(ServerProperties server) {
      return SessionCookies.resolver(server.getReactive().getSession().getCookie());
    }
  }
}
