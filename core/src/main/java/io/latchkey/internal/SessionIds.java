package io.latchkey.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Makes and checks session ids: 32 base64url characters. The first 4 are the routing tag, which a
 * rotation keeps, so that both ids lie in one slot of a cluster; the other 28 (168 bits) are new
 * each time.
 */
public final class SessionIds {
  /** How many characters an id has. */
  public static final int LENGTH = 32;

  /** How many of them are the routing tag. */
  public static final int TAG_LENGTH = 4;

  static final String BASE64URL_ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private static final int UUID_LENGTH = 36;
  private static final int TAG_BYTES = 3;
  private static final int BYTES = 24;
  private static final int SECRET_BYTES = 16;
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private static final boolean[] IS_BASE64URL = base64Url();

  private final RandomBytes random;

  /** A source of ids, seeded at once. */
  public SessionIds() {
    random = new RandomBytes();
  }

  /**
   * A new id.
   *
   * @return 32 characters of 192 random bits
   */
  public String next() {
    return BASE64URL.encodeToString(random.next(BYTES));
  }

  /**
   * A new id for the same session.
   *
   * @param id the present id
   * @return an id with the same routing tag and 168 new random bits
   */
  public String nextAfter(String id) {
    return id.substring(0, TAG_LENGTH) + BASE64URL.encodeToString(random.next(BYTES - TAG_BYTES));
  }

  /**
   * What an id can be renewed with.
   *
   * @return 22 base64url characters of 128 random bits
   */
  public String secret() {
    return BASE64URL.encodeToString(random.next(SECRET_BYTES));
  }

  /**
   * The id that follows another, for everybody who knows both that one and the secret. Who knows
   * only one of them, the former id from a cookie or the secret from the store, cannot tell it.
   *
   * @param id the former id
   * @param secret the secret
   * @return an id with the same routing tag and 168 new bits
   */
  public static String renewed(String id, String secret) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((secret + ' ' + id).getBytes(StandardCharsets.ISO_8859_1));
      return id.substring(0, TAG_LENGTH)
          + BASE64URL.encodeToString(Arrays.copyOf(digest, BYTES - TAG_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256, which every JDK has", e);
    }
  }

  /**
   * Whether a text can be the id of a session at all.
   *
   * @param id the text
   * @return true if it is 32 characters of the base64url alphabet
   */
  public static boolean isValid(String id) {
    if (id.length() != LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      if (!isBase64Url(id.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Every id is checked at every read, character by character. */
  static boolean isBase64Url(int c) {
    return c >= 0 && c < IS_BASE64URL.length && IS_BASE64URL[c];
  }

  private static boolean[] base64Url() {
    boolean[] is = new boolean[128];
    for (byte c : BASE64URL_ALPHABET.getBytes(StandardCharsets.ISO_8859_1)) {
      is[c] = true;
    }
    return is;
  }

  /**
   * Whether a text is a UUID as {@code UUID.toString} writes it, which other libraries use as ids.
   *
   * @param id the text
   * @return true if it is 32 lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12
   */
  public static boolean isUuid(String id) {
    if (id.length() != UUID_LENGTH) {
      return false;
    }
    for (int i = 0; i < UUID_LENGTH; i++) {
      char c = id.charAt(i);
      boolean fits =
          (i == 8 || i == 13 || i == 18 || i == 23)
              ? c == '-'
              : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      if (!fits) {
        return false;
      }
    }
    return true;
  }
}
