package io.latchkey.valkey;

import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Reads the URI of a server; errors never quote it, as it may hold a password. */
final class ValkeyUri {
  private static final Map<String, String> SCHEMES =
      Map.of(
          "valkey", "redis",
          "valkeys", "rediss",
          "redis", "redis",
          "rediss", "rediss");

  private ValkeyUri() {}

  static RedisURI parse(String uri, Duration commandTimeout) {
    int colon = uri.indexOf("://");
    String scheme = colon < 0 ? "" : uri.substring(0, colon).toLowerCase(Locale.ROOT);
    String lettuceScheme = SCHEMES.get(scheme);
    if (lettuceScheme == null) {
      throw new IllegalArgumentException(
          "uri must start with valkey://, valkeys:// (TLS), redis:// or rediss://, started with "
              + (scheme.matches("[a-z][a-z0-9+.-]{0,30}") ? scheme + "://" : "no scheme"));
    }
    try {
      RedisURI parsed = RedisURI.create(lettuceScheme + uri.substring(colon));
      if (parsed.getHost() == null || parsed.getHost().isEmpty()) {
        throw new IllegalArgumentException("no host");
      }
      parsed.setTimeout(commandTimeout);
      parsed.setClientName("latchkey");
      return parsed;
    } catch (RuntimeException e) {
      // Without the cause: its message quotes the URI.
      throw new IllegalArgumentException(
          "uri must be like "
              + scheme
              + "://user:password@host:port/database, with characters that a URI does not allow"
              + " percent-encoded");
    }
  }
}
