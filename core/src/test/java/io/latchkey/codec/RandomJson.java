package io.latchkey.codec;

import java.util.List;
import java.util.Random;

/** Random JSON texts, the same for the same seed: all forms that a writer may choose. */
final class RandomJson {
  private static final List<String> SPACES = List.of("", "", "", " ", "\n", "\t", "\r\n", "   ");
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-0",
          "1",
          "-1",
          "2147483648",
          "9223372036854775807",
          "-9223372036854775808",
          "123456789012345678901234567890",
          "0.1",
          "-0.0",
          "1e5",
          "1E+10",
          "-2.5e-7",
          "1.0E0");
  private static final List<String> PIECES =
      List.of(
          "a",
          "Z",
          "9",
          " ",
          "é",
          "ß",
          "€",
          "日本",
          "שלום",
          "👩‍💻",
          "𝄞",
          "{",
          "}",
          "[",
          "]",
          ":",
          ",",
          "'",
          "/",
          "\\\"",
          "\\\\",
          "\\/",
          "\\b",
          "\\f",
          "\\n",
          "\\r",
          "\\t",
          "\\u0000",
          "\\u00e9",
          "\\u20AC",
          "\\uD83D\\uDE00",
          "\\u2028",
          "true",
          "null",
          "\u007f");

  private final Random random;

  RandomJson(long seed) {
    random = new Random(seed);
  }

  /** An object with that many fields, all of different names. */
  String object(int fields, int depth) {
    StringBuilder json = new StringBuilder("{").append(space());
    for (int i = 0; i < fields; i++) {
      json.append(i == 0 ? "" : "," + space())
          .append(string(Integer.toString(i)))
          .append(space())
          .append(':')
          .append(space())
          .append(value(depth))
          .append(space());
    }
    return json.append('}').toString();
  }

  String value(int depth) {
    return switch (random.nextInt(depth > 0 ? 7 : 5)) {
      case 0 -> pick(NUMBERS);
      case 1 -> random.nextBoolean() ? "true" : "false";
      case 2 -> "null";
      case 3, 4 -> string("");
      case 5 -> object(random.nextInt(4), depth - 1);
      default -> array(depth - 1);
    };
  }

  private String array(int depth) {
    StringBuilder json = new StringBuilder("[").append(space());
    int size = random.nextInt(4);
    for (int i = 0; i < size; i++) {
      json.append(i == 0 ? "" : "," + space()).append(value(depth)).append(space());
    }
    return json.append(']').toString();
  }

  private String string(String suffix) {
    StringBuilder text = new StringBuilder("\"");
    int pieces = random.nextInt(6);
    for (int i = 0; i < pieces; i++) {
      text.append(pick(PIECES));
    }
    return text.append(suffix).append('"').toString();
  }

  private String space() {
    return pick(SPACES);
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
