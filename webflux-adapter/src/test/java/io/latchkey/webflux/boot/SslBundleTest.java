package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.SessionStore;
import io.latchkey.SessionStoreException;
import io.latchkey.testing.TestTls;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Boot's SSL bundles decide whom the store trusts, and what it shows. */
class SslBundleTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String BUNDLE = "spring.ssl.bundle.pem.ours.";

  private final TestTls tls;

  SslBundleTest(@TempDir Path folder) {
    tls = new TestTls(folder);
  }

  /** With Boot's module for Redis, and with our own reading of its properties. */
  private static List<ReactiveWebApplicationContextRunner> applications() {
    ReactiveWebApplicationContextRunner web =
        BootContexts.web()
            .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
            .withPropertyValues("latchkey.check-on-startup=off");
    return List.of(
        web.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class)),
        web.withClassLoader(
            new FilteredClassLoader(
                SessionDataRedisAutoConfiguration.class, DataRedisConnectionDetails.class)));
  }

  @Test
  void aServerIsTrustedAndIsShownACertificateAsTheBundleSays() {
    X509Bundle client = tls.issued(UnaryOperator.identity());
    Path certificate = tls.write("client.pem", client.getCertificatePathPEM());
    Path key = tls.write("client.key", client.getPrivateKeyPEM());
    try (TestTls.Server server = server("--tls-auth-clients", "yes")) {
      for (ReactiveWebApplicationContextRunner application : applications()) {
        var trusting = on(application, server).withPropertyValues(trust(), bundle("ours"));
        var known =
            trusting.withPropertyValues(
                BUNDLE + "keystore.certificate=file:" + certificate,
                BUNDLE + "keystore.private-key=file:" + key);

        assertThat(canWrite(known)).isTrue();
        assertThat(canWrite(trusting)).isFalse();
      }
    }
  }

  @Test
  void aServerWhomTheBundleDoesNotTrustIsRefused() {
    try (TestTls.Server server = server()) {
      for (ReactiveWebApplicationContextRunner application : applications()) {
        var without = on(application, server);

        assertThat(canWrite(without.withPropertyValues(trust(), bundle("ours")))).isTrue();
        assertThat(
                canWrite(without.withPropertyValues(trust(), "spring.data.redis.ssl.enabled=true")))
            .isFalse();
      }
    }
  }

  /** Boot makes a bundle of what the JDK trusts then, which is no choice that somebody made. */
  @Test
  void withoutABundleACustomizerMaySayWhomToTrust() {
    try (TestTls.Server server = server()) {
      for (ReactiveWebApplicationContextRunner application : applications()) {
        var customized =
            on(application, server)
                .withPropertyValues("spring.data.redis.ssl.enabled=true")
                .withBean(
                    LatchkeyBuilderCustomizer.class,
                    () -> builder -> builder.trustCertificates(tls.authorityFile()));

        assertThat(canWrite(customized)).isTrue();
      }
    }
  }

  @Test
  void aBundleOfOnesOwnConnectionDetailsIsUsed() {
    try (TestTls.Server server = server()) {
      for (ReactiveWebApplicationContextRunner application : applications()) {
        var own =
            application
                .withUserConfiguration(OwnDetails.class)
                .withPropertyValues(trust(), "uri=" + server.uri());

        assertThat(canWrite(own)).isTrue();
      }
    }
  }

  @Test
  void aBundleThatThereIsNotIsBootsOwnError() {
    for (ReactiveWebApplicationContextRunner application : applications()) {
      application
          .withPropertyValues(trust(), bundle("others"))
          .run(
              context ->
                  assertThat(context)
                      .getFailure()
                      .rootCause()
                      .isInstanceOfSatisfying(
                          NoSuchSslBundleException.class,
                          error -> assertThat(error.getBundleName()).isEqualTo("others")));
    }
  }

  @Test
  void aBundleThatIsSwitchedOffIsNotAskedFor() {
    for (ReactiveWebApplicationContextRunner application : applications()) {
      application
          .withPropertyValues("spring.data.redis.ssl.enabled=false", bundle("others"))
          .run(
              context -> {
                var details = context.getBean(LatchkeyConnectionDetails.class);
                assertThat(details.getUri()).isEqualTo("valkey://localhost:6379/0");
                assertThat(details.getSslBundle()).isNull();
              });
    }
  }

  /** To leave them out would be to accept what somebody has ruled out. */
  @ParameterizedTest
  @ValueSource(
      strings = {"options.ciphers=TLS_AES_256_GCM_SHA384", "options.enabled-protocols=TLSv1.3"})
  void aBundleWithCiphersOrProtocolsIsRefused(String option) {
    for (ReactiveWebApplicationContextRunner application : applications()) {
      application
          .withPropertyValues(trust(), bundle("ours"), BUNDLE + option)
          .run(
              context ->
                  assertThat(
                          Objects.requireNonNull(
                                  new LatchkeyFailureAnalyzer()
                                      .analyze(Objects.requireNonNull(context.getStartupFailure())))
                              .getDescription())
                      .contains("SSL bundle", "spring.data.redis", "ciphers or protocols"));
    }
  }

  private TestTls.Server server(String... args) {
    return tls.start(tls.issued(b -> b.addSanIpAddress("127.0.0.1")), args);
  }

  private String trust() {
    return BUNDLE + "truststore.certificate=file:" + tls.authorityFile();
  }

  private static String bundle(String name) {
    return "spring.data.redis.ssl.bundle=" + name;
  }

  private static ReactiveWebApplicationContextRunner on(
      ReactiveWebApplicationContextRunner application, TestTls.Server server) {
    return application.withPropertyValues(
        "spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + server.port());
  }

  private static boolean canWrite(ReactiveWebApplicationContextRunner application) {
    boolean[] written = new boolean[1];
    application.run(
        context ->
            written[0] =
                context
                    .getBean(SessionStore.class)
                    .create(Map.of())
                    .map(session -> true)
                    .onErrorReturn(SessionStoreException.class, false)
                    .blockOptional(PATIENCE)
                    .orElse(false));
    return written[0];
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnDetails {
    @Bean
    LatchkeyConnectionDetails ownDetails(SslBundles bundles, Environment environment) {
      return new LatchkeyConnectionDetails() {
        @Override
        public String getUri() {
          return environment.getRequiredProperty("uri");
        }

        @Override
        public SslBundle getSslBundle() {
          return bundles.getBundle("ours");
        }
      };
    }
  }
}
