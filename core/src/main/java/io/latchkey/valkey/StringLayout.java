package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.Marks;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.lettuce.core.SetArgs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One key per session, with a {@link StringDocument}.
 *
 * <h2>What decides a race</h2>
 *
 * <p><b>Write and rotation</b> compare version and mark in the head with those that the caller
 * read. Both, as after a failover another server may have given out the same version number. They
 * set the new document together with its time to live. Where another version is there they answer
 * with the whole of it, so that a merge costs one more round trip and not two.
 *
 * <p><b>A touch</b> writes the 13 digits of the access time into the document where they stand, and
 * takes the timeouts from the head: the caller's own may be out of date. It moves neither version
 * nor checksum, so it never stands in the way of a save. An access that is not later than the
 * stored one changes nothing.
 *
 * <h2>Why a replay changes nothing</h2>
 *
 * <p>Insert: {@code NX}, under an id that was never used before. Write: the version has moved on,
 * or the mark is its own. Rotation: the old key is gone, and what lies under the new one is
 * answered, for the caller to look for its mark. Touch: the stored access is as late as its own.
 * Delete: an id that is gone is never given out again.
 */
final class StringLayout implements SessionBackend {
  /** The head, or an answer if there is none. Offsets in Lua count from 1. */
  private static final String READ_HEAD =
      """
      local head = redis.call('GETRANGE', KEYS[1], 0, %d)
      if head == '' then return %s end
      if #head ~= %d or string.sub(head, 1, %d) ~= '%s' then return '?' end
      """;

  private static final String SET =
      """
      if ARGV[4] == '0' then
        redis.call('SET', KEYS[%1$d], ARGV[3])
      else
        redis.call('SET', KEYS[%1$d], ARGV[3], 'PX', ARGV[4])
      end
      """;

  private static final Script WRITE =
      new Script(
          readHead("'0'")
              + """
              local version = string.sub(head, %d, %d)
              if version ~= ARGV[1] then
                if string.sub(version, -%d) == ARGV[2] then return '1' end
                return redis.call('GET', KEYS[1])
              end
              """
                  .formatted(
                      StringDocument.VERSION + 1,
                      StringDocument.VERSION + StringDocument.VERSION_LENGTH,
                      Marks.LENGTH)
              + SET.formatted(1)
              + "return '1'");

  private static final Script ROTATE =
      new Script(
          readHead("'=' .. (redis.call('GET', KEYS[2]) or '')")
              + """
              if string.sub(head, %d, %d) ~= ARGV[1] then return redis.call('GET', KEYS[1]) end
              if redis.call('EXISTS', KEYS[2]) == 1 then return '!' end
              """
                  .formatted(
                      StringDocument.VERSION + 1,
                      StringDocument.VERSION + StringDocument.VERSION_LENGTH)
              + SET.formatted(2)
              + """
              redis.call('UNLINK', KEYS[1])
              return '1'""");

  private static final Script TOUCH =
      new Script(
          readHead("'0'")
              + """
              if ARGV[1] <= string.sub(head, %d, %d) then return '1' end
              local idle = tonumber(string.sub(head, %d, %d))
              local absolute = tonumber(string.sub(head, %d, %d))
              """
                  .formatted(
                      StringDocument.ACCESS + 1,
                      StringDocument.ACCESS + StringDocument.TIME_DIGITS,
                      StringDocument.IDLE + 1,
                      StringDocument.IDLE + StringDocument.TIME_DIGITS,
                      StringDocument.ABSOLUTE + 1,
                      StringDocument.ABSOLUTE + StringDocument.TIME_DIGITS)
              + TimeToLive.LUA
              + """
              redis.call('SETRANGE', KEYS[1], %d, ARGV[1])
              if ttl > 0 then redis.call('PEXPIRE', KEYS[1], string.format('%%.0f', ttl)) end
              return '1'"""
                  .formatted(StringDocument.ACCESS));

  private final Connections connections;
  private final SessionKeys keys;
  private final SessionSettings settings;
  private final AttributeCodec codec;
  private final byte[] touchInterval;

  StringLayout(
      Connections connections, SessionKeys keys, SessionSettings settings, AttributeCodec codec) {
    this.connections = connections;
    this.keys = keys;
    this.settings = settings;
    this.codec = codec;
    this.touchInterval = StringDocument.ascii(Long.toString(settings.touchMillis()));
  }

  @Override
  public Mono<Boolean> insert(String id, Snapshot session) {
    byte[] document = StringDocument.encode(session, codec);
    long timeToLive = timeToLive(session);
    SetArgs args = SetArgs.Builder.nx();
    SetArgs expiring = timeToLive == SessionSettings.NEVER ? args : args.px(timeToLive);
    return connections
        .execute(id, commands -> commands.set(keys.key(id), document, expiring))
        .hasElement();
  }

  @Override
  public Mono<Snapshot> read(String id) {
    return connections
        .<byte[]>execute(id, commands -> commands.get(keys.key(id)))
        .map(document -> StringDocument.decode(document, codec));
  }

  @Override
  public Flux<Found> readAll(List<String> ids) {
    return Flux.defer(
        () -> {
          List<byte[]> all = new ArrayList<>(ids.size());
          ids.forEach(id -> all.add(keys.key(id)));
          return connections
              .getAll(all)
              .zipWithIterable(ids, this::found)
              .filter(found -> found.session() != null || found.unreadable() != null);
        });
  }

  private Found found(Connections.Reply reply, String id) {
    try {
      if (reply.error() instanceof UnreadableSessionException error) {
        return new Found(id, null, error);
      }
      return reply.value().length == 0
          ? new Found(id, null, null)
          : new Found(id, StringDocument.decode(reply.value(), codec), null);
    } catch (UnreadableSessionException error) {
      return new Found(id, null, error);
    }
  }

  @Override
  public Mono<WriteResult> write(String id, Write write) {
    return WRITE
        .run(connections, id, new byte[][] {keys.key(id)}, arguments(write))
        .map(this::result);
  }

  @Override
  public Mono<WriteResult> rotate(String oldId, String newId, Write write) {
    return ROTATE
        .run(connections, oldId, new byte[][] {keys.key(oldId), keys.key(newId)}, arguments(write))
        .map(this::result);
  }

  @Override
  public Mono<Boolean> touch(String id, long now) {
    return TOUCH
        .run(connections, id, new byte[][] {keys.key(id)}, StringDocument.time(now), touchInterval)
        .map(
            answer -> {
              if (answer[0] == '?') {
                throw foreign();
              }
              return answer[0] == '1';
            });
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return connections.execute(id, commands -> commands.unlink(keys.key(id))).map(n -> n > 0);
  }

  private byte[][] arguments(Write write) {
    return new byte[][] {
      StringDocument.version(write.expected()),
      StringDocument.ascii(write.next().mark()),
      StringDocument.encode(write.next(), codec),
      StringDocument.ascii(Long.toString(timeToLive(write.next())))
    };
  }

  private WriteResult result(byte[] answer) {
    return switch (answer[0]) {
      case '1' -> WriteResult.WRITTEN;
      case '0' -> WriteResult.GONE;
      case '{' -> new WriteResult.Conflict(StringDocument.decode(answer, codec));
      case '=' ->
          answer.length == 1
              ? WriteResult.GONE
              : new WriteResult.Moved(
                  StringDocument.decode(Arrays.copyOfRange(answer, 1, answer.length), codec));
      case '!' ->
          throw new SessionStoreException(
              "the session's new id is in use already; nothing was written: try again");
      default -> throw foreign();
    };
  }

  /** From the time in the session itself, so that one write has one time. */
  private long timeToLive(Snapshot session) {
    return settings.timeToLive(
        session.idleMillis(), session.absoluteEnd(), session.lastAccessedAt());
  }

  private static UnreadableSessionException foreign() {
    return new UnreadableSessionException(
        "what is stored for the session is not a document that this release of Latchkey can read;"
            + " it was left alone");
  }

  private static String readHead(String ifNone) {
    return String.format(
        Locale.ROOT,
        READ_HEAD,
        StringDocument.HEAD - 1,
        ifNone,
        StringDocument.HEAD,
        StringDocument.START.length(),
        StringDocument.START);
  }
}
