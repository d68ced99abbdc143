package io.latchkey.internal;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The alphabet of ids, digests and tokens. */
final class Base64Url {
  static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  /** Each id is checked at each read, character by character. */
  private static final boolean[] CONTAINS = contains();

  private Base64Url() {}

  static String encode(byte[] bytes) {
    return ENCODER.encodeToString(bytes);
  }

  static byte[] ascii(byte[] bytes) {
    return ENCODER.encode(bytes);
  }

  static boolean isAll(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!contains(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  static boolean isAll(byte[] source, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (!contains(source[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean contains(int c) {
    return c >= 0 && c < CONTAINS.length && CONTAINS[c];
  }

  private static boolean[] contains() {
    boolean[] contains = new boolean[128];
    for (byte c : ALPHABET.getBytes(StandardCharsets.ISO_8859_1)) {
      contains[c] = true;
    }
    return contains;
  }
}
