package io.latchkey.internal;

import java.util.Base64;

/**
 * A writer's marks: 12 base64url characters, 72 bits. They tell one attempt of a save from another,
 * so that a command which runs twice knows its own work. They are no secret. But two processes that
 * were restored from one image must not write the same ones: each would take the other's save for
 * its own. So they come from the source that the ids come from.
 */
public final class Marks {
  /** How many characters a mark has. */
  public static final int LENGTH = 12;

  private static final int BYTES = 9;
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
  private static final RandomBytes RANDOM = new RandomBytes();

  private Marks() {}

  /**
   * A new mark.
   *
   * @return 12 characters
   */
  public static String next() {
    return BASE64URL.encodeToString(RANDOM.next(BYTES));
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
