package io.latchkey.webflux.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.testcontainers.containers.Container;

/** The server in a container that a test declares with {@code @ServiceConnection}. */
final class ValkeyContainerConnectionDetailsFactory
    extends ContainerConnectionDetailsFactory<Container<?>, LatchkeyConnectionDetails> {
  ValkeyContainerConnectionDetailsFactory() {
    super(ValkeyImages.names());
  }

  @Override
  protected LatchkeyConnectionDetails getContainerConnectionDetails(
      ContainerConnectionSource<Container<?>> source) {
    return new InContainer(source);
  }

  private static final class InContainer extends ContainerConnectionDetails<Container<?>>
      implements LatchkeyConnectionDetails {
    InContainer(ContainerConnectionSource<Container<?>> source) {
      super(source);
    }

    @Override
    public String getUri() {
      Container<?> container = getContainer();
      return RedisUri.of(
          getSslBundle() != null,
          container.getHost(),
          container.getMappedPort(ValkeyImages.PORT),
          null,
          null,
          0);
    }

    @Override
    public @Nullable SslBundle getSslBundle() {
      return super.getSslBundle();
    }
  }
}
