package io.latchkey.codec;

import io.latchkey.UnreadableSessionException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Takes a JSON object apart into its fields without decoding their values. Looks only for where a
 * value ends: what it is given has passed a checksum, and what it finds is parsed by Jackson when
 * somebody asks for it. (Jackson's own parser tells offsets too, but whether they count from the
 * start of the array or of the part that it was given has changed between its releases.)
 */
final class JsonFields {
  private final byte[] json;
  private final int end;
  private int position;

  private JsonFields(JsonBytes object) {
    json = object.array();
    position = object.offset();
    end = object.offset() + object.length();
  }

  /**
   * Takes an object apart.
   *
   * @param object a JSON object
   * @param unescape decodes a JSON string with escapes in it
   * @return the fields in their order, as views on the same bytes
   * @throws UnreadableSessionException if it is not a JSON object
   */
  static Map<String, JsonBytes> of(JsonBytes object, Function<JsonBytes, String> unescape) {
    try {
      return new JsonFields(object).fields(unescape);
    } catch (ArrayIndexOutOfBoundsException e) {
      throw unreadable();
    }
  }

  private Map<String, JsonBytes> fields(Function<JsonBytes, String> unescape) {
    Map<String, JsonBytes> fields = new LinkedHashMap<>();
    expect('{');
    if (peek() != '}') {
      do {
        JsonBytes name = value();
        expect(':');
        fields.put(name(name, unescape), value());
      } while (next() == ',');
      position--;
    }
    expect('}');
    if (position != end) {
      throw unreadable();
    }
    return Collections.unmodifiableMap(fields);
  }

  private String name(JsonBytes quoted, Function<JsonBytes, String> unescape) {
    if (json[quoted.offset()] != '"') {
      throw unreadable();
    }
    for (int i = quoted.offset(); i < quoted.offset() + quoted.length(); i++) {
      if (json[i] == '\\') {
        return unescape.apply(quoted);
      }
    }
    return new String(json, quoted.offset() + 1, quoted.length() - 2, StandardCharsets.UTF_8);
  }

  private JsonBytes value() {
    peek();
    int start = position;
    int depth = 0;
    do {
      switch (json[position]) {
        case '{', '[' -> {
          depth++;
          position++;
        }
        case '}', ']' -> {
          depth--;
          position++;
        }
        case '"' -> skipString();
        case ',', ':', ' ', '\t', '\r', '\n' -> position++;
        default -> skipLiteral();
      }
    } while (depth > 0);
    if (depth < 0 || position > end) {
      throw unreadable();
    }
    return new JsonBytes(json, start, position - start);
  }

  private void skipString() {
    position++;
    while (json[position] != '"') {
      position += json[position] == '\\' ? 2 : 1;
    }
    position++;
  }

  /** A number, true, false or null. */
  private void skipLiteral() {
    int start = position;
    while (position < end
        && (Character.isLetterOrDigit(json[position])
            || json[position] == '-'
            || json[position] == '+'
            || json[position] == '.')) {
      position++;
    }
    if (position == start) {
      throw unreadable();
    }
  }

  private void expect(char c) {
    if (next() != c) {
      throw unreadable();
    }
  }

  private byte next() {
    peek();
    return json[position++];
  }

  private byte peek() {
    while (isSpace(json[position])) {
      position++;
    }
    return json[position];
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  private static UnreadableSessionException unreadable() {
    return new UnreadableSessionException("the stored session is not the JSON that it should be");
  }
}
