package io.latchkey.valkey;

/** What the touch scripts of both layouts have in common. */
final class TimeToLive {
  /**
   * Sets {@code ttl}, in milliseconds, 0 for ever, from {@code idle} and {@code absolute}; the time
   * of the access is ARGV[1], the store's touch interval ARGV[2]. The same arithmetic as {@code
   * SessionSettings.timeToLive}, on what is stored.
   */
  static final String LUA =
      """
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

  private TimeToLive() {}
}
