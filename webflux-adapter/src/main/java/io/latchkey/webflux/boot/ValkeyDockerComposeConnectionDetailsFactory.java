package io.latchkey.webflux.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionDetailsFactory;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.boot.ssl.SslBundle;

/** The server in a service of the application's Docker Compose file. */
final class ValkeyDockerComposeConnectionDetailsFactory
    extends DockerComposeConnectionDetailsFactory<LatchkeyConnectionDetails> {
  ValkeyDockerComposeConnectionDetailsFactory() {
    super(ValkeyImages.names().toArray(new String[0]));
  }

  @Override
  protected LatchkeyConnectionDetails getDockerComposeConnectionDetails(
      DockerComposeConnectionSource source) {
    return new InService(source.getRunningService());
  }

  private static final class InService extends DockerComposeConnectionDetails
      implements LatchkeyConnectionDetails {
    private final String uri;
    private final @Nullable SslBundle bundle;

    InService(RunningService service) {
      super(service);
      this.bundle = getSslBundle(service);
      // Bitnami's image takes its password from this variable.
      String password = service.env().get("VALKEY_PASSWORD");
      this.uri =
          RedisUri.of(
              bundle != null,
              service.host(),
              service.ports().get(ValkeyImages.PORT),
              null,
              password,
              0);
    }

    @Override
    public String getUri() {
      return uri;
    }

    @Override
    public @Nullable SslBundle getSslBundle() {
      return bundle;
    }
  }
}
