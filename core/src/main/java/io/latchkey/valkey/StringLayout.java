package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.lettuce.core.protocol.CommandType;
import java.util.Arrays;
import java.util.List;
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
  /**
   * Sets {@code key} and {@code head}, by way of where the old key of a renewed session points.
   * Both keys lie in one slot.
   */
  private static final String FIND =
      """
      local key = KEYS[1]
      local head = redis.call('GETRANGE', key, 0, %1$d)
      if string.sub(head, 1, %2$d) == '%3$s' then
        key = string.sub(redis.call('GET', key), %2$d + 1, -3)
        head = redis.call('GETRANGE', key, 0, %1$d)
        if string.sub(head, 1, %2$d) == '%3$s' then head = nil end
      end
      """
          .formatted(StringDocument.BODY - 1, StringDocument.MOVED.length(), StringDocument.MOVED);

  private static final String SET =
      """
      if ARGV[4] == '0' then
        redis.call('SET', %1$s, ARGV[3])
      else
        redis.call('SET', %1$s, ARGV[3], 'PX', ARGV[4])
      end
      """;

  /**
   * Begins with a question that answers for most documents that the caller has read: whether this
   * one starts as that did, but for the last access, and is as long. One command tells both, as it
   * says from the end of the document where to end. The rest is for what was saved since, or was
   * not read.
   */
  private static final Script WRITE =
      new Script(
          """
          local start = ARGV[2] ~= '0' and redis.call('GETRANGE', KEYS[1], 0, ARGV[2])
          if start == ARGV[1] or (start and #start == #ARGV[1]
            and string.sub(start, 1, %1$d) == string.sub(ARGV[1], 1, %1$d)
            and string.sub(start, %2$d) == string.sub(ARGV[1], %2$d)) then
          """
                  .formatted(
                      StringDocument.HEAD + Head.ACCESS,
                      StringDocument.HEAD + Head.ACCESS + Head.TIME_DIGITS + 1)
              + SET.formatted("KEYS[1]")
              + "return '1' end\n"
              + readHead("'0'")
              + """
              if %s then
                if %s then return '1' end
                return redis.call('GET', key)
              end
              """
                  .formatted(
                      Lua.isOtherVersion(
                          StringDocument.HEAD, Lua.version("ARGV[1]", StringDocument.HEAD)),
                      Lua.isOwnMark(StringDocument.HEAD, Lua.mark("ARGV[3]", StringDocument.HEAD)))
              + SET.formatted("key")
              + "return '1'");

  private static final Script ROTATE =
      new Script(
          readHead("'=' .. (redis.call('GET', KEYS[2]) or '')")
              + """
              if key == KEYS[2] then return '=' .. redis.call('GET', key) end
              if key ~= KEYS[1] and ARGV[2] ~= '0' then return '~' end
              if %s then return redis.call('GET', key) end
              if redis.call('EXISTS', KEYS[2]) == 1 then return '!' end
              redis.call('SETRANGE', KEYS[2], 0, '') -- nothing, but a full server refuses it
              redis.call('UNLINK', KEYS[2]) -- refused before anything is written, or not at all
              """
                  .formatted(Lua.isOtherVersion(StringDocument.HEAD, "ARGV[1]"))
              + SET.formatted("KEYS[2]")
              + """
              if ARGV[2] == '0' then
                redis.call('UNLINK', key)
              else
                redis.call('SET', key, '%s' .. KEYS[2] .. '"}', 'PX', ARGV[2])
              end
              return '1'"""
                  .formatted(StringDocument.MOVED));

  private static final Script TOUCH =
      new Script(
          readHead("'0'")
              + Lua.timeToLive(StringDocument.HEAD)
              + """
              if ttl > 0 then redis.call('PEXPIRE', key, string.format('%%.0f', ttl)) end
              redis.call('SETRANGE', key, %d, ARGV[1])
              return '1'"""
                  .formatted(StringDocument.HEAD + Head.ACCESS));

  /**
   * A script and not a bare UNLINK: what lies under the key may only point to the session, and
   * whether it does is not for this store's own options to say. What is no document goes too.
   */
  private static final Script DELETE =
      new Script(
          """
          local head = redis.pcall('GETRANGE', KEYS[1], 0, %1$d)
          if type(head) ~= 'string' then
            if not string.find(head.err, 'WRONGTYPE', 1, true) then return head end
          elseif string.sub(head, 1, %2$d) == '%3$s' then
            local key = string.sub(redis.call('GET', KEYS[1]), %2$d + 1, -3)
            local moved_on = redis.call('GETRANGE', key, 0, %1$d) == '%3$s'
            redis.call('UNLINK', KEYS[1])
            return moved_on and '0' or tostring(redis.call('UNLINK', key))
          end
          return tostring(redis.call('UNLINK', KEYS[1]))"""
              .formatted(
                  StringDocument.MOVED.length() - 1,
                  StringDocument.MOVED.length(),
                  StringDocument.MOVED));

  private static final byte[] NX = ByteWriter.ascii("NX");
  private static final byte[] PX = ByteWriter.ascii("PX");

  private final Connections connections;
  private final Changes changes;
  private final SessionKeys keys;
  private final SessionSettings settings;
  private final AttributeCodec codec;
  private final byte[] touchInterval;

  StringLayout(
      Connections connections,
      Changes changes,
      SessionKeys keys,
      SessionSettings settings,
      AttributeCodec codec) {
    this.connections = connections;
    this.changes = changes;
    this.keys = keys;
    this.settings = settings;
    this.codec = codec;
    this.touchInterval = ByteWriter.ascii(Long.toString(settings.touchMillis()));
  }

  @Override
  public Mono<Boolean> insert(String id, Snapshot session) {
    byte[] document = StringDocument.encode(session, codec);
    long timeToLive = timeToLive(session);
    byte[] key = keys.key(id);
    Request<Boolean> request =
        timeToLive == SessionSettings.NEVER
            ? Request.of(CommandType.SET, Request::isThere, key, document, NX)
            : Request.of(
                CommandType.SET,
                Request::isThere,
                key,
                document,
                NX,
                PX,
                ByteWriter.ascii(Long.toString(timeToLive)));
    return changes.make(commands -> commands.execute(id, request), inserted -> true);
  }

  @Override
  public Mono<Snapshot> read(String id) {
    return connections
        .execute(id, Request.get(keys.key(id)))
        .flatMap(document -> follow(id, document));
  }

  @Override
  public Mono<Snapshot> readAcknowledged(String id) {
    return changes
        .find(commands -> commands.execute(id, Request.get(keys.key(id))))
        .flatMap(document -> follow(id, document));
  }

  private Mono<Snapshot> follow(String id, byte[] document) {
    byte[] movedTo = StringDocument.movedTo(document);
    return movedTo == null
        ? Mono.just(StringDocument.decode(document, codec))
        : readMoved(id, movedTo);
  }

  private Mono<Snapshot> readMoved(String id, byte[] key) {
    return connections
        .execute(id, Request.get(key))
        .filter(document -> StringDocument.movedTo(document) == null)
        .map(document -> StringDocument.decode(document, codec).foundByFormerId());
  }

  @Override
  public Flux<Found> readAll(List<String> ids) {
    return Flux.defer(
        () ->
            connections
                .executeAll(ids, id -> Request.get(keys.key(id)))
                .zipWithIterable(ids, (reply, id) -> reply.found(id, this::follow))
                .flatMapSequential(found -> found));
  }

  @Override
  public Mono<WriteResult> write(String id, Write write) {
    return WRITE
        .run(
            connections,
            id,
            new byte[][] {keys.key(id)},
            StringDocument.start(write.expected()),
            StringDocument.endOfStart(write.expected()),
            StringDocument.encode(write.next(), codec),
            timeToLiveDigits(write.next()))
        .map(this::result);
  }

  @Override
  public Mono<WriteResult> rotate(String oldId, String newId, Write write, long graceMillis) {
    byte[][] both = {keys.key(oldId), keys.key(newId)};
    byte[][] arguments = {
      Head.version(write.expected()),
      ByteWriter.ascii(Long.toString(graceMillis)),
      StringDocument.encode(write.next(), codec),
      timeToLiveDigits(write.next())
    };
    return changes.make(
        commands -> ROTATE.run(commands, oldId, both, arguments).map(this::result),
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

  private WriteResult result(byte[] answer) {
    return switch (answer[0]) {
      case '1' -> WriteResult.WRITTEN;
      case '0' -> WriteResult.GONE;
      case '~' -> WriteResult.RENEWED;
      case '{' -> new WriteResult.Conflict(StringDocument.decode(answer, codec));
      case '=' ->
          answer.length == 1
              ? WriteResult.GONE
              : new WriteResult.Moved(
                  StringDocument.decode(Arrays.copyOfRange(answer, 1, answer.length), codec));
      case '!' ->
          throw new SessionStoreException(
              "the session's new id is in use already; nothing was written: try again");
      default -> throw Head.foreign();
    };
  }

  private byte[] timeToLiveDigits(Snapshot session) {
    return ByteWriter.ascii(Long.toString(timeToLive(session)));
  }

  /** From the time in the session itself, so that one write has one time. */
  private long timeToLive(Snapshot session) {
    return settings.timeToLive(
        session.idleMillis(), session.absoluteEnd(), session.lastAccessedAt());
  }

  /**
   * Reads the head of what was found, and ends where there is none, or it is not ours, or the
   * document is not of the length that the head says.
   */
  private static String readHead(String ifNone) {
    return FIND
        + """
        if not head or (head == '' and redis.call('EXISTS', key) == 0) then return %s end
        if #head ~= %d or string.sub(head, 1, %d) ~= '%s'
          or redis.call('STRLEN', key) ~= #head + (tonumber(string.sub(head, %d, %d)) or -1) then
          return '?'
        end
        """
            .formatted(
                ifNone,
                StringDocument.BODY,
                StringDocument.HEAD,
                StringDocument.START,
                StringDocument.LENGTH + 1,
                StringDocument.LENGTH + StringDocument.LENGTH_DIGITS);
  }
}
