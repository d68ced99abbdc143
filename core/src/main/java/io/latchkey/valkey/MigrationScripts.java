package io.latchkey.valkey;

import io.latchkey.internal.Marks;

/**
 * The scripts for sessions that may lie in any of the forms which this release knows: a document, a
 * hash of ours, or a hash of Spring Session's.
 *
 * <p>Their keys: KEYS[1] is the session's own, KEYS[2] the one it gets by a rotation (else the
 * first again), and from KEYS[3] on come those where Spring Session may have it. All answer with a
 * list: one character that says what came of it, then, if a session is answered, its form and what
 * it consists of.
 */
final class MigrationScripts {
  /** The forms, as the scripts name them; behind the last stands the number of its key. */
  static final String STRING = "string";

  static final String HASH = "hash";
  static final String SPRING = "spring";

  /** The number of the first of Spring's keys. */
  static final int FIRST_SPRING = 3;

  /**
   * Sets {@code key}, {@code form} and {@code head}, by way of where the old key of a renewed
   * session points. Spring's hashes are looked for only where we have nothing: a session that was
   * migrated lies with us, and one that was renewed or has ended since must not be found there
   * again.
   */
  private static final String FIND =
      """
      local key, form, head = KEYS[1], 'none', ''
      local function look()
        form, head = 'none', ''
        if redis.call('EXISTS', key) == 0 then return false end
        local found = redis.pcall('GETRANGE', key, 0, %1$d)
        if type(found) == 'string' then
          form, head = '%5$s', found
          if string.sub(found, 1, %2$d) ~= '%3$s' then return false end
          return string.sub(redis.call('GET', key), %2$d + 1, -3)
        end
        form, head = '%6$s', redis.call('HGET', key, 'latchkey')
        return not head and redis.call('HGET', key, '%4$s')
      end
      local moved = look()
      if moved then
        key = moved
        if look() then form = 'none' end
      end
      if form == 'none' and not moved then
        for i = %7$d, #KEYS do
          if redis.call('EXISTS', KEYS[i]) == 1 then
            key, form = KEYS[i], '%8$s' .. i
            break
          end
        end
      end
      local spring = string.sub(form, 1, %9$d) == '%8$s'
      """
          .formatted(
              StringDocument.BODY - 1,
              StringDocument.MOVED.length(),
              StringDocument.MOVED,
              HashFields.MOVED,
              STRING,
              HASH,
              FIRST_SPRING,
              SPRING,
              SPRING.length());

  private static final String CURRENT =
      """
      local function current(answer)
        if form == '%s' then return {answer, form, redis.call('GET', key)} end
        local all = redis.call('HGETALL', key)
        table.insert(all, 1, form)
        table.insert(all, 1, answer)
        return all
      end
      """
          .formatted(STRING);

  /** Makes {@code head} the {@link Head} alone, in either form of ours, or ends the script. */
  private static final String READ_HEAD =
      """
      if not spring then
        local start, length, text = %1$d, %2$d, '%3$s'
        if form == '%7$s' then start, length, text = %4$d, %5$d, '%6$s' end
        if not head or #head ~= length or string.sub(head, 1, #text) ~= text then
          return {'?'}
        end
        if form == '%7$s' then
          if redis.call('HLEN', key) ~= tonumber(string.sub(head, %11$d)) then return {'?'} end
        elseif redis.call('STRLEN', key)
          ~= #head + (tonumber(string.sub(head, %9$d, %10$d)) or -1) then
          return {'?'}
        end
        head = string.sub(head, start + 1, start + %8$d)
      end
      """
          .formatted(
              StringDocument.HEAD,
              StringDocument.BODY,
              StringDocument.START,
              HashFields.HEAD,
              HashFields.LENGTH,
              HashFields.START,
              HASH,
              Head.LENGTH,
              StringDocument.LENGTH + 1,
              StringDocument.LENGTH + StringDocument.LENGTH_DIGITS,
              HashFields.LENGTH - HashFields.COUNT_DIGITS + 1);

  /**
   * Arguments of a write: the version that is expected, the mark, the time to live, the grace of a
   * rotation, how many values the layout writes, these, and if a hash of Spring's is expected, its
   * fields and values. Of that all must be as it was read but for the last access, as an access is
   * no change.
   */
  private static final String IS_EXPECTED =
      """
      local values = tonumber(ARGV[5])
      local function is_expected()
        if not spring then
          return string.sub(head, %1$d, %2$d) == ARGV[1]
        end
        if redis.call('HLEN', key) ~= (#ARGV - 5 - values) / 2 then return false end
        for i = 6 + values, #ARGV, 2 do
          if ARGV[i] ~= '%3$s' and redis.call('HGET', key, ARGV[i]) ~= ARGV[i + 1] then
            return false
          end
        end
        return true
      end
      """
          .formatted(
              Head.VERSION + 1, Head.VERSION + Head.VERSION_LENGTH, SpringSessions.LAST_ACCESS);

  private static final String PUT_STRING =
      """
      local function put(at)
        if ARGV[3] == '0' then
          redis.call('SET', at, ARGV[6])
        else
          redis.call('SET', at, ARGV[6], 'PX', ARGV[3])
        end
      end
      local function put_moved(at)
        redis.call('SET', at, '%s' .. KEYS[2] .. '"}', 'PX', ARGV[4])
      end
      """
          .formatted(StringDocument.MOVED);

  /**
   * HSET in parts, as Lua cannot unpack more than some thousand values at a time. What the server's
   * user may not do has to fail before anything is removed, and what a full server refuses first,
   * see {@link HashLayout}.
   */
  private static final String PUT_HASH =
      """
      local function put(at)
        if at ~= key then redis.call('HLEN', at) end
        if at ~= key or form == '%2$s' then redis.call('SETRANGE', at, 0, '') end
        if ARGV[3] ~= '0' then redis.call('PEXPIRE', at, ARGV[3]) end
        if form == '%2$s' and at == key then
          -- Both are refused for the type of what is there, unless the user may not call them.
          for _, call in ipairs({{'HLEN', at}, {'HSET', at, 'latchkey', ''}}) do
            local refused = redis.pcall(unpack(call))
            if not string.find(refused.err, 'WRONGTYPE', 1, true) then redis.call(unpack(call)) end
          end
        end
        redis.call('UNLINK', at)
        for i = 7, 5 + values, 1000 do
          redis.call('HSET', at, unpack(ARGV, i, math.min(i + 999, 5 + values)))
        end
        redis.call('HSET', at, 'latchkey',
          ARGV[6] .. string.format(' %%07d', redis.call('HLEN', at) + 1))
        if ARGV[3] ~= '0' then redis.call('PEXPIRE', at, ARGV[3]) end
      end
      local function put_moved(at)
        redis.call('UNLINK', at)
        redis.call('HSET', at, '%1$s', KEYS[2])
        redis.call('PEXPIRE', at, ARGV[4])
      end
      """
          .formatted(HashFields.MOVED, STRING);

  static final Script READ =
      new Script(FIND + CURRENT + "if form == 'none' then return {'0'} end return current('{')");

  /** Answers with Spring's hash where that is what there is, for {@link #TOUCH_SPRING}. */
  static final Script TOUCH =
      new Script(
          FIND
              + CURRENT
              + """
              if form == 'none' then return {'0'} end
              if spring then return current('{') end
              """
              + READ_HEAD
              + """
              local function touch()
              """
              + Lua.timeToLive(0)
              + """
                if form == '%1$s' then
                  redis.call('SETRANGE', key, %2$d, ARGV[1])
                else
                  local all = redis.call('HGET', key, 'latchkey')
                  redis.call('HSET', key, 'latchkey',
                    string.sub(all, 1, %3$d) .. ARGV[1] .. string.sub(all, %4$d))
                end
                if ttl > 0 then redis.call('PEXPIRE', key, string.format('%%.0f', ttl)) end
                return '1'
              end
              return {touch()}"""
                  .formatted(
                      STRING,
                      StringDocument.HEAD + Head.ACCESS,
                      HashFields.HEAD + Head.ACCESS,
                      HashFields.HEAD + Head.ACCESS + Head.TIME_DIGITS + 1));

  /**
   * Writes down an access as Spring Session does. Its arguments: the last access and the interval
   * as they were read, the new access, the time to live. KEYS[3] is the hash.
   */
  static final Script TOUCH_SPRING =
      new Script(
          """
          if redis.call('EXISTS', KEYS[1]) == 1 then return '!' end
          local access = redis.call('HGET', KEYS[3], '%1$s')
          if not access and redis.call('EXISTS', KEYS[3]) == 0 then return '0' end
          if access ~= ARGV[1] or redis.call('HGET', KEYS[3], '%2$s') ~= ARGV[2] then
            return '!'
          end
          redis.call('HSET', KEYS[3], '%1$s', ARGV[3])
          if ARGV[4] ~= '0' then redis.call('PEXPIRE', KEYS[3], ARGV[4]) end
          return '1'"""
              .formatted(SpringSessions.LAST_ACCESS, SpringSessions.INTERVAL));

  static final Script DELETE =
      new Script(
          FIND
              + """
              local deleted = form ~= 'none'
              for i = 1, #KEYS do redis.call('UNLINK', KEYS[i]) end
              if deleted then redis.call('UNLINK', key) end
              return deleted and '1' or '0'""");

  /** Scripts that write, one of each for each layout. */
  final Script write;

  final Script rotate;

  MigrationScripts(Layout layout) {
    String put =
        switch (layout) {
          case STRING -> PUT_STRING;
          case HASH -> PUT_HASH;
        };
    String unlessExpected =
        """
        if not is_expected() then
          %s
          return current('{')
        end
        """;
    String ownMark =
        "if not spring and string.sub(head, %d, %d) == ARGV[2] then return {'1'} end"
            .formatted(Head.LENGTH - Marks.LENGTH + 1, Head.LENGTH);
    write =
        new Script(
            FIND
                + CURRENT
                + "if form == 'none' then return {'0'} end\n"
                + READ_HEAD
                + IS_EXPECTED
                + put
                + unlessExpected.formatted(ownMark)
                + """
                if spring then
                  put(KEYS[1])
                  redis.call('UNLINK', key)
                else
                  put(key)
                end
                return {'1'}""");
    rotate =
        new Script(
            FIND
                + CURRENT
                + """
                if form == 'none' or key == KEYS[2] then
                  key = KEYS[2]
                  if look() or form == 'none' then return {'0'} end
                  return current('=')
                end
                if moved and ARGV[4] ~= '0' then return {'~'} end
                """
                + READ_HEAD
                + IS_EXPECTED
                + put
                + unlessExpected.formatted("")
                + """
                if redis.call('EXISTS', KEYS[2]) == 1 then return {'!'} end
                redis.call('SETRANGE', KEYS[2], 0, '') -- nothing, but a full server refuses it
                redis.call('UNLINK', KEYS[2]) -- refused before anything is written, or not at all
                put(KEYS[2])
                redis.call('UNLINK', key)
                if ARGV[4] ~= '0' then put_moved(spring and KEYS[1] or key) end
                return {'1'}""");
  }
}
