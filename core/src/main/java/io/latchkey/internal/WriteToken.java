package io.latchkey.internal;

import io.latchkey.internal.RandomBytes.Reading;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The tokens of writers: 12 base64url characters, 72 bits. They tell one attempt of a save from
 * another, so that a command which runs twice knows its own work. A token is no secret, so it needs
 * no secure randomness.
 *
 * <p>But two processes that were restored from one image have the same random numbers, and must not
 * write the same tokens: each would take the other's save for its own. So the numbers are masked
 * with secure ones, which no two processes share.
 */
public final class WriteToken {
  /** How many characters a token has. */
  public static final int LENGTH = 12;

  private static final char[] ALPHABET = Base64Url.ALPHABET.toCharArray();
  private static final RandomBytes RANDOM = new RandomBytes();

  private static volatile Mask mask = new Mask(Reading.NEVER, 0, 0);

  private WriteToken() {}

  /**
   * A new token.
   *
   * @return 12 characters
   */
  public static String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return masked(random.nextLong(), random.nextInt());
  }

  /** The token of these random numbers in this process. */
  static String masked(long high, int low) {
    Mask present = mask();
    long maskedHigh = high ^ present.high;
    int maskedLow = low ^ present.low;
    char[] token = new char[LENGTH];
    for (int i = 0; i < 10; i++) {
      token[i] = ALPHABET[(int) (maskedHigh >>> (6 * i)) & 63];
    }
    token[10] = ALPHABET[maskedLow & 63];
    token[11] = ALPHABET[(maskedLow >>> 6) & 63];
    return new String(token);
  }

  private static Mask mask() {
    Mask present = mask;
    long now = System.nanoTime();
    if (present.reading.isOver(now)) {
      Reading reading = Reading.at(now);
      ByteBuffer bytes = ByteBuffer.wrap(RANDOM.next(Long.BYTES + Integer.BYTES));
      present = new Mask(reading, bytes.getLong(), bytes.getInt());
      mask = present;
    }
    return present;
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

  private record Mask(Reading reading, long high, int low) {}
}
