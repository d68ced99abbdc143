package io.latchkey.codec;

/**
 * Makes names fit for messages and logs. A name may come from a visitor or from stored data: it
 * must not add a line to a log, reorder the text around it, or fill the log.
 */
public final class DisplayNames {
  /** How many characters of a name are shown. */
  static final int MAX_LENGTH = 100;

  private DisplayNames() {}

  /**
   * Escapes what is not visible, and cuts what is long.
   *
   * @param name a name
   * @return the name's first 100 characters, with control characters, separators of lines and
   *     paragraphs, marks of direction, lone surrogates and backslashes as Java escapes, and "..."
   *     behind them if there were more
   */
  public static String of(String name) {
    int end = Math.min(name.length(), MAX_LENGTH);
    if (end == name.length() && isPlain(name)) {
      return name;
    }
    if (end < name.length() && Character.isHighSurrogate(name.charAt(end - 1))) {
      end--;
    }
    StringBuilder shown = new StringBuilder(end + 16);
    for (int i = 0; i < end; ) {
      int c = name.codePointAt(i);
      int next = i + Character.charCount(c);
      if (c == '\\') {
        shown.append("\\\\");
      } else if (isVisible(c)) {
        shown.appendCodePoint(c);
      } else {
        for (; i < next; i++) {
          shown.append(String.format("\\u%04x", (int) name.charAt(i)));
        }
      }
      i = next;
    }
    return end < name.length() ? shown.append("...").toString() : shown.toString();
  }

  private static boolean isPlain(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < ' ' || c > '~' || c == '\\') {
        return false;
      }
    }
    return true;
  }

  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
