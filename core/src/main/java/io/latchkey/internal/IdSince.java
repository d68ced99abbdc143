package io.latchkey.internal;

import org.jspecify.annotations.Nullable;

/**
 * Since when a session has its present id, and what that id was made from.
 *
 * @param millis epoch milliseconds
 * @param secret with the former id it gives the present one, see {@link SessionIds#renewed}; null
 *     for an id that is random
 */
public record IdSince(long millis, @Nullable String secret) {
  private static final char SEPARATOR = '-';

  /**
   * How this is stored: the milliseconds, and after a hyphen the secret, if there is one.
   *
   * @return text of ASCII characters that need no escaping in JSON
   */
  public String text() {
    return secret == null ? Long.toString(millis) : Long.toString(millis) + SEPARATOR + secret;
  }

  /**
   * Reads what {@link #text()} has written.
   *
   * @param text the text
   * @return null if it is something else
   */
  public static @Nullable IdSince parse(String text) {
    int separator = text.indexOf(SEPARATOR);
    String digits = separator < 0 ? text : text.substring(0, separator);
    String secret = separator < 0 ? null : text.substring(separator + 1);
    if (digits.isEmpty() || digits.length() > 18 || (secret != null && secret.isEmpty())) {
      return null;
    }
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
        return null;
      }
    }
    return new IdSince(Long.parseLong(digits), secret);
  }

  /** Tells no secret. */
  @Override
  public String toString() {
    return "IdSince[" + millis + "]";
  }
}
