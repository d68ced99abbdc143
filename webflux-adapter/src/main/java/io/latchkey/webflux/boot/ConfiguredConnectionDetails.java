package io.latchkey.webflux.boot;

import io.latchkey.valkey.Credentials;
import io.latchkey.valkey.ValkeySessionStore;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;
import reactor.core.publisher.Mono;

/** The server that properties, or another library's connection details, name. */
final class ConfiguredConnectionDetails implements LatchkeyConnectionDetails {
  private final String uri;
  private final String source;
  private final Credentials.@Nullable Provider sentinelCredentials;
  private final @Nullable SslBundle bundle;

  /**
   * Details from somewhere.
   *
   * @param source where the address comes from, as in "it comes from ..."
   */
  ConfiguredConnectionDetails(String uri, String source) {
    this(uri, source, credentials(null, null), null);
  }

  /**
   * Details from somewhere, of sentinels that may want a password.
   *
   * @param sentinelUser is of no use without a password
   */
  ConfiguredConnectionDetails(
      String uri, String source, @Nullable String sentinelUser, @Nullable String sentinelPassword) {
    this(uri, source, credentials(sentinelUser, sentinelPassword), null);
  }

  private ConfiguredConnectionDetails(
      String uri,
      String source,
      Credentials.@Nullable Provider sentinelCredentials,
      @Nullable SslBundle bundle) {
    this.uri = uri;
    this.source = source;
    this.sentinelCredentials = sentinelCredentials;
    this.bundle = bundle;
  }

  /** The same with a bundle, or without one. */
  ConfiguredConnectionDetails with(@Nullable SslBundle newBundle) {
    return new ConfiguredConnectionDetails(uri, source, sentinelCredentials, newBundle);
  }

  @Override
  public String getUri() {
    return uri;
  }

  @Override
  public @Nullable SslBundle getSslBundle() {
    return bundle;
  }

  private static Credentials.@Nullable Provider credentials(
      @Nullable String user, @Nullable String password) {
    if (password == null || password.isEmpty()) {
      return null;
    }
    return () ->
        Mono.just(
            user == null || user.isEmpty()
                ? Credentials.ofPassword(password)
                : Credentials.of(user, password));
  }

  /** Sets what no URI can say. */
  static void apply(LatchkeyConnectionDetails details, ValkeySessionStore.Builder builder) {
    if (details instanceof ConfiguredConnectionDetails configured
        && configured.sentinelCredentials != null) {
      builder.sentinelCredentials(configured.sentinelCredentials);
    }
    SslBundle bundle = details.getSslBundle();
    if (bundle != null) {
      SslOptions options = bundle.getOptions();
      if (options.getCiphers() != null || options.getEnabledProtocols() != null) {
        throw Unsupported.sslOptions(source(details));
      }
      SslManagerBundle managers = bundle.getManagers();
      builder
          .trustManager(managers.getTrustManagerFactory())
          .keyManager(managers.getKeyManagerFactory());
    }
  }

  /** Where the address of a server comes from, as in "it comes from ...". */
  static String source(LatchkeyConnectionDetails details) {
    return details instanceof ConfiguredConnectionDetails configured
        ? configured.source
        : "a bean LatchkeyConnectionDetails";
  }

  /** Without the URI, which may hold a password. */
  @Override
  public String toString() {
    return "connection details from " + source;
  }
}
