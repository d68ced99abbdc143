package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.SessionStore;
import io.latchkey.internal.RandomBytes;
import io.latchkey.memory.MemorySessionStore;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.ProcessImage;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.session.autoconfigure.SessionAutoConfiguration;
import org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.HeaderWebSessionIdResolver;
import org.springframework.web.server.session.InMemoryWebSessionStore;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.server.session.WebSessionManager;
import org.springframework.web.server.session.WebSessionStore;
import reactor.test.StepVerifier;

/** Which beans there are, and for which of an application's own they make way. */
@ExtendWith(OutputCaptureExtension.class)
class LatchkeyAutoConfigurationTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final ReactiveWebApplicationContextRunner web = BootContexts.web(SERVER);

  @Test
  void applicationsSessionsAreLatchkeys() {
    web.run(
        context -> {
          assertThat(store(context)).isInstanceOf(LatchkeyWebSessionStore.class);
          assertThat(context).hasSingleBean(ValkeySessionStore.class);
          assertThat(context).hasSingleBean(WebSessionManager.class);
          var session = Objects.requireNonNull(store(context).createWebSession().block());
          session.getAttributes().put("user", "ada");
          StepVerifier.create(session.save()).verifyComplete();
          assertThat(SERVER.keys()).isNotEmpty();
        });
  }

  /** Spring stops such beans before an image is made, and starts them when it was restored. */
  @Test
  void applicationsRestoredFromOneImageDrawDifferentRandomBytes() {
    web.run(
        context -> {
          RandomBytes random = new RandomBytes();
          random.next(1);
          ProcessImage image = ProcessImage.of(random);
          context.stop();
          context.start();
          byte[] first = random.next(30);
          image.restoreInto(random);
          context.stop();
          context.start();
          assertThat(random.next(30)).isNotEqualTo(first);
        });
  }

  @Test
  void propertySwitchesAllOfItOff() {
    web.withPropertyValues("latchkey.enabled=false")
        .run(
            context -> {
              assertThat(store(context)).isInstanceOf(InMemoryWebSessionStore.class);
              assertThat(context).doesNotHaveBean(SessionStore.class);
              assertThat(context).doesNotHaveBean(LatchkeyConnectionDetails.class);
            });
  }

  @Test
  void applicationThatIsNotReactiveIsLeftAlone() {
    new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                LatchkeyAutoConfiguration.class, LatchkeyWebSessionAutoConfiguration.class))
        .run(context -> assertThat(context).doesNotHaveBean(SessionStore.class));
  }

  @Test
  void applicationsOwnSessionStoreIsUsed() {
    web.withUserConfiguration(OwnSessionStore.class)
        .withPropertyValues("latchkey.uri=valkey://localhost:1")
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(ValkeySessionStore.class);
              assertThat(context.getBean(SessionStore.class))
                  .isInstanceOf(MemorySessionStore.class);
              var session = Objects.requireNonNull(store(context).createWebSession().block());
              session.getAttributes().put("user", "ada");
              session.save().block();
              assertThat(context.getBean(SessionStore.class).get(session.getId()).blockOptional())
                  .isPresent();
            });
  }

  @Test
  void applicationsOwnWebSessionStoreIsUsed() {
    web.withUserConfiguration(OwnWebSessionStore.class)
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(LatchkeyWebSessionStore.class);
              assertThat(store(context)).isInstanceOf(InMemoryWebSessionStore.class);
            });
  }

  @Test
  void applicationsOwnWebSessionManagerIsUsed() {
    web.withUserConfiguration(OwnWebSessionManager.class)
        .run(
            context -> {
              assertThat(context).hasSingleBean(WebSessionManager.class);
              assertThat(context).doesNotHaveBean(LatchkeyWebSessionStore.class);
              assertThat(store(context)).isInstanceOf(InMemoryWebSessionStore.class);
            });
  }

  @Test
  void applicationsOwnWayToSendIdsIsUsed() {
    web.withUserConfiguration(OwnIdResolver.class)
        .run(
            context ->
                assertThat(manager(context).getSessionIdResolver())
                    .isInstanceOf(HeaderWebSessionIdResolver.class));
  }

  @Test
  void springSessionsAutoConfigurationKeepsItsSessionsAndAWarningSaysSo(CapturedOutput output) {
    web.withClassLoader(getClass().getClassLoader())
        .withConfiguration(
            AutoConfigurations.of(
                DataRedisAutoConfiguration.class,
                DataRedisReactiveAutoConfiguration.class,
                SessionAutoConfiguration.class,
                SessionDataRedisAutoConfiguration.class))
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(LatchkeyWebSessionStore.class);
              assertThat(store(context).getClass().getName()).contains("springframework.session");
              assertThat(output).contains("Web sessions are kept by Spring Session, not by");
            });
  }

  @Test
  void customizerHasTheLastWord() {
    web.withUserConfiguration(Customized.class)
        .withPropertyValues("latchkey.idle-timeout=10m")
        .run(
            context ->
                assertThat(context.getBean(SessionStore.class).newSession().idleTimeout())
                    .isEqualTo(Duration.ofMinutes(7)));
  }

  @Test
  void storeIsClosedWithTheApplication() {
    ValkeySessionStore[] store = new ValkeySessionStore[1];
    web.run(context -> store[0] = context.getBean(ValkeySessionStore.class));

    StepVerifier.create(store[0].create(Map.of()))
        .verifyErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("this store is closed"));
  }

  private static WebSessionStore store(ApplicationContext context) {
    return manager(context).getSessionStore();
  }

  private static DefaultWebSessionManager manager(ApplicationContext context) {
    return context.getBean("webSessionManager", DefaultWebSessionManager.class);
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnSessionStore {
    @Bean
    SessionStore sessions() {
      return MemorySessionStore.create();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnWebSessionStore {
    @Bean
    WebSessionStore sessions() {
      return new InMemoryWebSessionStore();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnWebSessionManager {
    @Bean
    WebSessionManager webSessionManager() {
      return new DefaultWebSessionManager();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnIdResolver {
    @Bean
    WebSessionIdResolver ids() {
      return new HeaderWebSessionIdResolver();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Customized {
    @Bean
    LatchkeyBuilderCustomizer idleTimeout() {
      return builder -> builder.idleTimeout(Duration.ofMinutes(7));
    }
  }
}
