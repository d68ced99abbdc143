package io.latchkey.internal;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the store keeps of a secret: the first 192 bits of its SHA-256, as 32 base64url characters.
 * Immutable.
 */
public final class SecretDigest {
  /** How many characters it has. */
  public static final int LENGTH = 32;

  private static final int BYTES = 24;

  private final byte[] ascii;

  private SecretDigest(byte[] ascii) {
    this.ascii = ascii;
  }

  static SecretDigest of(String secret) {
    return new SecretDigest(Base64Url.ascii(Arrays.copyOf(Sha256.digest(secret), BYTES)));
  }

  /**
   * The digest at that offset.
   *
   * @param source text in ASCII
   * @param offset where it starts
   * @return null if there is none
   */
  public static @Nullable SecretDigest read(byte[] source, int offset) {
    return Base64Url.isAll(source, offset, LENGTH)
        ? new SecretDigest(Arrays.copyOfRange(source, offset, offset + LENGTH))
        : null;
  }

  /**
   * How it is stored.
   *
   * @return 32 bytes of ASCII, which nobody may change
   */
  public byte[] ascii() {
    return ascii;
  }

  /**
   * Whether both are of one secret, in a time that does not depend on where they differ.
   *
   * @param other another digest
   * @return true if they are equal
   */
  public boolean matches(SecretDigest other) {
    int difference = 0;
    for (int i = 0; i < LENGTH; i++) {
      difference |= ascii[i] ^ other.ascii[i];
    }
    return difference == 0;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SecretDigest that && matches(that);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ascii);
  }

  /** Without the digest. */
  @Override
  public String toString() {
    return "SecretDigest";
  }
}
