package io.latchkey.webflux.boot;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A server's URI from its parts. */
final class RedisUri {
  static final int DEFAULT_PORT = 6379;

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
    var uri = new StringBuilder(tls ? "valkeys://" : "valkey://");
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
    boolean bareIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
    uri.append(bareIpv6 ? "[" + host + "]" : host);
    uri.append(':').append(port > 0 ? port : DEFAULT_PORT);
    return uri.append('/').append(database).toString();
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
