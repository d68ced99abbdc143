package io.latchkey.webflux.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.ssl.SslBundle;

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

  /**
   * Whose certificates are trusted, and which certificate is shown to a server that wants one.
   * Asked for once, when the application starts.
   *
   * @return a bundle, for a URI with TLS only, whose options name neither ciphers nor protocols; or
   *     null, which is the default, for those whom the JDK trusts and no certificate
   */
  default @Nullable SslBundle getSslBundle() {
    return null;
  }
}
