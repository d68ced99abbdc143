package io.latchkey.internal;

import java.util.concurrent.ThreadLocalRandom;

/**
 * A writer's marks: 12 base64url characters, 72 bits. They tell one attempt of a save from another,
 * so that a command which runs twice knows its own work. No secret, so no secure randomness.
 */
public final class Marks {
  /** How many characters a mark has. */
  public static final int LENGTH = 12;

  private static final char[] ALPHABET = SessionIds.BASE64URL_ALPHABET.toCharArray();

  private Marks() {}

  /**
   * A new mark.
   *
   * @return 12 characters
   */
  public static String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = random.nextLong();
    int low = random.nextInt();
    char[] mark = new char[LENGTH];
    for (int i = 0; i < 10; i++) {
      mark[i] = ALPHABET[(int) (high >>> (6 * i)) & 63];
    }
    mark[10] = ALPHABET[low & 63];
    mark[11] = ALPHABET[(low >>> 6) & 63];
    return new String(mark);
  }

  /**
   * Whether there is a mark at that offset.
   *
   * @param source text in ASCII
   * @param offset where it should start
   * @return true if all its characters may stand in one
   */
  public static boolean isValid(byte[] source, int offset) {
    for (int i = offset; i < offset + LENGTH; i++) {
      if (!SessionIds.isBase64Url(source[i])) {
        return false;
      }
    }
    return true;
  }
}
