package io.latchkey.valkey;

import io.latchkey.internal.Marks;

/**
 * What the scripts of both layouts have in common. Lua counts offsets from 1, and ends included.
 */
final class Lua {
  private Lua() {}

  /**
   * Sets {@code ttl}, in milliseconds, 0 for ever, from what the head at that offset says; the time
   * of the access is ARGV[1], the store's touch interval ARGV[2]. An access that is not later than
   * the stored one ends the script. The same arithmetic as {@code SessionSettings.timeToLive}, on
   * what is stored.
   */
  static String timeToLive(int head) {
    return """
        if ARGV[1] <= %s then return '1' end
        local idle = tonumber(%s)
        local absolute = tonumber(%s)
        """
            .formatted(
                sub("head", head + Head.ACCESS, Head.TIME_DIGITS),
                sub("head", head + Head.IDLE, Head.TIME_DIGITS),
                sub("head", head + Head.ABSOLUTE, Head.TIME_DIGITS))
        + """
        local ttl = idle
        if idle > 0 then
          local interval = tonumber(ARGV[2])
          if interval < 0 then
            interval = math.floor(idle / 60)
          elseif interval > idle then
            interval = idle
          end
          ttl = idle + interval
        end
        if absolute > 0 then
          local left = absolute - tonumber(ARGV[1])
          if left <= 0 then return '0' end
          if ttl == 0 or left < ttl then ttl = left end
        end
        """;
  }

  /** Whether the head at that offset is of another version than the expected one. */
  static String isOtherVersion(int head, String expected) {
    return version("head", head) + " ~= " + expected;
  }

  /** Whether the head at that offset was written by the attempt that has this mark. */
  static String isOwnMark(int head, String mark) {
    return mark("head", head) + " == " + mark;
  }

  /** Version and mark of the head at that offset of a text. */
  static String version(String text, int head) {
    return sub(text, head + Head.VERSION, Head.VERSION_LENGTH);
  }

  /** The mark of the head at that offset of a text. */
  static String mark(String text, int head) {
    return sub(text, head + Head.LENGTH - Marks.LENGTH, Marks.LENGTH);
  }

  private static String sub(String text, int offset, int length) {
    return "string.sub(" + text + ", " + (offset + 1) + ", " + (offset + length) + ")";
  }
}
