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
                sub(head + Head.ACCESS, Head.TIME_DIGITS),
                sub(head + Head.IDLE, Head.TIME_DIGITS),
                sub(head + Head.ABSOLUTE, Head.TIME_DIGITS))
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

  /** Whether the head at that offset is not the version that ARGV[1] expects. */
  static String isOtherVersion(int head) {
    return sub(head + Head.VERSION, Head.VERSION_LENGTH) + " ~= ARGV[1]";
  }

  /** Whether the head at that offset was written by the attempt that ARGV[2] marks. */
  static String isOwnMark(int head) {
    return sub(head + Head.LENGTH - Marks.LENGTH, Marks.LENGTH) + " == ARGV[2]";
  }

  private static String sub(int offset, int length) {
    return "string.sub(head, " + (offset + 1) + ", " + (offset + length) + ")";
  }
}
