package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.MapOutput;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One hash per session, see {@link HashFields}. A write sends what changed, whatever the session's
 * size.
 *
 * <p>What decides a race, and why a replay changes nothing, is as in {@link StringLayout}: the head
 * in the hash's own field is compared and written by the same script that writes the attributes. A
 * rotation renames the key, so that the attributes do not travel.
 */
final class HashLayout implements SessionBackend {
  /** Sets {@code key}, {@code head} and {@code moved}, as in {@link StringLayout}. */
  private static final String FIND =
      """
      local key = KEYS[1]
      local head = redis.call('HGET', key, 'latchkey')
      local moved = not head and redis.call('HGET', key, '%1$s')
      if moved then
        key = moved
        head = redis.call('HGET', key, 'latchkey')
        moved = not head and redis.call('HGET', key, '%1$s')
      end
      """
          .formatted(HashFields.MOVED);

  /**
   * HSET and HDEL in parts, as Lua cannot unpack more than some thousand values at a time.
   *
   * <p>A script is not undone where it fails. So each command that the server's user may lack is
   * called once where it changes nothing, before anything is changed; and of those the first that
   * writes is one that a full server refuses, as only the first is refused for that.
   */
  private static final String APPLY =
      """
      local sets = tonumber(ARGV[5])
      local function expire()
        if ARGV[4] == '0' then
          redis.call('PERSIST', %1$s)
        else
          redis.call('PEXPIRE', %1$s, ARGV[4])
        end
      end
      expire()
      if #ARGV > 6 + sets then redis.call('HDEL', %1$s, '') end
      for i = 7, 6 + sets, 1000 do
        redis.call('HSET', %1$s, unpack(ARGV, i, math.min(i + 999, 6 + sets)))
      end
      for i = 7 + sets, #ARGV, 1000 do
        redis.call('HDEL', %1$s, unpack(ARGV, i, math.min(i + 999, #ARGV)))
      end
      redis.call('HSET', %1$s, 'latchkey',
        ARGV[3] .. string.format(' %%07d', redis.call('HLEN', %1$s) + %2$d))
      """;

  private static final String WITH_ALL =
      """
      local function with_all(key, answer)
        local all = redis.call('HGETALL', key)
        table.insert(all, 1, answer)
        return all
      end
      """;

  private static final Script INSERT =
      new Script(
          """
          if redis.call('EXISTS', KEYS[1]) == 1 then return '0' end
          redis.call('HLEN', KEYS[1])
          redis.call('SETRANGE', KEYS[1], 0, '')
          """
              + APPLY.formatted("KEYS[1]", 1) // its own field is still to come
              + """
              expire() -- there was no key before
              return '1'""");

  private static final Script WRITE =
      new Script(
          WITH_ALL
              + readHead("{'0'}", "{'?'}")
              + """
              if %s then
                if %s then return {'1'} end
                return with_all(key, '{')
              end
              """
                  .formatted(
                      Lua.isOtherVersion(HashFields.HEAD, "ARGV[1]"),
                      Lua.isOwnMark(HashFields.HEAD, "ARGV[2]"))
              + "redis.call('HSET', key, 'latchkey', head)\n"
              + APPLY.formatted("key", 0)
              + "return {'1'}");

  private static final Script ROTATE =
      new Script(
          WITH_ALL
              + readHead("with_all(KEYS[2], '=')", "{'?'}")
              + """
              if key == KEYS[2] then return with_all(key, '=') end
              if key ~= KEYS[1] and ARGV[6] ~= '0' then return {'~'} end
              if %s then return with_all(key, '{') end
              if redis.call('EXISTS', KEYS[2]) == 1 then return {'!'} end
              redis.call('HSET', key, 'latchkey', head)
              local refused = redis.pcall('RENAME', KEYS[2], KEYS[2])
              if not string.find(refused.err, 'no such key', 1, true) then return refused end
              if ARGV[6] ~= '0' then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
              """
                  .formatted(Lua.isOtherVersion(HashFields.HEAD, "ARGV[1]"))
              + APPLY.formatted("key", 0)
              + """
              redis.call('RENAME', key, KEYS[2])
              if ARGV[6] ~= '0' then
                redis.call('HSET', key, '%s', KEYS[2])
                redis.call('PEXPIRE', key, ARGV[6])
              end
              return {'1'}"""
                  .formatted(HashFields.MOVED));

  /** As in {@link StringLayout}. */
  private static final Script DELETE =
      new Script(
          """
          local moved = redis.pcall('HGET', KEYS[1], '%1$s')
          if type(moved) == 'table' then
            if not string.find(moved.err, 'WRONGTYPE', 1, true) then return moved end
          elseif moved and redis.call('HLEN', KEYS[1]) == 1 then
            local is_session = redis.call('HGET', moved, 'latchkey')
            redis.call('UNLINK', KEYS[1])
            return is_session and tostring(redis.call('UNLINK', moved)) or '0'
          end
          return tostring(redis.call('UNLINK', KEYS[1]))"""
              .formatted(HashFields.MOVED));

  private static final Script TOUCH =
      new Script(
          readHead("'0'", "'?'")
              + Lua.timeToLive(HashFields.HEAD)
              + """
              if ttl > 0 then redis.call('PEXPIRE', key, string.format('%%.0f', ttl)) end
              redis.call('HSET', key, 'latchkey',
                string.sub(head, 1, %d) .. ARGV[1] .. string.sub(head, %d))
              return '1'"""
                  .formatted(
                      HashFields.HEAD + Head.ACCESS,
                      HashFields.HEAD + Head.ACCESS + Head.TIME_DIGITS + 1));

  private final Connections connections;
  private final Changes changes;
  private final SessionKeys keys;
  private final SessionSettings settings;
  private final HashFields fields;
  private final byte[] touchInterval;

  HashLayout(
      Connections connections,
      Changes changes,
      SessionKeys keys,
      SessionSettings settings,
      AttributeCodec codec) {
    this.connections = connections;
    this.changes = changes;
    this.keys = keys;
    this.settings = settings;
    this.fields = new HashFields(codec);
    this.touchInterval = ByteWriter.ascii(Long.toString(settings.touchMillis()));
  }

  @Override
  public Mono<Boolean> insert(String id, Snapshot session) {
    Map<String, JsonBytes> attributes = session.body().attributes();
    byte[][] key = {keys.key(id)};
    byte[][] arguments = arguments(session, session, attributes, 0);
    return changes.make(
        commands -> INSERT.run(commands, id, key, arguments).map(answer -> answer[0] == '1'),
        inserted -> true);
  }

  @Override
  public Mono<Snapshot> read(String id) {
    return connections.execute(id, hgetall(keys.key(id))).flatMap(hash -> follow(id, hash));
  }

  @Override
  public Mono<Snapshot> readAcknowledged(String id) {
    return changes
        .find(commands -> commands.execute(id, hgetall(keys.key(id))))
        .flatMap(hash -> follow(id, hash));
  }

  private static Request<Map<byte[], byte[]>> hgetall(byte[] key) {
    return Request.of(CommandType.HGETALL, () -> new MapOutput<>(ByteArrayCodec.INSTANCE), key);
  }

  private Mono<Snapshot> follow(String id, Map<byte[], byte[]> hash) {
    byte[] movedTo = HashFields.movedTo(hash);
    return movedTo == null ? Mono.justOrEmpty(fields.decode(hash)) : readMoved(id, movedTo);
  }

  private Mono<Snapshot> readMoved(String id, byte[] key) {
    return connections
        .execute(id, hgetall(key))
        .mapNotNull(this::decodeUnmoved)
        .map(Snapshot::foundByFormerId);
  }

  private @Nullable Snapshot decodeUnmoved(Map<byte[], byte[]> hash) {
    return HashFields.movedTo(hash) == null ? fields.decode(hash) : null;
  }

  @Override
  public Flux<Found> readAll(List<String> ids) {
    return Flux.defer(
        () ->
            connections
                .executeAll(ids, id -> hgetall(keys.key(id)))
                .zipWithIterable(ids, (reply, id) -> reply.found(id, this::follow))
                .flatMapSequential(found -> found));
  }

  @Override
  public Mono<WriteResult> write(String id, Write write) {
    return WRITE
        .runForList(
            connections,
            id,
            new byte[][] {keys.key(id)},
            arguments(write.expected(), write.next(), write.changes(), 0))
        .map(this::result);
  }

  @Override
  public Mono<WriteResult> rotate(String oldId, String newId, Write write, long graceMillis) {
    byte[][] both = {keys.key(oldId), keys.key(newId)};
    byte[][] arguments = arguments(write.expected(), write.next(), write.changes(), graceMillis);
    return changes.make(
        commands -> ROTATE.runForList(commands, oldId, both, arguments).map(this::result),
        Changes::wasNotDoneBefore);
  }

  @Override
  public Mono<Boolean> touch(String id, long now) {
    return TOUCH
        .run(connections, id, new byte[][] {keys.key(id)}, Head.time(now), touchInterval)
        .map(
            answer -> {
              if (answer[0] == '?') {
                throw Head.foreign();
              }
              return answer[0] == '1';
            });
  }

  @Override
  public Mono<Boolean> delete(String id) {
    byte[][] key = {keys.key(id)};
    return changes.make(
        commands -> DELETE.run(commands, id, key).map(answer -> answer[0] == '1'),
        deleted -> deleted);
  }

  /**
   * Expected version, mark, head, time to live, number of what is set, grace, what is set, removed.
   */
  private byte[][] arguments(
      Snapshot expected,
      Snapshot next,
      Map<String, ? extends @Nullable JsonBytes> changes,
      long graceMillis) {
    List<byte[]> sets = new ArrayList<>();
    List<byte[]> removals = new ArrayList<>();
    changes.forEach(
        (name, value) -> {
          if (value == null) {
            removals.add(fields.name(name));
          } else {
            sets.add(fields.name(name));
            sets.add(value.toArray());
          }
        });
    if (expected.equals(next)
        || !Objects.equals(expected.body().idSince(), next.body().idSince())) {
      HashFields.addIdSince(next, sets);
    }
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Head.version(expected));
    arguments.add(ByteWriter.ascii(next.mark()));
    arguments.add(HashFields.head(next));
    // From the time in the session itself, so that one write has one time.
    long timeToLive =
        settings.timeToLive(next.idleMillis(), next.absoluteEnd(), next.lastAccessedAt());
    arguments.add(ByteWriter.ascii(Long.toString(timeToLive)));
    arguments.add(ByteWriter.ascii(Integer.toString(sets.size())));
    arguments.add(ByteWriter.ascii(Long.toString(graceMillis)));
    arguments.addAll(sets);
    arguments.addAll(removals);
    return arguments.toArray(new byte[0][]);
  }

  private WriteResult result(List<byte[]> answer) {
    return switch (answer.get(0)[0]) {
      case '1' -> WriteResult.WRITTEN;
      case '0' -> WriteResult.GONE;
      case '~' -> WriteResult.RENEWED;
      case '{' -> new WriteResult.Conflict(fields.decode(answer.subList(1, answer.size())));
      case '=' ->
          answer.size() == 1
              ? WriteResult.GONE
              : new WriteResult.Moved(fields.decode(answer.subList(1, answer.size())));
      case '!' ->
          throw new SessionStoreException(
              "the session's new id is in use already; nothing was written: try again");
      default -> throw Head.foreign();
    };
  }

  /** Reads the head of what was found, and ends where there is none or it is not ours. */
  private static String readHead(String ifNone, String ifForeign) {
    return FIND
        + """
        if not head and (moved or redis.call('EXISTS', key) == 0) then return %1$s end
        if not head or #head ~= %3$d or string.sub(head, 1, %4$d) ~= '%5$s'
          or redis.call('HLEN', key) ~= tonumber(string.sub(head, %6$d)) then
          return %2$s
        end
        """
            .formatted(
                ifNone,
                ifForeign,
                HashFields.LENGTH,
                HashFields.START.length(),
                HashFields.START,
                HashFields.LENGTH - HashFields.COUNT_DIGITS + 1);
  }
}
