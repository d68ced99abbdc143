package io.latchkey.internal;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The tokens of writers: 12 base64url characters, 72 bits. They tell one attempt of a save from
 * another, so that a command which runs twice knows its own work. A token is no secret, so it needs
 * no secure randomness.
 */
public final class WriteToken {
  /** How many characters a token has. */
  public static final int LENGTH = 12;

  private static final char[] ALPHABET = Base64Url.ALPHABET.toCharArray();

  private WriteToken() {}

  /**
   * A new token.
   *
   * @return 12 characters
   */
  public static String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = random.nextLong();
    int low = random.nextInt();
    char[] token = new char[LENGTH];
    for (int i = 0; i < 10; i++) {
      token[i] = ALPHABET[(int) (high >>> (6 * i)) & 63];
    }
    token[10] = ALPHABET[low & 63];
    token[11] = ALPHABET[(low >>> 6) & 63];
    return new String(token);
  }

  /**
   * Whether there is a token at that offset.
   *
   * @param source text in ASCII
   * @param offset where it should start
   * @return true if all its characters may be in one
   */
  public static boolean isValid(byte[] source, int offset) {
    return Base64Url.isAll(source, offset, LENGTH);
  }
}
