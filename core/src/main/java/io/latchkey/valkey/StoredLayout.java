package io.latchkey.valkey;

import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One key per session, for as long as the session lasts.
 *
 * <h2>What decides a race</h2>
 *
 * <p><b>A write</b>, a rotation among them, compares version and token in the header with those
 * that the caller read. It compares both, as after a failover another server may have given out the
 * same version number. It sets the new version together with its time to live. Where another
 * version is stored it answers with the whole of it, so that a merge costs one more round trip and
 * not two; but only if the caller's secret opens it.
 *
 * <p><b>A touch</b> writes the 13 digits of the access time into the header where they are, and
 * takes the timeouts from the header: the caller's own may be out of date. It moves no version, so
 * it never blocks a save. An access that is not later than the stored one changes nothing.
 *
 * <h2>Why a replay changes nothing</h2>
 *
 * <p>Insert: under a locator that was never used before. Write: the version has moved on, or the
 * token is its own. Touch: the stored access is as late as its own. Delete: a locator that is gone
 * is never given out again.
 *
 * @param <T> what a read is answered with
 */
abstract class StoredLayout<T> implements SessionBackend {
  static final Script DELETE = Script.load("delete");

  private static final byte[] PX = ByteWriter.ascii("PX");

  final SessionSettings settings;
  private final Connections connections;
  private final Changes changes;
  private final SessionKeys keys;
  private final byte[] touchInterval;

  StoredLayout(
      Connections connections, Changes changes, SessionKeys keys, SessionSettings settings) {
    this.connections = connections;
    this.changes = changes;
    this.keys = keys;
    this.settings = settings;
    this.touchInterval = ByteWriter.ascii(Long.toString(settings.touchMillis()));
  }

  /** Asks for what is stored under a key; proven to be of that locator. */
  abstract Request<T> readRequest(byte[] key, byte[] locator);

  /** The session in an answer, or null if there is none. */
  abstract @Nullable Snapshot decode(T stored);

  /** Stores a new session. */
  abstract Mono<Boolean> insert(Commands commands, byte[] key, byte[] locator, Snapshot session);

  /** The script that records an access. */
  abstract Script touchScript();

  /** The next version, encoded once: it may be sent twice. */
  abstract Writer writer(byte[] key, byte[] locator, SessionId id, Write write);

  @Override
  public Mono<Boolean> insert(SessionId id, Snapshot session) {
    byte[] key = keys.key(id);
    byte[] locator = id.locatorBytes();
    return changes.make(commands -> insert(commands, key, locator, session), inserted -> true);
  }

  @Override
  public Mono<Snapshot> read(SessionId id) {
    byte[] key = keys.key(id);
    return connections
        .execute(key, readRequest(key, id.locatorBytes()))
        .mapNotNull(stored -> opened(id, decode(stored)));
  }

  @Override
  public Mono<Snapshot> readAcknowledged(SessionId id) {
    byte[] key = keys.key(id);
    return changes
        .find(commands -> commands.execute(key, readRequest(key, id.locatorBytes())))
        .mapNotNull(stored -> opened(id, decode(stored)));
  }

  @Override
  public Flux<Found> readAll(List<SessionId> ids) {
    return Flux.defer(
        () -> {
          List<byte[]> all = new ArrayList<>(ids.size());
          ids.forEach(id -> all.add(keys.key(id)));
          return connections
              .executeAll(all, key -> readRequest(key, SessionKeys.locator(key)))
              .zipWithIterable(ids, (reply, id) -> reply.found(id, t -> opened(id, decode(t))));
        });
  }

  @Override
  public Mono<WriteResult> write(SessionId id, Write write) {
    byte[] key = keys.key(id);
    Writer writer = writer(key, id.locatorBytes(), id, write);
    if (write.rotation() == null) {
      return writer.send(connections, null);
    }
    Request<?> salt = saltRequest(keys, id, write);
    return changes.make(
        commands -> writer.send(commands, salt), result -> !isOwnRotation(result, write));
  }

  /** Whether an earlier attempt of the same rotation is what was found. */
  static boolean isOwnRotation(WriteResult result, Write write) {
    return result instanceof WriteResult.Conflict conflict
        && conflict.current().digest().matches(write.next().digest());
  }

  /** Stores the salt of a renewal for the time of its grace; null if there is none. */
  static @Nullable Request<?> saltRequest(SessionKeys keys, SessionId id, Write write) {
    Rotation rotation = write.rotation();
    if (rotation == null || rotation.salt() == null) {
      return null;
    }
    return Request.of(
        CommandType.SET,
        Request::isThere,
        keys.salt(id, write.next().token()),
        ByteWriter.ascii(id.locator() + rotation.salt()),
        PX,
        ByteWriter.ascii(Long.toString(rotation.graceMillis())));
  }

  @Override
  public Mono<String> salt(SessionId id, FormerSecret former) {
    byte[] locator = id.locatorBytes();
    Request<byte[]> request =
        Request.get(keys.salt(id, former.token()))
            .provenBy(
                salt ->
                    salt.length == locator.length + SessionIds.SALT_LENGTH
                        && startsWith(salt, locator));
    return changes
        .find(commands -> commands.execute(keys.key(id), request))
        .map(
            salt ->
                new String(
                    salt, locator.length, SessionIds.SALT_LENGTH, StandardCharsets.ISO_8859_1));
  }

  @Override
  public Mono<Boolean> touch(SessionId id, long now) {
    return touchScript()
        .run(
            new Script.Call(
                connections,
                keys.key(id),
                SessionHeader.time(now),
                touchInterval,
                id.digest().ascii()),
            id.locatorBytes())
        .map(StoredLayout::isDone);
  }

  @Override
  public Mono<Boolean> delete(SessionId id) {
    byte[] key = keys.key(id);
    return changes.make(
        commands ->
            DELETE
                .run(
                    new Script.Call(
                        commands, key, id.digest().ascii(), SessionHeader.time(settings.now())),
                    id.locatorBytes())
                .map(StoredLayout::isDone),
        deleted -> deleted);
  }

  static boolean isDone(byte[] answer) {
    if (answer[0] == '?') {
      throw SessionHeader.foreign();
    }
    return answer[0] == '1';
  }

  final long timeToLive(Snapshot session) {
    // From the time in the session itself, so that one write has one time.
    return settings.timeToLive(
        session.idleMillis(), session.absoluteEnd(), session.lastAccessedAt());
  }

  final byte[] timeToLiveDigits(Snapshot session) {
    return ByteWriter.ascii(Long.toString(timeToLive(session)));
  }

  /** The outcome of a write that is not answered with a session. */
  static WriteResult outcome(byte code) {
    return switch (code) {
      case '1' -> WriteResult.WRITTEN;
      case '0' -> WriteResult.GONE;
      default -> throw SessionHeader.foreign();
    };
  }

  /** What another version means for a caller. */
  final WriteResult conflict(SessionId id, @Nullable Snapshot current) {
    Snapshot opened = opened(id, current);
    return opened == null ? WriteResult.GONE : new WriteResult.Conflict(opened);
  }

  private @Nullable Snapshot opened(SessionId id, @Nullable Snapshot session) {
    return session != null && session.isOpenedBy(id, settings.now()) ? session : null;
  }

  static boolean startsWith(byte[] bytes, byte[] start) {
    if (bytes.length < start.length) {
      return false;
    }
    for (int i = 0; i < start.length; i++) {
      if (bytes[i] != start[i]) {
        return false;
      }
    }
    return true;
  }

  /** Sends one version. */
  @FunctionalInterface
  interface Writer {
    /** Sends it, with another write right before it, or null. */
    Mono<WriteResult> send(Commands commands, @Nullable Request<?> before);
  }
}
