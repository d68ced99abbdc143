package io.latchkey.webflux.boot;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server's URI from its parts. */
final class RedisUri {
  static final int DEFAULT_PORT = 6379;
  static final int DEFAULT_SENTINEL_PORT = 26379;

  private static final String UNRESERVED = "-._~";
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private RedisUri() {}

  /**
   * A URI for the store's builder.
   *
   * @param port zero or less for the default
   * @param user is of no use without a password
   */
  static String of(
      boolean tls,
      String host,
      int port,
      @Nullable String user,
      @Nullable String password,
      int database) {
    return start(tls ? "valkeys" : "valkey", user, password)
        + address(host, port, DEFAULT_PORT)
        + "/"
        + database;
  }

  /**
   * A URI of the primary that sentinels know.
   *
   * @param sentinels their addresses
   * @param primary the name that they give it; null is refused by the store's builder
   */
  static String ofSentinels(
      boolean tls,
      List<String> sentinels,
      @Nullable String primary,
      @Nullable String user,
      @Nullable String password,
      int database) {
    return start(tls ? "valkeys-sentinel" : "valkey-sentinel", user, password)
        + String.join(",", sentinels)
        + "/"
        + database
        + "?sentinelMasterId="
        + encode(primary == null ? "" : primary);
  }

  /** A URI of a cluster, of which some nodes have these addresses. */
  static String ofCluster(
      boolean tls, List<String> nodes, @Nullable String user, @Nullable String password) {
    return start(tls ? "valkeys-cluster" : "valkey-cluster", user, password)
        + String.join(",", nodes);
  }

  /** An address as it stands in a URI; zero or less is the default port. */
  static String address(String host, int port, int defaultPort) {
    boolean bareIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
    return (bareIpv6 ? "[" + host + "]" : host) + ":" + (port > 0 ? port : defaultPort);
  }

  private static String start(String scheme, @Nullable String user, @Nullable String password) {
    var uri = new StringBuilder(scheme).append("://");
    if (password != null && !password.isEmpty()) {
      if (user != null && user.indexOf(':') >= 0) {
        // Lettuce decodes first, and then takes what follows the first colon for the password.
        throw new LatchkeyStartException(
            "The user name for the server of the web sessions contains a colon, which no address of"
                + " a server can hold.",
            "Give the sessions a user of another name.",
            null);
      }
      uri.append(encode(user == null ? "" : user)).append(':').append(encode(password)).append('@');
    }
    return uri.toString();
  }

  /** Everything but letters, digits and four marks: so no reader can take it for something else. */
  private static String encode(String text) {
    var encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean letterOrDigit =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (letterOrDigit || UNRESERVED.indexOf(c) >= 0) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX.toHexDigits(b));
      }
    }
    return encoded.toString();
  }
}
