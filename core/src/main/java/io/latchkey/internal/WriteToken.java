package io.latchkey.internal;

/**
 * The tokens of writers: 12 base64url characters, 72 bits. They tell one attempt of a save from
 * another, so that a command which runs twice knows its own work. They are no secret. But two
 * processes that were restored from one image must not write the same ones: each would take the
 * other's save for its own. So they come from the source that the ids come from.
 */
public final class WriteToken {
  /** How many characters a token has. */
  public static final int LENGTH = 12;

  private static final int BYTES = 9;
  private static final RandomBytes RANDOM = new RandomBytes();

  private WriteToken() {}

  /**
   * A new token.
   *
   * @return 12 characters
   */
  public static String next() {
    return Base64Url.encode(RANDOM.next(BYTES));
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
