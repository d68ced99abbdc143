package io.latchkey.codec;

import io.latchkey.UnreadableSessionException;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes a JSON object apart into its fields without decoding their values. Looks only for where a
 * value ends: what it is given has passed a checksum, and what it finds is parsed by Jackson when
 * somebody asks for it. (Jackson's own parser tells offsets too, but whether they count from the
 * start of the array or of the part that it was given has changed between its releases.)
 */
final class JsonFields {
  /** As many fields as most sessions have at most. */
  private static final int EXPECTED = 12;

  private final byte[] json;
  private final int end;
  private final Function<JsonBytes, String> unescape;
  private final @Nullable JsonBytes nested;
  private int position;
  private @Nullable Map<String, JsonBytes> inner;

  /**
   * Will take an object apart.
   *
   * @param object a JSON object
   * @param unescape decodes a JSON string with escapes in it
   */
  JsonFields(JsonBytes object, Function<JsonBytes, String> unescape) {
    this(object, unescape, null);
  }

  /**
   * Will take an object apart, and in the same pass one that lies in it.
   *
   * @param object a JSON object
   * @param unescape decodes a JSON string with escapes in it
   * @param nested the name, in JSON, of the field that is an object to be taken apart
   */
  JsonFields(JsonBytes object, Function<JsonBytes, String> unescape, @Nullable JsonBytes nested) {
    json = object.array();
    position = object.offset();
    end = object.offset() + object.length();
    this.unescape = unescape;
    this.nested = nested;
  }

  /**
   * Takes it apart.
   *
   * @return the fields in their order, as views on the same bytes
   * @throws UnreadableSessionException if it is not a JSON object, or what is nested is none
   */
  Map<String, JsonBytes> all() {
    try {
      Map<String, JsonBytes> fields = fields(nested);
      if (position != end) {
        throw unreadable();
      }
      return fields;
    } catch (ArrayIndexOutOfBoundsException e) {
      throw unreadable();
    }
  }

  /** The fields of the nested object; null if it was not found. */
  @Nullable Map<String, JsonBytes> inner() {
    return inner;
  }

  private Map<String, JsonBytes> fields(@Nullable JsonBytes takenApart) {
    JsonBytes[] names = new JsonBytes[EXPECTED];
    JsonBytes[] values = new JsonBytes[EXPECTED];
    int count = 0;
    expect('{');
    if (peek() != '}') {
      do {
        if (count == names.length) {
          names = Arrays.copyOf(names, 2 * count);
          values = Arrays.copyOf(values, 2 * count);
        }
        names[count] = name();
        expect(':');
        values[count] = names[count].equals(takenApart) ? object() : value();
        count++;
      } while (next() == ',');
      position--;
    }
    expect('}');
    return Fields.of(names, values, count, unescape);
  }

  private JsonBytes object() {
    peek();
    int start = position;
    inner = fields(null);
    return new JsonBytes(json, start, position - start);
  }

  private JsonBytes name() {
    if (peek() != '"') {
      throw unreadable();
    }
    return value();
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
    int i = position + 1;
    while (json[i] != '"') {
      i += json[i] == '\\' ? 2 : 1;
    }
    position = i + 1;
  }

  /** A number, true, false or null. */
  private void skipLiteral() {
    int i = position;
    while (i < end && isOfLiteral(json[i])) {
      i++;
    }
    if (i == position) {
      throw unreadable();
    }
    position = i;
  }

  private static boolean isOfLiteral(byte b) {
    return (b >= '0' && b <= '9')
        || (b >= 'a' && b <= 'z')
        || b == '.'
        || b == '-'
        || b == '+'
        || b == 'E';
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
