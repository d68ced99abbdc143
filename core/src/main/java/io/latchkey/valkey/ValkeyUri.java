package io.latchkey.valkey;

import io.lettuce.core.RedisURI;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads the URI of a server; errors never quote it, as it may hold a password. */
final class ValkeyUri {
  private static final Map<String, String> SCHEMES =
      Map.of(
          "valkey", "redis",
          "valkeys", "rediss",
          "redis", "redis",
          "rediss", "rediss");

  /** Not java.net.URI's own host: that knows no underscore, which container names have. */
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:[^@]*@)?(?:\\[[0-9A-Fa-f:.%]+]|[^:@\\[\\]]+)(?::\\d{1,5})?");

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
      String authority = URI.create(uri).getRawAuthority();
      if (authority == null || !AUTHORITY.matcher(authority).matches()) {
        throw new IllegalArgumentException("no host, or no number for a port");
      }
      RedisURI parsed = RedisURI.create(lettuceScheme + uri.substring(colon));
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
