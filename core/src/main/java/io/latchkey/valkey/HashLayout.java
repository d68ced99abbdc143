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
  /** HSET and HDEL in parts, as Lua cannot unpack more than some thousand values at a time. */
  private static final String APPLY =
      """
      local sets = tonumber(ARGV[5])
      for i = 6, 5 + sets, 1000 do
        redis.call('HSET', KEYS[%1$d], unpack(ARGV, i, math.min(i + 999, 5 + sets)))
      end
      for i = 6 + sets, #ARGV, 1000 do
        redis.call('HDEL', KEYS[%1$d], unpack(ARGV, i, math.min(i + 999, #ARGV)))
      end
      redis.call('HSET', KEYS[%1$d], 'latchkey',
        ARGV[3] .. string.format(' %%07d', redis.call('HLEN', KEYS[%1$d]) + %2$d))
      if ARGV[4] == '0' then
        redis.call('PERSIST', KEYS[%1$d])
      else
        redis.call('PEXPIRE', KEYS[%1$d], ARGV[4])
      end
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
          """
              + APPLY.formatted(1, 1) // its own field is still to come
              + "return '1'");

  private static final Script WRITE =
      new Script(
          WITH_ALL
              + readHead("{'0'}", "{'?'}")
              + """
              if %s then
                if %s then return {'1'} end
                return with_all(KEYS[1], '{')
              end
              """
                  .formatted(Lua.isOtherVersion(HashFields.HEAD), Lua.isOwnMark(HashFields.HEAD))
              + APPLY.formatted(1, 0)
              + "return {'1'}");

  private static final Script ROTATE =
      new Script(
          WITH_ALL
              + readHead("with_all(KEYS[2], '=')", "{'?'}")
              + """
              if %s then return with_all(KEYS[1], '{') end
              if redis.call('EXISTS', KEYS[2]) == 1 then return {'!'} end
              redis.call('RENAME', KEYS[1], KEYS[2])
              """
                  .formatted(Lua.isOtherVersion(HashFields.HEAD))
              + APPLY.formatted(2, 0)
              + "return {'1'}");

  private static final Script TOUCH =
      new Script(
          readHead("'0'", "'?'")
              + Lua.timeToLive(HashFields.HEAD)
              + """
              redis.call('HSET', KEYS[1], 'latchkey',
                string.sub(head, 1, %d) .. ARGV[1] .. string.sub(head, %d))
              if ttl > 0 then redis.call('PEXPIRE', KEYS[1], string.format('%%.0f', ttl)) end
              return '1'"""
                  .formatted(
                      HashFields.HEAD + Head.ACCESS,
                      HashFields.HEAD + Head.ACCESS + Head.TIME_DIGITS + 1));

  private final Connections connections;
  private final SessionKeys keys;
  private final SessionSettings settings;
  private final HashFields fields;
  private final byte[] touchInterval;

  HashLayout(
      Connections connections, SessionKeys keys, SessionSettings settings, AttributeCodec codec) {
    this.connections = connections;
    this.keys = keys;
    this.settings = settings;
    this.fields = new HashFields(codec);
    this.touchInterval = ByteWriter.ascii(Long.toString(settings.touchMillis()));
  }

  @Override
  public Mono<Boolean> insert(String id, Snapshot session) {
    Map<String, JsonBytes> attributes = session.body().attributes();
    return INSERT
        .run(connections, id, new byte[][] {keys.key(id)}, arguments(session, session, attributes))
        .map(answer -> answer[0] == '1');
  }

  @Override
  public Mono<Snapshot> read(String id) {
    return connections
        .<Map<byte[], byte[]>>execute(id, commands -> commands.hgetall(keys.key(id)))
        .mapNotNull(fields::decode);
  }

  @Override
  public Flux<Found> readAll(List<String> ids) {
    return Flux.defer(
        () ->
            connections
                .executeAll(
                    CommandType.HGETALL,
                    () -> new MapOutput<>(ByteArrayCodec.INSTANCE),
                    keys.keys(ids))
                .zipWithIterable(ids, (reply, id) -> reply.found(id, fields::decode))
                .filter(Found::isThere));
  }

  @Override
  public Mono<WriteResult> write(String id, Write write) {
    return WRITE
        .runForList(
            connections,
            id,
            new byte[][] {keys.key(id)},
            arguments(write.expected(), write.next(), write.changes()))
        .map(this::result);
  }

  @Override
  public Mono<WriteResult> rotate(String oldId, String newId, Write write) {
    return ROTATE
        .runForList(
            connections,
            oldId,
            new byte[][] {keys.key(oldId), keys.key(newId)},
            arguments(write.expected(), write.next(), write.changes()))
        .map(this::result);
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
    return connections.execute(id, commands -> commands.unlink(keys.key(id))).map(n -> n > 0);
  }

  /** Expected version, mark, head, time to live, number of what is set, that, what is removed. */
  private byte[][] arguments(
      Snapshot expected, Snapshot next, Map<String, ? extends @Nullable JsonBytes> changes) {
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
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Head.version(expected));
    arguments.add(ByteWriter.ascii(next.mark()));
    arguments.add(HashFields.head(next));
    // From the time in the session itself, so that one write has one time.
    long timeToLive =
        settings.timeToLive(next.idleMillis(), next.absoluteEnd(), next.lastAccessedAt());
    arguments.add(ByteWriter.ascii(Long.toString(timeToLive)));
    arguments.add(ByteWriter.ascii(Integer.toString(sets.size())));
    arguments.addAll(sets);
    arguments.addAll(removals);
    return arguments.toArray(new byte[0][]);
  }

  private WriteResult result(List<byte[]> answer) {
    return switch (answer.get(0)[0]) {
      case '1' -> WriteResult.WRITTEN;
      case '0' -> WriteResult.GONE;
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

  private static String readHead(String ifNone, String ifForeign) {
    return """
        local head = redis.call('HGET', KEYS[1], 'latchkey')
        if not head then
          if redis.call('EXISTS', KEYS[1]) == 1 then return %2$s end
          return %1$s
        end
        if #head ~= %3$d or string.sub(head, 1, %4$d) ~= '%5$s' then return %2$s end
        """
        .formatted(
            ifNone, ifForeign, HashFields.LENGTH, HashFields.START.length(), HashFields.START);
  }
}
