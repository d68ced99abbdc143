package io.latchkey.codec;

import java.util.Arrays;

/**
 * One JSON value in UTF-8, as a view on bytes that nobody changes any more. An attribute stays in
 * this form until someone asks for it.
 *
 * @param array the bytes in which the value lies
 * @param offset where it starts
 * @param length how many bytes it has
 */
@SuppressWarnings("ArrayRecordComponent") // a view; equality is that of the bytes viewed, below
public record JsonBytes(byte[] array, int offset, int length) {

  /**
   * A view on a whole array.
   *
   * @param array the bytes, from now on never to be changed
   * @return the view
   */
  public static JsonBytes of(byte[] array) {
    return new JsonBytes(array, 0, array.length);
  }

  /**
   * The bytes alone.
   *
   * @return an array of exactly the value's length, which may be the one viewed
   */
  public byte[] toArray() {
    return offset == 0 && length == array.length
        ? array
        : Arrays.copyOfRange(array, offset, offset + length);
  }

  /**
   * What kind of JSON value this is, in words for a message.
   *
   * @return for example "a JSON string"
   */
  public String kind() {
    return switch (length == 0 ? ' ' : array[offset]) {
      case '"' -> "a JSON string";
      case '{' -> "a JSON object";
      case '[' -> "a JSON array";
      case 't', 'f' -> "a JSON boolean";
      case 'n' -> "a JSON null";
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> "a JSON number";
      default -> "no JSON";
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof JsonBytes that
        && Arrays.equals(
            array, offset, offset + length, that.array, that.offset, that.offset + that.length);
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (int i = offset; i < offset + length; i++) {
      hash = 31 * hash + array[i];
    }
    return hash;
  }

  /** Tells the size only: a value belongs into no log. */
  @Override
  public String toString() {
    return "JsonBytes[length=" + length + "]";
  }
}
