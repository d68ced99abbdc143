package io.latchkey.internal;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A session's id, taken apart: the locator, which names the session's key and never changes, and
 * the secret, which proves that the caller is the visitor. Only the secret's digest is kept here,
 * beside the text that the visitor holds. Immutable.
 */
public final class SessionId {
  /** How many characters an id has. */
  public static final int LENGTH = 40;

  /** How many of them, the first, are the locator. */
  public static final int LOCATOR_LENGTH = 16;

  private static final int UUID_LENGTH = 36;

  private final String text;
  private final String locator;
  private final SecretDigest digest;

  private SessionId(String text, String locator, SecretDigest digest) {
    this.text = text;
    this.locator = locator;
    this.digest = digest;
  }

  /**
   * The id in a text.
   *
   * @param text the text
   * @return null if it is anything but 40 characters of the base64url alphabet
   */
  public static @Nullable SessionId parse(String text) {
    if (text.length() != LENGTH || !Base64Url.isAll(text)) {
      return null;
    }
    String locator = text.substring(0, LOCATOR_LENGTH);
    return new SessionId(text, locator, SecretDigest.of(text.substring(LOCATOR_LENGTH)));
  }

  /**
   * The id in a text that another library made: a UUID as {@code UUID.toString} writes it. Its
   * locator comes from a digest of the whole, and the whole is the secret.
   *
   * @param text the text
   * @return null if it is anything but 32 lower-case hexadecimal digits in groups of 8, 4, 4, 4 and
   *     12
   */
  public static @Nullable SessionId parseUuid(String text) {
    if (!isUuid(text)) {
      return null;
    }
    String digest = Base64Url.encode(Sha256.digest("locator:" + text));
    return new SessionId(text, digest.substring(0, LOCATOR_LENGTH), SecretDigest.of(text));
  }

  /**
   * Whether there is a locator at that offset.
   *
   * @param source text in ASCII
   * @param offset where it should start
   * @return true if all its characters may be in one
   */
  public static boolean isLocator(byte[] source, int offset) {
    return Base64Url.isAll(source, offset, LOCATOR_LENGTH);
  }

  static SessionId of(String locator, String secret) {
    return new SessionId(locator + secret, locator, SecretDigest.of(secret));
  }

  /**
   * What the visitor holds.
   *
   * @return the text of the id
   */
  public String text() {
    return text;
  }

  /**
   * The part that names the session's key.
   *
   * @return 16 base64url characters
   */
  public String locator() {
    return locator;
  }

  /**
   * The locator as it appears in keys and headers.
   *
   * @return 16 bytes of ASCII
   */
  public byte[] locatorBytes() {
    return locator.getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * The digest of the part that proves who the caller is.
   *
   * @return the digest
   */
  public SecretDigest digest() {
    return digest;
  }

  /**
   * Whether the id is one of ours and not another library's.
   *
   * @return false for a UUID
   */
  public boolean isNative() {
    return text.length() == LENGTH;
  }

  String secret() {
    return isNative() ? text.substring(LOCATOR_LENGTH) : text;
  }

  /** By the text, not in constant time. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SessionId that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return locator.hashCode();
  }

  /** Without any part of the id. */
  @Override
  public String toString() {
    return "SessionId";
  }

  private static boolean isUuid(String text) {
    if (text.length() != UUID_LENGTH) {
      return false;
    }
    for (int i = 0; i < UUID_LENGTH; i++) {
      char c = text.charAt(i);
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
