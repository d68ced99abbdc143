package io.latchkey.webflux.boot;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * The server that keeps the sessions. A bean of this type comes before every property;
 * Testcontainers and Docker Compose support make one of a container whose image is {@code
 * valkey/valkey}.
 */
@FunctionalInterface
public interface LatchkeyConnectionDetails extends ConnectionDetails {
  /**
   * Where the server is, with whatever is needed to connect, so not to be printed.
   *
   * @return a URI as {@link io.latchkey.valkey.ValkeySessionStore#builder} takes it, such as {@code
   *     valkeys://user:password@host:6379/0}, with characters that a URI does not allow
   *     percent-encoded
   */
  String getUri();
}
