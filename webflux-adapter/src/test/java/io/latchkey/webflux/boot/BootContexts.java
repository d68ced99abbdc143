package io.latchkey.webflux.boot;

import io.latchkey.tck.ValkeyServer;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebSessionIdResolverAutoConfiguration;

/**
 * Application contexts as Boot makes them, with no more auto-configuration than a test asks for.
 */
final class BootContexts {
  private BootContexts() {}

  /** An application with WebFlux and Latchkey, whose server nobody has named yet. */
  static ReactiveWebApplicationContextRunner web() {
    return new ReactiveWebApplicationContextRunner()
        .withClassLoader(withoutSpringSession())
        .withConfiguration(
            AutoConfigurations.of(
                WebFluxAutoConfiguration.class,
                HttpHandlerAutoConfiguration.class,
                WebSessionIdResolverAutoConfiguration.class,
                LatchkeyAutoConfiguration.class,
                LatchkeyWebSessionAutoConfiguration.class));
  }

  /** The same on that server. */
  static ReactiveWebApplicationContextRunner web(ValkeyServer server) {
    return web()
        .withPropertyValues(
            "latchkey.uri=" + server.uri(), "latchkey.namespace=" + server.namespace());
  }

  /** The tests have Spring Session on their class path; an application need not. */
  static ClassLoader withoutSpringSession() {
    return new FilteredClassLoader(SessionDataRedisAutoConfiguration.class);
  }
}
