package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * JSON of what most attributes are, byte for byte as Jackson writes it, and texts as Jackson reads
 * them: to set Jackson up for one value takes several times as long as to write a short text.
 */
final class PlainJson {
  private static final byte[] TRUE = "true".getBytes(US_ASCII);
  private static final byte[] FALSE = "false".getBytes(US_ASCII);

  private PlainJson() {}

  /** The JSON of a text, truth value or whole number, or null where it takes Jackson to tell. */
  static byte @Nullable [] of(Object value) {
    if (value instanceof String text) {
      return quoted(text);
    }
    if (value instanceof Boolean truth) {
      return (truth ? TRUE : FALSE).clone();
    }
    // A long that would come back as an int has a tag.
    boolean whole =
        value instanceof Integer || (value instanceof Long number && number != number.intValue());
    return whole ? value.toString().getBytes(US_ASCII) : null;
  }

  /** A text as a JSON string, or null if anything in it does not stand for itself there. */
  static byte @Nullable [] quoted(String text) {
    byte[] quoted = new byte[text.length() + 2];
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isPlain(c)) {
        return null;
      }
      quoted[i + 1] = (byte) c;
    }
    quoted[0] = '"';
    quoted[quoted.length - 1] = '"';
    return quoted;
  }

  /** How many bytes a text has as a JSON string, quotes and escapes included. */
  static long quotedLength(String text) {
    long length = text.length() + 2L;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        length++;
      } else if (c < ' ') {
        length += c == '\b' || c == '\t' || c == '\n' || c == '\f' || c == '\r' ? 1 : 5;
      } else if (c >= 0x80) {
        // Two bytes for each half of a surrogate pair.
        length += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return length;
  }

  /** The text that a JSON string is, or null if it takes Jackson to tell. */
  static @Nullable String text(JsonBytes json) {
    byte[] bytes = json.array();
    int start = json.offset();
    int last = start + json.length() - 1;
    if (last <= start || bytes[start] != '"' || bytes[last] != '"') {
      return null;
    }
    for (int i = start + 1; i < last; i++) {
      if (!isPlain(bytes[i])) {
        return null;
      }
    }
    return new String(bytes, start + 1, last - start - 1, ISO_8859_1);
  }

  /** Whether it stands for itself in a JSON string, and in ASCII. */
  private static boolean isPlain(int c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  }
}
