package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.latchkey.internal.WriteToken;
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
 * id of Spring's, one of the scripts {@code migrate-*.lua} looks for it in all forms at once. It
 * must be one step: between two, somebody else may migrate the session, and it would be in neither
 * place when looked for there.
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
 * <p>The old form is gone, and what is under the key has another version, or the replay's own
 * token.
 */
final class MigratingBackend implements SessionBackend {
  private static final Script READ = Script.load("migrate-read");
  private static final Script TOUCH = Script.load("migrate-touch");
  private static final Script TOUCH_SPRING = Script.load("migrate-touch-spring");
  private static final Script TO_STRING = Script.load("migrate-to-string");
  private static final Script TO_HASH = Script.load("migrate-to-hash");

  // The forms, as the scripts name them; behind the last comes the number of its key.
  private static final String STRING_FORM = "string";
  private static final String HASH_FORM = "hash";
  private static final String SPRING_FORM = "spring";

  /** The number of the first of Spring's keys. */
  private static final int FIRST_SPRING = 2;

  /** An access that is overtaken so often need not be recorded any more. */
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
  private final Script write;

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
    this.write =
        switch (layout) {
          case STRING -> TO_STRING;
          case HASH -> TO_HASH;
        };
  }

  @Override
  public @Nullable SessionId parse(String id) {
    SessionId parsed = SessionId.parse(id);
    return parsed != null || springSessions.isEmpty() ? parsed : SessionId.parseUuid(id);
  }

  @Override
  public Mono<Boolean> insert(SessionId id, Snapshot session) {
    return target.insert(id, session);
  }

  // Reading.

  @Override
  public Mono<Snapshot> read(SessionId id) {
    Mono<Snapshot> elsewhere = Mono.defer(() -> find(id));
    Mono<Snapshot> read = target.read(id);
    return ifOtherType(mayBeSprings(id) ? read.switchIfEmpty(elsewhere) : read, elsewhere);
  }

  /** A session of unknown outcome is in the layout, unless somebody has rewritten it since. */
  @Override
  public Mono<Snapshot> readAcknowledged(SessionId id) {
    return ifOtherType(
        target.readAcknowledged(id),
        changes
            .find(commands -> run(READ, commands, null, id, id.locatorBytes()))
            .mapNotNull(answer -> answer.size() == 1 ? null : session(id, answer)));
  }

  @Override
  public Flux<Found> readAll(List<SessionId> ids) {
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

  private Mono<Found> findAsOneOfMany(SessionId id) {
    return find(id)
        .map(session -> new Found(id, session, null))
        .defaultIfEmpty(new Found(id, null, null))
        .onErrorResume(
            UnreadableSessionException.class, error -> Mono.just(new Found(id, null, error)));
  }

  private Mono<Snapshot> find(SessionId id) {
    return run(READ, connections, null, id, id.locatorBytes())
        .mapNotNull(answer -> answer.size() == 1 ? null : session(id, answer));
  }

  @Override
  public Mono<String> salt(SessionId id, FormerSecret former) {
    return target.salt(id, former);
  }

  // Writing.

  @Override
  public Mono<WriteResult> write(SessionId id, Write next) {
    Mono<WriteResult> migrated = Mono.defer(() -> migrate(id, next));
    return isUnmigrated(next) ? migrated : ifOtherType(target.write(id, next), migrated);
  }

  private Mono<WriteResult> migrate(SessionId id, Write next) {
    byte[] token = ByteWriter.ascii(next.next().token());
    byte[][] arguments = arguments(id, next);
    if (next.rotation() == null) {
      return run(write, connections, null, id, token, arguments).map(answer -> result(id, answer));
    }
    Request<?> salt = StoredLayout.saltRequest(keys, id, next);
    return changes.make(
        commands ->
            run(write, commands, salt, id, token, arguments).map(answer -> result(id, answer)),
        result -> !StoredLayout.isOwnRotation(result, next));
  }

  // Touching.

  @Override
  public Mono<Boolean> touch(SessionId id, long now) {
    Mono<Boolean> anywhere = Mono.defer(() -> touchAnywhere(id, now, 1));
    return mayBeSprings(id) ? anywhere : ifOtherType(target.touch(id, now), anywhere);
  }

  private Mono<Boolean> touchAnywhere(SessionId id, long now, int attempt) {
    byte[] interval = ByteWriter.ascii(Long.toString(settings.touchMillis()));
    return run(
            TOUCH,
            connections,
            null,
            id,
            id.locatorBytes(),
            SessionHeader.time(now),
            interval,
            id.digest().ascii())
        .flatMap(
            answer ->
                answer.size() > 1
                    ? touchSpring(id, now, answer, attempt)
                    : Mono.fromCallable(() -> StoredLayout.isDone(answer.get(0))));
  }

  private Mono<Boolean> touchSpring(SessionId id, long now, List<byte[]> answer, int attempt) {
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
    return TOUCH_SPRING
        .run(
            new Script.Call(
                connections,
                null,
                new byte[][] {keys.key(id), sessions.key(id.text())},
                access,
                interval,
                rewritten,
                ByteWriter.ascii(Long.toString(times.idle()))),
            id.locatorBytes())
        .flatMap(
            result ->
                result[0] == '!'
                    ? touchAnywhere(id, now, attempt + 1)
                    : Mono.just(result[0] == '1'));
  }

  private Mono<Boolean> touchByMigration(SessionId id, long now, List<byte[]> answer, int attempt) {
    Snapshot session = session(id, answer);
    if (session == null) {
      return Mono.just(false);
    }
    Snapshot.Body body = session.body();
    Snapshot next =
        new Snapshot(
            now,
            session.idleMillis(),
            session.absoluteEnd(),
            session.version() + 1,
            WriteToken.next(),
            session.digest(),
            new Snapshot.PlainBody(
                body.createdAt(), body.idSince(), body.former(), body.attributes(), Map.of()));
    return write(id, new Write(session, next, Map.of(), null))
        .flatMap(
            result ->
                result instanceof WriteResult.Conflict
                    ? touchAnywhere(id, now, attempt + 1)
                    : Mono.just(result instanceof WriteResult.Written));
  }

  // Deleting.

  @Override
  public Mono<Boolean> delete(SessionId id) {
    byte[][] all = keys(id);
    return changes.make(
        commands ->
            StoredLayout.DELETE
                .run(
                    new Script.Call(
                        commands,
                        null,
                        all,
                        id.digest().ascii(),
                        SessionHeader.time(settings.now())),
                    id.locatorBytes())
                .map(StoredLayout::isDone),
        deleted -> deleted);
  }

  // Small things.

  /** Only where sessions of the other layout are to be taken over. */
  private <T> Mono<T> ifOtherType(Mono<T> result, Mono<T> otherwise) {
    return fromOtherLayout
        ? result.onErrorResume(OtherTypeException.class, error -> otherwise)
        : result;
  }

  private boolean mayBeSprings(SessionId id) {
    return !springSessions.isEmpty() && !id.isNative();
  }

  private static boolean isUnmigrated(Write write) {
    return write.expected().body() instanceof Unmigrated;
  }

  /** Runs a script that is answered with one character and the proof, or with what is stored. */
  private Mono<List<byte[]>> run(
      Script script,
      Commands commands,
      @Nullable Request<?> before,
      SessionId id,
      byte[] proof,
      byte[]... arguments) {
    return script.runForList(
        new Script.Call(commands, before, keys(id), arguments),
        answer -> !answer.isEmpty() && Script.isProven(answer.get(0), proof));
  }

  private byte[][] keys(SessionId id) {
    List<byte[]> all = new ArrayList<>();
    all.add(keys.key(id));
    if (mayBeSprings(id)) {
      springSessions.forEach(sessions -> all.add(sessions.key(id.text())));
    }
    return all.toArray(new byte[0][]);
  }

  /** See {@code migrate-expected.lua}. */
  private byte[][] arguments(SessionId id, Write write) {
    Snapshot expected = write.expected();
    Snapshot next = write.next();
    Hash hash = expected.body() instanceof Unmigrated body ? body.hash : null;
    List<byte[]> values = values(id, next);
    long timeToLive =
        settings.timeToLive(next.idleMillis(), next.absoluteEnd(), next.lastAccessedAt());
    List<byte[]> all = new ArrayList<>();
    all.add(hash == null ? SessionHeader.version(expected) : new byte[0]);
    all.add(ByteWriter.ascii(next.token()));
    all.add(ByteWriter.ascii(Long.toString(timeToLive)));
    all.add(id.digest().ascii());
    all.add(SessionHeader.time(next.lastAccessedAt()));
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
  private List<byte[]> values(SessionId id, Snapshot session) {
    byte[] locator = id.locatorBytes();
    if (layout == Layout.STRING) {
      return List.of(StringDocument.encode(locator, session, codec));
    }
    List<byte[]> values = new ArrayList<>();
    values.add(HashFields.header(locator, session));
    values.addAll(fields.all(session));
    return values;
  }

  private WriteResult result(SessionId id, List<byte[]> answer) {
    if (answer.size() == 1) {
      return StoredLayout.outcome(answer.get(0)[0]);
    }
    Snapshot current = session(id, answer);
    return current == null ? WriteResult.GONE : new WriteResult.Conflict(current);
  }

  /** The session in an answer; null if it has ended, or the id does not open it. */
  private @Nullable Snapshot session(SessionId id, List<byte[]> answer) {
    String form = ascii(answer.get(1));
    List<byte[]> content = answer.subList(2, answer.size());
    Snapshot session =
        switch (form) {
          case STRING_FORM -> ours(Layout.STRING, StringDocument.decode(content.get(0), codec));
          case HASH_FORM -> ours(Layout.HASH, fields.decode(content));
          default -> {
            Hash hash = new Hash(content);
            Snapshot springs = springSessions.get(source(form)).decode(id, hash);
            yield springs == null ? null : springs.withBody(new Unmigrated(springs.body(), hash));
          }
        };
    return session != null && session.isOpenedBy(id, settings.now()) ? session : null;
  }

  private Snapshot ours(Layout found, Snapshot session) {
    if (found == layout) {
      return session;
    }
    if (!fromOtherLayout) {
      throw new OtherTypeException();
    }
    return session.withBody(new Unmigrated(session.body(), null));
  }

  private static int source(String form) {
    return Integer.parseInt(form.substring(SPRING_FORM.length())) - FIRST_SPRING;
  }

  private static String ascii(byte[] text) {
    return new String(text, StandardCharsets.ISO_8859_1);
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
    public long idSince() {
      return body.idSince();
    }

    @Override
    public @Nullable FormerSecret former() {
      return body.former();
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
