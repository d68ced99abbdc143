package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.SessionStore;
import io.latchkey.SessionStoreException;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestSentinels;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableReactiveWebApplicationContext;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Where the server's address comes from. */
class LatchkeyConnectionTest {
  private static final String USER = "ad@/é%41";
  private static final String PASSWORD = "p@ss:/?#[]% +é&=\"\\%41";

  private final ReactiveWebApplicationContextRunner without =
      BootContexts.web()
          .withClassLoader(
              new FilteredClassLoader(
                  SessionDataRedisAutoConfiguration.class, DataRedisConnectionDetails.class))
          .withPropertyValues("latchkey.check-on-startup=off");

  private final ReactiveWebApplicationContextRunner with =
      BootContexts.web()
          .withConfiguration(
              AutoConfigurations.of(SslAutoConfiguration.class, DataRedisAutoConfiguration.class))
          .withPropertyValues("latchkey.check-on-startup=off");

  /** With Boot's module for Redis, and with our own reading of its properties. */
  private ReactiveWebApplicationContextRunner web(boolean bootsModule) {
    return bootsModule ? with : without;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                                                     | valkey://localhost:6379/0",
        "host=keys.example                                    | valkey://keys.example:6379/0",
        "host=::1 port=1234                                   | valkey://[::1]:1234/0",
        "port=1234 database=3                                 | valkey://localhost:1234/3",
        "password=secret                                      | valkey://:secret@localhost:6379/0",
        "username=ada password=p@:/ss                         | valkey://ada:p%40%3A%2Fss@localhost:6379/0",
        "username=ada                                         | valkey://localhost:6379/0",
        "ssl.enabled=true                                     | valkeys://localhost:6379/0",
        "host=keys.example ssl.enabled=false                  | valkey://keys.example:6379/0",
        "sentinel.master=main sentinel.nodes=a:1,b:2          | valkey-sentinel://a:1,b:2/0?sentinelMasterId=main",
        "sentinel.master=m sentinel.nodes=a:1 password=p@ username=u database=1 ssl.enabled=true | valkeys-sentinel://u:p%40@a:1/1?sentinelMasterId=m",
        "cluster.nodes=a:1,b:2                                | valkey-cluster://a:1,b:2",
        "cluster.nodes[0]=a:1 password=secret ssl.enabled=true | valkeys-cluster://:secret@a:1",
      })
  void propertiesOfSpringDataRedisNameTheServer(@Nullable String properties, String uri) {
    for (boolean bootsModule : new boolean[] {true, false}) {
      redis(web(bootsModule), properties).run(context -> assertThat(uri(context)).isEqualTo(uri));
    }
  }

  @Test
  void urlOfSpringDataRedisNamesTheServer() {
    redis(with, "url=redis://ada:p%40ss@keys.example:1234/2")
        .run(
            context ->
                assertThat(uri(context)).isEqualTo("valkey://ada:p%40ss@keys.example:1234/2"));
    redis(without, "url=redis://ada:p%40ss@keys.example:1234/2")
        .run(
            context ->
                assertThat(uri(context)).isEqualTo("redis://ada:p%40ss@keys.example:1234/2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "url=rediss://keys.example:6379",
        "url=redis://keys.example:6379 ssl.enabled=true"
      })
  void urlThatAsksForTlsGetsIt(String properties) {
    redis(with, properties)
        .run(context -> assertThat(uri(context)).isEqualTo("valkeys://keys.example:6379/0"));
    redis(without, properties)
        .run(context -> assertThat(uri(context)).isEqualTo("rediss://keys.example:6379"));
  }

  @Test
  void ownPropertyComesBeforeThoseOfSpringDataRedis() {
    for (boolean bootsModule : new boolean[] {true, false}) {
      redis(web(bootsModule), "host=cache.example cluster.nodes=a:1,b:2")
          .withPropertyValues("latchkey.uri=valkey://keys.example:1234")
          .run(context -> assertThat(uri(context)).isEqualTo("valkey://keys.example:1234"));
    }
  }

  @Test
  void connectionDetailsForRedisNameTheServer() {
    redis(with, "host=cache.example")
        .withUserConfiguration(RedisDetails.class)
        .run(context -> assertThat(uri(context)).isEqualTo("valkey://ada:p%20w@container:4711/1"));
  }

  @Test
  void ownConnectionDetailsComeBeforeEverything() {
    with.withUserConfiguration(RedisDetails.class, OwnDetails.class)
        .withPropertyValues("latchkey.uri=valkey://keys.example:1234")
        .run(context -> assertThat(uri(context)).isEqualTo("valkey://own.example:1"));
  }

  @Test
  void masterAndReplicaAreAnErrorAndNotASingleServer() {
    for (boolean bootsModule : new boolean[] {true, false}) {
      redis(web(bootsModule), "masterreplica.nodes=a:1,b:2")
          .run(context -> assertIsRefused(context, "masterreplica"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "url=rediss://ada:s3cret@keys.example?verifyPeer=NONE",
        "url=redis://ada:s3cret@keys.example/1?verifyPeer=NONE ssl.enabled=true",
        "host=keys.example?verifyPeer=NONE& password=s3cret ssl.enabled=true",
      })
  void aParameterInTheUrlOfSpringDataRedisIsRefused(String properties) {
    for (boolean bootsModule : new boolean[] {true, false}) {
      redis(web(bootsModule), properties)
          .run(
              context -> {
                assertIsRefused(context, "must not have the parameter verifyPeer. ");
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .hasMessageNotContaining("s3cret")
                    .hasMessageNotContaining("NONE");
              });
    }
  }

  @Test
  void aFragmentInTheUrlOfSpringDataRedisIsRefused() {
    for (boolean bootsModule : new boolean[] {true, false}) {
      redis(web(bootsModule), "url=redis://keys.example#1")
          .run(context -> assertIsRefused(context, "must not have a fragment. "));
    }
  }

  @Test
  void aParameterInTheOwnPropertyIsRefused() {
    without
        .withPropertyValues("latchkey.uri=valkey://keys.example?timeout=1")
        .run(
            context ->
                assertIsRefused(
                    context, "the parameter timeout. Set commandTimeout instead. It comes from"));
  }

  @Test
  void sessionsLieOnTheClusterThatPropertiesName() {
    String nodes = TestCluster.shared().uri().substring("valkey-cluster://".length());
    for (boolean bootsModule : new boolean[] {true, false}) {
      assertThat(canWrite(redis(web(bootsModule), "cluster.nodes=" + nodes))).isTrue();
    }
  }

  @Test
  void sessionsLieOnThePrimaryThatSentinelsKnow() {
    String uri = TestSentinels.shared().uri();
    String nodes = uri.substring("valkey-sentinel://".length(), uri.indexOf('?'));
    for (boolean bootsModule : new boolean[] {true, false}) {
      var web =
          redis(
              web(bootsModule),
              "sentinel.nodes=" + nodes + " sentinel.master=" + TestSentinels.NAME);
      assertThat(canWrite(web)).isTrue();
      assertThat(canWrite(redis(web, "sentinel.username=nobody sentinel.password=wr0ng")))
          .isFalse();
    }
  }

  @Test
  void userAndPasswordOfAnyCharactersReachTheServer() {
    try (ServerProcess server = ValkeyServer.start();
        RespConnection admin = RespConnection.open(server.uri())) {
      admin.call("ACL", "SETUSER", USER, "reset", "on", ">" + PASSWORD, "~*", "+@all");
      admin.call("CONFIG", "SET", "requirepass", PASSWORD);

      for (boolean bootsModule : new boolean[] {true, false}) {
        var web = redis(web(bootsModule), "host=127.0.0.1 port=" + server.port());
        var withPassword = web.withPropertyValues("spring.data.redis.password=" + PASSWORD);

        assertThat(canWrite(web)).isFalse();
        assertThat(canWrite(withPassword)).isTrue();
        assertThat(canWrite(withPassword.withPropertyValues("spring.data.redis.username=" + USER)))
            .isTrue();
        assertThat(canWrite(withPassword.withPropertyValues("spring.data.redis.username=nobody")))
            .isFalse();
      }
    }
  }

  @Test
  void userNameThatNoUriCanHoldIsRefused() {
    for (boolean bootsModule : new boolean[] {true, false}) {
      redis(web(bootsModule), "username=a:da password=secret")
          .run(
              context ->
                  assertThat(context)
                      .getFailure()
                      .rootCause()
                      .isInstanceOf(LatchkeyStartException.class)
                      .hasMessageContaining("colon"));
    }
  }

  private static boolean canWrite(ReactiveWebApplicationContextRunner web) {
    boolean[] written = new boolean[1];
    web.run(
        context ->
            written[0] =
                context
                    .getBean(SessionStore.class)
                    .create(Map.of())
                    .map(session -> true)
                    .onErrorReturn(SessionStoreException.class, false)
                    .blockOptional()
                    .orElse(false));
    return written[0];
  }

  private static ReactiveWebApplicationContextRunner redis(
      ReactiveWebApplicationContextRunner web, @Nullable String properties) {
    return properties == null
        ? web
        : web.withPropertyValues(
            List.of(properties.split(" ")).stream()
                .map(property -> "spring.data.redis." + property)
                .toArray(String[]::new));
  }

  private static String uri(AssertableReactiveWebApplicationContext context) {
    return context.getBean(LatchkeyConnectionDetails.class).getUri();
  }

  private static void assertIsRefused(
      AssertableReactiveWebApplicationContext context, String what) {
    var analysis =
        Objects.requireNonNull(
            new LatchkeyFailureAnalyzer()
                .analyze(Objects.requireNonNull(context.getStartupFailure())));
    assertThat(analysis.getDescription()).contains(what);
    assertThat(analysis.getAction()).contains("latchkey.uri");
  }

  @Configuration(proxyBeanMethods = false)
  static class RedisDetails {
    @Bean
    DataRedisConnectionDetails details() {
      return new DataRedisConnectionDetails() {
        @Override
        public String getUsername() {
          return "ada";
        }

        @Override
        public String getPassword() {
          return "p w";
        }

        @Override
        public Standalone getStandalone() {
          return Standalone.of("container", 4711, 1);
        }
      };
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnDetails {
    @Bean
    LatchkeyConnectionDetails ownDetails() {
      return () -> "valkey://own.example:1";
    }
  }
}
