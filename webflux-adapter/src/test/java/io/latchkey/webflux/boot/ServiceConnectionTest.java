package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.SessionStore;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.TestTls;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactories;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.docker.compose.core.ConnectionPorts;
import org.springframework.boot.docker.compose.core.ImageReference;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.PemTrustStore;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.mock.env.MockEnvironment;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** Containers that Boot knows of are the server, without a property. */
class ServiceConnectionTest {
  /** Annotations want it to be known beforehand. */
  private static final String CERTIFICATE = "file:target/service-connection/ca.pem";

  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  @BeforeAll
  static void writeTheCertificate() throws IOException {
    new TestTls(Files.createDirectories(Path.of("target/service-connection")));
  }

  private final ReactiveWebApplicationContextRunner web =
      BootContexts.web()
          .withConfiguration(
              AutoConfigurations.of(
                  ServiceConnectionAutoConfiguration.class, DataRedisAutoConfiguration.class))
          // Both are overruled by a container.
          .withPropertyValues("spring.data.redis.host=nowhere.invalid");

  @Test
  void containerOfATestKeepsTheSessions() {
    assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "no Docker here");

    web.withUserConfiguration(RealContainer.class)
        .run(
            context ->
                assertThat(context.getBean(SessionStore.class).create(Map.of()).block())
                    .isNotNull());
  }

  /** Boot's way with a container is the real one here, the container is not. */
  @Test
  void containerWithAnImageOfValkeyIsTakenForTheServer() {
    web.withUserConfiguration(ValkeyContainer.class)
        .withPropertyValues("latchkey.uri=valkey://nowhere.invalid")
        .run(
            context -> {
              assertThat(context.getBean(LatchkeyConnectionDetails.class).getUri())
                  .isEqualTo("valkey://127.0.0.1:" + port() + "/0");
              assertThat(context.getBean(SessionStore.class).create(Map.of()).block()).isNotNull();
            });
  }

  @Test
  void containerWithCertificatesIsConnectedToWithTls() {
    web.withUserConfiguration(TlsContainer.class)
        .withPropertyValues("latchkey.check-on-startup=off")
        .run(
            context -> {
              var details = context.getBean(LatchkeyConnectionDetails.class);
              assertThat(details.getUri()).isEqualTo("valkeys://127.0.0.1:" + port() + "/0");
              assertThat(details.getSslBundle()).isNotNull();
            });
  }

  @Test
  void containerWithAnImageOfRedisIsTakenForTheServer() {
    web.withUserConfiguration(RedisContainer.class)
        .run(
            context ->
                assertThat(context.getBean(LatchkeyConnectionDetails.class).getUri())
                    .isEqualTo("valkey://127.0.0.1:" + port() + "/0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"valkey/valkey:8", "valkey/valkey-bundle", "bitnami/valkey:latest"})
  void serviceOfDockerComposeIsTakenForTheServer(String image) {
    assertThat(details(image, Map.of()))
        .hasValueSatisfying(
            details -> assertThat(details.getUri()).isEqualTo("valkey://127.0.0.1:16379/0"));
  }

  @Test
  void passwordOfAServiceOfDockerComposeIsUsed() {
    assertThat(details("bitnami/valkey", Map.of("VALKEY_PASSWORD", "p@ss")))
        .hasValueSatisfying(
            details ->
                assertThat(details.getUri()).isEqualTo("valkey://:p%40ss@127.0.0.1:16379/0"));
  }

  @Test
  void serviceOfDockerComposeWithABundleIsConnectedToWithTls() {
    var service =
        new Service("valkey/valkey:8", Map.of())
            .labelled("org.springframework.boot.sslbundle.pem.truststore.certificate", CERTIFICATE);
    assertThat(details(service))
        .hasValueSatisfying(
            details -> {
              assertThat(details.getUri()).isEqualTo("valkeys://127.0.0.1:16379/0");
              assertThat(details.getSslBundle()).isNotNull();
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres:17", "redis:8"})
  void otherServicesOfDockerComposeAreNot(String image) {
    assertThat(details(image, Map.of())).isEmpty();
  }

  private static Optional<LatchkeyConnectionDetails> details(
      String image, Map<String, @Nullable String> env) {
    return details(new Service(image, env));
  }

  private static Optional<LatchkeyConnectionDetails> details(Service service) {
    try {
      Constructor<DockerComposeConnectionSource> constructor =
          DockerComposeConnectionSource.class.getDeclaredConstructor(
              RunningService.class, Environment.class);
      constructor.setAccessible(true);
      Map<Class<?>, ConnectionDetails> details =
          new ConnectionDetailsFactories(null)
              .getConnectionDetails(constructor.newInstance(service, new MockEnvironment()), false);
      return Optional.ofNullable(
          (LatchkeyConnectionDetails) details.get(LatchkeyConnectionDetails.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int port() {
    return URI.create(SERVER.uri()).getPort();
  }

  /** What Boot read from "docker compose ps". */
  private record Service(
      ImageReference image, Map<String, @Nullable String> env, Map<String, String> labels)
      implements RunningService {
    Service(String image, Map<String, @Nullable String> env) {
      this(ImageReference.of(image), env, Map.of());
    }

    Service labelled(String label, String value) {
      return new Service(image, env, Map.of(label, value));
    }

    @Override
    public String name() {
      return "sessions";
    }

    @Override
    public String host() {
      return "127.0.0.1";
    }

    @Override
    public ConnectionPorts ports() {
      return new ConnectionPorts() {
        @Override
        public int get(int containerPort) {
          return containerPort + 10_000;
        }

        @Override
        public List<Integer> getAll() {
          return List.of(16379);
        }

        @Override
        public List<Integer> getAll(@Nullable String protocol) {
          return getAll();
        }
      };
    }
  }

  /** A container that runs already, as the server of these tests. */
  private static final class Running extends GenericContainer<Running> {
    Running(String image) {
      super(DockerImageName.parse(image));
    }

    @Override
    public void start() {}

    @Override
    public void stop() {}

    @Override
    public String getHost() {
      return "127.0.0.1";
    }

    @Override
    public Integer getMappedPort(int originalPort) {
      return originalPort == 6379 ? port() : 0;
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class RealContainer {
    @Bean
    @ServiceConnection("valkey")
    GenericContainer<?> valkey() {
      return new GenericContainer<>(DockerImageName.parse("valkey/valkey:8"))
          .withExposedPorts(6379);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class ValkeyContainer {
    @Bean
    @ServiceConnection("valkey")
    GenericContainer<?> valkey() {
      return new Running("valkey/valkey:8");
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class TlsContainer {
    @Bean
    @ServiceConnection("valkey")
    @PemTrustStore(certificate = CERTIFICATE)
    GenericContainer<?> valkey() {
      return new Running("valkey/valkey:8");
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class RedisContainer {
    @Bean
    @ServiceConnection("redis")
    GenericContainer<?> redis() {
      return new Running("redis:8");
    }
  }
}
