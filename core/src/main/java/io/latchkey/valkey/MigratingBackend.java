package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.IdSince;
import io.latchkey.internal.Marks;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionIds;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.latchkey.valkey.ServerErrors.OtherTypeException;
import io.latchkey.valkey.SpringSessions.Hash;
import io.latchkey.valkey.SpringSessions.Times;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A layout, and beside it the forms in which its sessions may still lie, see {@link
 * MigrationSource}.
 *
 * <p>The layout is asked first, with its own command, so that a session which lies in it costs what
 * it always does. Where the server says that the key is of another type, or has no session under an
 * id of Spring's, one of the {@link MigrationScripts} looks for it in all forms at once. It must be
 * one step: between two, somebody else may migrate the session, and it would be in neither place
 * when looked for there.
 *
 * <h2>What decides a race</h2>
 *
 * <p>Both layouts have the same head, so a version is compared whatever form it is in; the one who
 * migrates counts it up as any writer does. A hash of Spring's has no version: its fields are
 * compared with those that were read. So of two who migrate the same session the second finds the
 * first one's version, under the session's own key, where all look first. Neither writes where
 * nothing is left: a session that was deleted at Spring's side is gone.
 *
 * <h2>Why a replay changes nothing</h2>
 *
 * <p>The old form is gone, and what lies under the key has another version, or the replay's own
 * mark.
 */
final class MigratingBackend implements SessionBackend {
  /** Whose access is overtaken so often needs not be written down any more. */
  private static final int MAX_TOUCHES = 8;

  private final SessionBackend target;
  private final Layout layout;
  private final boolean fromOtherLayout;
  private final List<SpringSessions> springSessions;
  private final Connections connections;
  private final Changes changes;
  private final SessionKeys keys;
  private final SessionSettings settings;
  private final AttributeCodec codec;
  private final HashFields fields;
  private final MigrationScripts scripts;

  MigratingBackend(
      SessionBackend target,
      Layout layout,
      List<MigrationSource> sources,
      Connections connections,
      Changes changes,
      SessionKeys keys,
      SessionSettings settings,
      AttributeCodec codec) {
    this.target = target;
    this.layout = layout;
    this.fromOtherLayout = sources.stream().anyMatch(source -> source.layout() != null);
    List<SpringSessions> springSessions = new ArrayList<>();
    for (MigrationSource source : sources) {
      MigrationSource.SpringSession springSession = source.springSession();
      if (springSession != null) {
        springSessions.add(new SpringSessions(springSession, codec, settings));
      }
    }
    this.springSessions = List.copyOf(springSessions);
    this.connections = connections;
    this.changes = changes;
    this.keys = keys;
    this.settings = settings;
    this.codec = codec;
    this.fields = new HashFields(codec);
    this.scripts = new MigrationScripts(layout);
  }

  @Override
  public boolean accepts(String id) {
    return SessionIds.isValid(id) || mayBeSprings(id);
  }

  @Override
  public Mono<Boolean> insert(String id, Snapshot session) {
    return target.insert(id, session);
  }

  // Reading.

  @Override
  public Mono<Snapshot> read(String id) {
    Mono<Snapshot> elsewhere = Mono.defer(() -> find(id));
    Mono<Snapshot> read = target.read(id);
    return ifOtherType(mayBeSprings(id) ? read.switchIfEmpty(elsewhere) : read, elsewhere);
  }

  /** A new session lies in the layout. */
  @Override
  public Mono<Snapshot> readAcknowledged(String id) {
    return target.readAcknowledged(id);
  }

  @Override
  public Flux<Found> readAll(List<String> ids) {
    return target
        .readAll(ids)
        .flatMapSequential(
            found -> {
              boolean otherType = found.unreadable() instanceof OtherTypeException;
              boolean elsewhere =
                  found.isThere() ? otherType && fromOtherLayout : mayBeSprings(found.id());
              return elsewhere ? findAsOneOfMany(found.id()) : Mono.just(found);
            });
  }

  private Mono<Found> findAsOneOfMany(String id) {
    return find(id)
        .map(session -> new Found(id, session, null))
        .defaultIfEmpty(new Found(id, null, null))
        .onErrorResume(
            UnreadableSessionException.class, error -> Mono.just(new Found(id, null, error)));
  }

  private Mono<Snapshot> find(String id) {
    return MigrationScripts.READ
        .runForList(connections, id, keys(id, id))
        .mapNotNull(answer -> answer.get(0)[0] == '0' ? null : session(answer));
  }

  // Writing.

  @Override
  public Mono<WriteResult> write(String id, Write write) {
    Mono<WriteResult> migrated =
        Mono.defer(
            () ->
                scripts
                    .write
                    .runForList(connections, id, keys(id, id), arguments(write, 0))
                    .map(this::result));
    return isUnmigrated(write) ? migrated : ifOtherType(target.write(id, write), migrated);
  }

  @Override
  public Mono<WriteResult> rotate(String oldId, String newId, Write write, long graceMillis) {
    Mono<WriteResult> migrated =
        Mono.defer(
            () -> {
              byte[][] all = keys(oldId, newId);
              byte[][] arguments = arguments(write, graceMillis);
              return changes.make(
                  commands ->
                      scripts.rotate.runForList(commands, oldId, all, arguments).map(this::result),
                  Changes::wasNotDoneBefore);
            });
    return isUnmigrated(write)
        ? migrated
        : ifOtherType(target.rotate(oldId, newId, write, graceMillis), migrated);
  }

  // Touching.

  @Override
  public Mono<Boolean> touch(String id, long now) {
    Mono<Boolean> anywhere = Mono.defer(() -> touchAnywhere(id, now, 1));
    return mayBeSprings(id) ? anywhere : ifOtherType(target.touch(id, now), anywhere);
  }

  private Mono<Boolean> touchAnywhere(String id, long now, int attempt) {
    byte[] interval = ByteWriter.ascii(Long.toString(settings.touchMillis()));
    return MigrationScripts.TOUCH
        .runForList(connections, id, keys(id, id), Head.time(now), interval)
        .flatMap(
            answer ->
                switch (answer.get(0)[0]) {
                  case '1' -> Mono.just(true);
                  case '0' -> Mono.just(false);
                  case '{' -> touchSpring(id, now, answer, attempt);
                  default -> Mono.error(Head.foreign());
                });
  }

  private Mono<Boolean> touchSpring(String id, long now, List<byte[]> answer, int attempt) {
    int source = source(ascii(answer.get(1)));
    SpringSessions sessions = springSessions.get(source);
    Hash hash = new Hash(answer.subList(2, answer.size()));
    Times times = sessions.times(hash);
    if (times.haveEnded(now)) {
      return Mono.just(false);
    }
    if (now <= times.lastAccess() || attempt > MAX_TOUCHES) {
      return Mono.just(true);
    }
    byte[] access = hash.get(SpringSessions.LAST_ACCESS);
    byte[] interval = hash.get(SpringSessions.INTERVAL);
    byte[] rewritten = access == null ? null : sessions.rewritten(access, times.lastAccess(), now);
    if (access == null || interval == null || rewritten == null) {
      return touchByMigration(id, now, answer, attempt);
    }
    byte[] key = keys.key(id);
    return MigrationScripts.TOUCH_SPRING
        .run(
            connections,
            id,
            new byte[][] {key, key, sessions.key(id)},
            access,
            interval,
            rewritten,
            ByteWriter.ascii(Long.toString(times.idle())))
        .flatMap(
            result ->
                result[0] == '!'
                    ? touchAnywhere(id, now, attempt + 1)
                    : Mono.just(result[0] == '1'));
  }

  private Mono<Boolean> touchByMigration(String id, long now, List<byte[]> answer, int attempt) {
    Snapshot session = session(answer);
    if (session == null) {
      return Mono.just(false);
    }
    Snapshot next =
        new Snapshot(
            now,
            session.idleMillis(),
            session.absoluteEnd(),
            session.version() + 1,
            Marks.next(),
            new Snapshot.PlainBody(
                session.body().createdAt(),
                session.body().idSince(),
                session.body().attributes(),
                Map.of()));
    return write(id, new Write(session, next, Map.of()))
        .flatMap(
            result ->
                result instanceof WriteResult.Conflict
                    ? touchAnywhere(id, now, attempt + 1)
                    : Mono.just(result instanceof WriteResult.Written));
  }

  // Deleting.

  @Override
  public Mono<Boolean> delete(String id) {
    byte[][] all = keys(id, id);
    return changes.make(
        commands -> MigrationScripts.DELETE.run(commands, id, all).map(answer -> answer[0] == '1'),
        deleted -> deleted);
  }

  // Small things.

  /** Only where sessions of the other layout are to be taken over. */
  private <T> Mono<T> ifOtherType(Mono<T> result, Mono<T> otherwise) {
    return fromOtherLayout
        ? result.onErrorResume(OtherTypeException.class, error -> otherwise)
        : result;
  }

  private boolean mayBeSprings(String id) {
    return !springSessions.isEmpty() && SessionIds.isUuid(id);
  }

  private static boolean isUnmigrated(Write write) {
    return write.expected().body() instanceof Unmigrated;
  }

  private byte[][] keys(String id, String newId) {
    List<byte[]> all = new ArrayList<>();
    all.add(keys.key(id));
    all.add(keys.key(newId));
    if (mayBeSprings(id)) {
      springSessions.forEach(sessions -> all.add(sessions.key(id)));
    }
    return all.toArray(new byte[0][]);
  }

  private byte[][] arguments(Write write, long graceMillis) {
    Snapshot expected = write.expected();
    Snapshot next = write.next();
    Hash hash = expected.body() instanceof Unmigrated body ? body.hash : null;
    List<byte[]> values = values(next);
    long timeToLive =
        settings.timeToLive(next.idleMillis(), next.absoluteEnd(), next.lastAccessedAt());
    List<byte[]> all = new ArrayList<>();
    all.add(hash == null ? Head.version(expected) : new byte[0]);
    all.add(ByteWriter.ascii(next.mark()));
    all.add(ByteWriter.ascii(Long.toString(timeToLive)));
    all.add(ByteWriter.ascii(Long.toString(graceMillis)));
    all.add(ByteWriter.ascii(Integer.toString(values.size())));
    all.addAll(values);
    // A session that has ended since it was read, by Spring's reckoning, is one that nobody
    // expects: then the answer tells whether somebody used it meanwhile.
    if (hash != null && !hasEnded(expected, next.lastAccessedAt())) {
      all.addAll(hash.fields());
    }
    return all.toArray(new byte[0][]);
  }

  private static boolean hasEnded(Snapshot session, long now) {
    return new Times(0, session.lastAccessedAt(), session.idleMillis(), session.absoluteEnd())
        .haveEnded(now);
  }

  /** All that the layout writes of a session. */
  private List<byte[]> values(Snapshot session) {
    if (layout == Layout.STRING) {
      return List.of(StringDocument.encode(session, codec));
    }
    List<byte[]> values = new ArrayList<>();
    values.add(HashFields.head(session));
    HashFields.addIdSince(session, values);
    session
        .body()
        .attributes()
        .forEach(
            (name, value) -> {
              values.add(fields.name(name));
              values.add(value.toArray());
            });
    return values;
  }

  private WriteResult result(List<byte[]> answer) {
    return switch (answer.get(0)[0]) {
      case '1' -> WriteResult.WRITTEN;
      case '0' -> WriteResult.GONE;
      case '~' -> WriteResult.RENEWED;
      case '{' -> {
        Snapshot current = session(answer);
        yield current == null ? WriteResult.GONE : new WriteResult.Conflict(current);
      }
      case '=' -> {
        Snapshot current = session(answer);
        yield current == null ? WriteResult.GONE : new WriteResult.Moved(current);
      }
      case '!' ->
          throw new SessionStoreException(
              "the session's new id is in use already; nothing was written: try again");
      default -> throw Head.foreign();
    };
  }

  /** The session in an answer, or null if it has ended. */
  private @Nullable Snapshot session(List<byte[]> answer) {
    String form = ascii(answer.get(1));
    List<byte[]> content = answer.subList(2, answer.size());
    return switch (form) {
      case MigrationScripts.STRING ->
          ours(Layout.STRING, StringDocument.decode(content.get(0), codec));
      case MigrationScripts.HASH -> ours(Layout.HASH, fields.decode(content));
      default -> {
        Hash hash = new Hash(content);
        Snapshot session = springSessions.get(source(form)).decode(hash);
        yield session == null ? null : unmigrated(session, hash);
      }
    };
  }

  private Snapshot ours(Layout found, Snapshot session) {
    if (found == layout) {
      return session;
    }
    if (!fromOtherLayout) {
      throw new OtherTypeException();
    }
    return unmigrated(session, null);
  }

  private static int source(String form) {
    return Integer.parseInt(form.substring(MigrationScripts.SPRING.length()))
        - MigrationScripts.FIRST_SPRING;
  }

  private static String ascii(byte[] text) {
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static Snapshot unmigrated(Snapshot session, @Nullable Hash hash) {
    return new Snapshot(
        session.lastAccessedAt(),
        session.idleMillis(),
        session.absoluteEnd(),
        session.version(),
        session.mark(),
        new Unmigrated(session.body(), hash));
  }

  /** The body of a session that does not lie in the store's layout yet. */
  private static final class Unmigrated implements Snapshot.Body {
    private final Snapshot.Body body;
    final @Nullable Hash hash;

    Unmigrated(Snapshot.Body body, @Nullable Hash hash) {
      this.body = body;
      this.hash = hash;
    }

    @Override
    public long createdAt() {
      return body.createdAt();
    }

    @Override
    public @Nullable IdSince idSince() {
      return body.idSince();
    }

    @Override
    public Map<String, JsonBytes> attributes() {
      return body.attributes();
    }

    @Override
    public Map<String, JsonBytes> unknown() {
      return body.unknown();
    }

    /** Spring sets a time to live of the idle timeout alone. */
    @Override
    public boolean touchedAtEveryAccess() {
      return hash != null;
    }
  }
}
