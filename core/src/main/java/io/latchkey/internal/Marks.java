package io.latchkey.internal;

import io.latchkey.internal.RandomBytes.Reading;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A writer's marks: 12 base64url characters, 72 bits. They tell one attempt of a save from another,
 * so that a command which runs twice knows its own work. No secret, so no secure randomness.
 *
 * <p>But two processes that were restored from one image have the same random numbers, and must not
 * write the same marks: each would take the other's save for its own. So the numbers are masked
 * with secure ones, which no two processes share.
 */
public final class Marks {
  /** How many characters a mark has. */
  public static final int LENGTH = 12;

  private static final char[] ALPHABET = SessionIds.BASE64URL_ALPHABET.toCharArray();
  private static final RandomBytes RANDOM = new RandomBytes();

  private static volatile Mask mask = new Mask(Reading.NEVER, 0, 0);

  private Marks() {}

  /**
   * A new mark.
   *
   * @return 12 characters
   */
  public static String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return masked(random.nextLong(), random.nextInt());
  }

  /** The mark of these random numbers in this process. */
  static String masked(long high, int low) {
    Mask present = mask();
    long maskedHigh = high ^ present.high;
    int maskedLow = low ^ present.low;
    char[] mark = new char[LENGTH];
    for (int i = 0; i < 10; i++) {
      mark[i] = ALPHABET[(int) (maskedHigh >>> (6 * i)) & 63];
    }
    mark[10] = ALPHABET[maskedLow & 63];
    mark[11] = ALPHABET[(maskedLow >>> 6) & 63];
    return new String(mark);
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

  private record Mask(Reading reading, long high, int low) {}

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
