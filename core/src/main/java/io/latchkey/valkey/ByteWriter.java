package io.latchkey.valkey;

import io.latchkey.codec.JsonBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes under construction, in an array of the size that its user reckoned beforehand. */
final class ByteWriter {
  private static final byte[] HEX = ascii("0123456789abcdef");

  final byte[] bytes;
  int position;

  ByteWriter(int size) {
    bytes = new byte[size];
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  void put(char c) {
    bytes[position++] = (byte) c;
  }

  void put(byte[] source) {
    System.arraycopy(source, 0, bytes, position, source.length);
    position += source.length;
  }

  void put(JsonBytes json) {
    System.arraycopy(json.array(), json.offset(), bytes, position, json.length());
    position += json.length();
  }

  /** A number in so many digits, with zeros in front. */
  void putDigits(long number, int count) {
    long rest = number;
    for (int i = position + count - 1; i >= position; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    position += count;
  }

  /** A number in eight hexadecimal digits. */
  void putHex(int number) {
    for (int shift = 28; shift >= 0; shift -= 4) {
      bytes[position++] = HEX[number >>> shift & 15];
    }
  }

  byte[] toArray(int length) {
    return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
  }

  /** The number in so many digits at that offset, or -1 if there is none. */
  static long digits(byte[] source, int offset, int count) {
    long number = 0;
    for (int i = offset; i < offset + count; i++) {
      int digit = source[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /** The number in eight hexadecimal digits at that offset, or -1 if there is none. */
  static long hex(byte[] source, int offset) {
    long number = 0;
    for (int i = offset; i < offset + 8; i++) {
      int digit = source[i] < 0 ? -1 : Character.digit(source[i], 16);
      if (digit < 0) {
        return -1;
      }
      number = number << 4 | digit;
    }
    return number;
  }
}
