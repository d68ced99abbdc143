package io.latchkey.webflux.boot;

import io.latchkey.valkey.Credentials;
import io.latchkey.valkey.ValkeySessionStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The server that properties, or another library's connection details, name. */
final class ConfiguredConnectionDetails implements LatchkeyConnectionDetails {
  private final String uri;
  private final String source;
  private final Credentials.@Nullable Provider sentinelCredentials;

  /**
   * Details from somewhere.
   *
   * @param source where the address comes from, as in "it comes from ..."
   */
  ConfiguredConnectionDetails(String uri, String source) {
    this(uri, source, null, null);
  }

  /**
   * Details from somewhere, of sentinels that may want a password.
   *
   * @param sentinelUser is of no use without a password
   */
  ConfiguredConnectionDetails(
      String uri, String source, @Nullable String sentinelUser, @Nullable String sentinelPassword) {
    this.uri = uri;
    this.source = source;
    this.sentinelCredentials =
        sentinelPassword == null || sentinelPassword.isEmpty()
            ? null
            : () ->
                Mono.just(
                    sentinelUser == null || sentinelUser.isEmpty()
                        ? Credentials.ofPassword(sentinelPassword)
                        : Credentials.of(sentinelUser, sentinelPassword));
  }

  @Override
  public String getUri() {
    return uri;
  }

  /** Sets what no URI can say. */
  static void apply(LatchkeyConnectionDetails details, ValkeySessionStore.Builder builder) {
    if (details instanceof ConfiguredConnectionDetails configured
        && configured.sentinelCredentials != null) {
      builder.sentinelCredentials(configured.sentinelCredentials);
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
