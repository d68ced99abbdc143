package io.latchkey.internal;

import static io.latchkey.internal.SessionBackend.WriteResult;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreStats;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.UnreadablePolicy;
import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SessionBackend.Found;
import io.latchkey.internal.SessionBackend.Write;
import io.latchkey.internal.TrackedSession.Edit;
import io.latchkey.internal.TrackedSession.RotationTarget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The behaviour that all stores share, upon a {@link SessionBackend}.
 *
 * <h2>Who may race whom, and what decides</h2>
 *
 * <p><b>Save against save.</b> Every write names the version that it builds upon, and the backend
 * refuses it, in the same step, if another is there. The refusal carries the winner's session; the
 * changes are applied to that and tried again, so both win, or under {@link ConflictPolicy#REJECT}
 * the later learns of it.
 *
 * <p><b>Save, touch or rotation against delete or expiry.</b> None of the three creates a key: they
 * find nothing, and say so. Only an insert creates one, under an id that was never used. An insert
 * of unknown outcome is never repeated: it is looked for.
 *
 * <p><b>A write that runs twice</b>, because it was sent again or late. Its second run finds its
 * own mark, or another version than it expects; it writes nothing either way. A caller that repeats
 * a save whose answer was lost finds the mark of the earlier attempt, see {@link TrackedSession}.
 */
public final class SessionEngine implements SessionStore {
  /**
   * More rounds than this mean that hundreds of writers fight for one session, or that it is
   * written all the time.
   */
  private static final int MAX_ATTEMPTS = 60;

  private static final int MAX_BACKOFF_MILLIS = 64;
  private static final int MAX_IDS = 3;

  /** For a rotation that was asked for, whatever the id's age. */
  private static final long ANY_AGE = -1;

  /** The store's own grace, but for a session with changes, as signing in makes them. */
  private static final long NO_GRACE_WITH_CHANGES = -1;

  private final SessionBackend backend;
  private final SessionSettings settings;
  private final Attributes attributes;
  private final SessionIds ids = new SessionIds();
  private final LongAdder unreadable = new LongAdder();
  private final LongAdder failedTouches = new LongAdder();
  private final LongAdder conflicts = new LongAdder();

  /**
   * An engine.
   *
   * @param backend where the sessions lie
   * @param settings the store's options
   * @param codec encodes and decodes attributes
   * @param unreadableAttributes what becomes of an attribute that cannot be read as what it was
   */
  public SessionEngine(
      SessionBackend backend,
      SessionSettings settings,
      AttributeCodec codec,
      UnreadablePolicy unreadableAttributes) {
    this.backend = backend;
    this.settings = settings;
    this.attributes = new Attributes(codec, unreadableAttributes);
  }

  /**
   * What was counted.
   *
   * @return a snapshot
   */
  public SessionStoreStats stats() {
    return new SessionStoreStats(
        unreadable.sum(), failedTouches.sum(), conflicts.sum(), attributes.unreadable(), 0);
  }

  @Override
  public Session newSession() {
    return TrackedSession.unsaved(ids, attributes, settings);
  }

  @Override
  public Mono<Session> create(Map<String, ?> attributes) {
    Objects.requireNonNull(attributes, "attributes");
    attributes.forEach(
        (name, value) -> {
          Objects.requireNonNull(name, "attributes must not contain a null name");
          Objects.requireNonNull(value, "attributes must not contain a null value");
        });
    return create(attributes, 1);
  }

  @Override
  public Mono<Session> get(String id) {
    Objects.requireNonNull(id, "id");
    if (!backend.accepts(id)) {
      return Mono.empty();
    }
    return backend
        .read(id)
        .onErrorComplete(this::countsAsAbsent)
        .mapNotNull(snapshot -> isAtItsEnd(snapshot) ? null : accessed(id, snapshot));
  }

  @Override
  public Flux<Session> getAll(Collection<String> ids) {
    Objects.requireNonNull(ids, "ids");
    List<String> valid = new ArrayList<>(ids.size());
    for (String id : ids) {
      if (backend.accepts(Objects.requireNonNull(id, "ids must not contain null"))) {
        valid.add(id);
      }
    }
    if (valid.isEmpty()) {
      return Flux.empty();
    }
    return backend
        .readAll(valid)
        .filter(Found::isThere)
        .<Session>handle(
            (found, sink) -> {
              if (found.session() != null) {
                if (!isAtItsEnd(found.session())) {
                  sink.next(
                      TrackedSession.stored(
                          found.id(), this.ids, attributes, settings, found.session()));
                }
                return;
              }
              unreadable.increment();
              if (settings.unreadable() == UnreadablePolicy.FAIL) {
                sink.error(Objects.requireNonNull(found.unreadable()));
              }
            });
  }

  @Override
  public Mono<Session> save(Session session) {
    Objects.requireNonNull(session, "session");
    return Mono.defer(() -> save(ours(session), settings.conflicts(), 1));
  }

  @Override
  public Mono<Boolean> touch(Session session) {
    Objects.requireNonNull(session, "session");
    return Mono.defer(
        () -> {
          TrackedSession tracked = ours(session);
          long now = settings.now();
          return backend
              .touch(tracked.id(), now)
              .onErrorReturn(this::countsAsAbsent, false)
              .doOnNext(
                  there -> {
                    if (there) {
                      tracked.accessed(now);
                    }
                  });
        });
  }

  @Override
  public Mono<Session> rotateId(Session session) {
    Objects.requireNonNull(session, "session");
    return Mono.defer(() -> rotate(ours(session), null, ANY_AGE, NO_GRACE_WITH_CHANGES, 1));
  }

  @Override
  public Mono<Session> rotateId(Session session, Duration grace) {
    Objects.requireNonNull(session, "session");
    long graceMillis = SessionSettings.graceMillis("grace", grace);
    return Mono.defer(() -> rotate(ours(session), null, ANY_AGE, graceMillis, 1));
  }

  @Override
  public Mono<Session> renewId(Session session, Duration age, Duration grace) {
    Objects.requireNonNull(session, "session");
    long ageMillis = SessionSettings.timeoutMillis("age", age);
    long graceMillis = SessionSettings.graceMillis("grace", grace);
    return Mono.defer(() -> renew(ours(session), ageMillis, graceMillis));
  }

  @Override
  public Mono<Boolean> delete(String id) {
    Objects.requireNonNull(id, "id");
    return backend.accepts(id) ? backend.delete(id) : Mono.just(false);
  }

  @Override
  public Mono<Session> update(String id, Function<Session, Mono<Session>> change) {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(change, "change");
    if (!backend.accepts(id)) {
      return Mono.empty();
    }
    return readLatest(id).flatMap(snapshot -> update(id, snapshot, change, 1));
  }

  // Reading.

  private Mono<Snapshot> readLatest(String id) {
    return live(backend.readLatest(id));
  }

  private Mono<Snapshot> readAcknowledged(String id) {
    return live(backend.readAcknowledged(id));
  }

  private Mono<Snapshot> live(Mono<Snapshot> read) {
    return read.onErrorComplete(this::countsAsAbsent).filter(snapshot -> !isAtItsEnd(snapshot));
  }

  /**
   * Whether the absolute end has come. The server counts a time to live from when the command
   * reaches it, which may be late.
   */
  private boolean isAtItsEnd(Snapshot snapshot) {
    return snapshot.absoluteEnd() != SessionSettings.NEVER
        && snapshot.absoluteEnd() <= settings.now();
  }

  private Session accessed(String id, Snapshot snapshot) {
    TrackedSession session = TrackedSession.stored(id, ids, attributes, settings, snapshot);
    long now = settings.now();
    if (session.isTouchDue(now)) {
      session.touchSent(now);
      backend
          .touch(id, now)
          .subscribe(
              there -> {},
              error -> {
                failedTouches.increment();
                session.touchFailed();
              });
    }
    return session;
  }

  /** Counts what cannot be read, and says whether it is to be as if it were not there. */
  private boolean countsAsAbsent(Throwable error) {
    if (!(error instanceof UnreadableSessionException)) {
      return false;
    }
    unreadable.increment();
    return settings.unreadable() == UnreadablePolicy.ABSENT;
  }

  // Saving.

  private Mono<Session> create(Map<String, ?> attributes, int attempt) {
    return Mono.defer(
            () -> {
              TrackedSession session = TrackedSession.unsaved(ids, this.attributes, settings);
              attributes.forEach(session::set);
              long createdAt = session.base().lastAccessedAt();
              return insert(session, session.edit(), createdAt, settings.conflicts(), 1);
            })
        .onErrorResume(
            IdTakenException.class,
            error -> attempt < MAX_IDS ? create(attributes, attempt + 1) : Mono.error(error));
  }

  private Mono<Session> save(TrackedSession session, ConflictPolicy policy, int attempt) {
    if (session.isRotatedAway()) {
      return Mono.error(gone());
    }
    if (session.mayBeStored()) {
      return find(session).then(Mono.defer(() -> saveRest(session, policy, attempt)));
    }
    Edit edit = session.edit();
    if (!session.isStored()) {
      return insert(session, edit, settings.now(), policy, attempt);
    }
    return edit.isEmpty()
        ? Mono.just(session)
        : write(session, edit, session.base(), policy, attempt);
  }

  /**
   * Goes on with a save after it has found what an earlier attempt had stored. Where that was all,
   * the session is still to be accessed now, and not when it was stored.
   */
  private Mono<Session> saveRest(TrackedSession session, ConflictPolicy policy, int attempt) {
    if (!session.isStored() || !session.edit().isEmpty()) {
      return save(session, policy, attempt);
    }
    long now = settings.now();
    return backend
        .touch(session.id(), now)
        .onErrorReturn(this::countsAsAbsent, false)
        .flatMap(
            there -> {
              if (!there) {
                return Mono.error(gone());
              }
              session.accessed(now);
              return Mono.just(session);
            });
  }

  private Mono<Session> insert(
      TrackedSession session, Edit edit, long now, ConflictPolicy policy, int attempt) {
    Snapshot next = edit.appliedTo(session.base(), now);
    return attempt(session, edit, next, backend.insert(session.id(), next))
        .flatMap(
            inserted -> {
              if (inserted) {
                session.saved(edit, next);
                return Mono.just(session);
              }
              return readAcknowledged(session.id())
                  .filter(current -> takeOver(session, current))
                  .hasElement()
                  .flatMap(
                      mine -> {
                        session.failed(next.mark());
                        // What another save of the same object stored, or may have, is ours too.
                        // All else that lies there is somebody else's, as improbable as that is
                        // with 192 random bits.
                        return mine || session.isStored() || session.mayBeStored()
                            ? saveRest(session, policy, attempt + 1)
                            : Mono.error(new IdTakenException());
                      });
            });
  }

  /** Finds out whether an insert of this object was executed. Signals gone if it cannot tell. */
  private Mono<Void> find(TrackedSession session) {
    return readAcknowledged(session.id())
        .switchIfEmpty(Mono.error(SessionEngine::gone))
        .doOnNext(
            current -> {
              if (!takeOver(session, current)) {
                // Ours, and somebody saved it since, whose changes are not to be built upon unseen.
                session.foundStored(settings.conflicts() == ConflictPolicy.REJECT ? null : current);
              }
            })
        .then();
  }

  private Mono<Session> write(
      TrackedSession session, Edit edit, Snapshot expected, ConflictPolicy policy, int attempt) {
    long now = settings.now();
    Snapshot next = edit.appliedTo(expected, now);
    if (hasEnded(next, now)) {
      return Mono.error(gone());
    }
    Mono<WriteResult> written =
        backend.write(session.id(), new Write(expected, next, edit.encoded()));
    return attempt(session, edit, next, written)
        .flatMap(
            result -> {
              if (result instanceof WriteResult.Written) {
                session.saved(edit, next);
                return Mono.just(session);
              }
              session.failed(next.mark());
              if (!(result instanceof WriteResult.Conflict conflict)) {
                return Mono.error(gone());
              }
              return afterConflict(session, expected, conflict.current(), policy, attempt)
                  .then(Mono.defer(() -> saveRest(session, policy, attempt + 1)));
            });
  }

  /** Builds upon the winner's session, after a pause, or signals why not. */
  private Mono<Void> afterConflict(
      TrackedSession session,
      Snapshot expected,
      Snapshot current,
      ConflictPolicy policy,
      int attempt) {
    if (takeOver(session, current) || session.hasMovedOnTo(current, expected)) {
      return Mono.empty();
    }
    conflicts.increment();
    if (policy == ConflictPolicy.REJECT) {
      return Mono.error(
          new SessionConflictException(
              "somebody else saved the session since it was read: read it again and decide"));
    }
    if (attempt >= MAX_ATTEMPTS) {
      return Mono.error(tooManyAttempts());
    }
    session.buildUpon(expected, current);
    return backoff(attempt);
  }

  /** If the stored version is an earlier attempt of this very object, takes its changes off. */
  private static boolean takeOver(TrackedSession session, Snapshot current) {
    Edit earlier = session.outstanding(current.mark());
    if (earlier == null) {
      return false;
    }
    session.saved(earlier, current);
    return true;
  }

  /** Keeps the attempt in mind until its outcome is known. */
  private <T> Mono<T> attempt(TrackedSession session, Edit edit, Snapshot next, Mono<T> command) {
    session.begin(next.mark(), edit);
    return command
        .doOnCancel(session::lost)
        .onErrorMap(
            error -> {
              if (error instanceof SessionStoreUnavailableException unavailable
                  && unavailable.outcomeUnknown()) {
                session.lost();
                return error;
              }
              session.failed(next.mark());
              if (error instanceof UnreadableSessionException) {
                unreadable.increment();
                return settings.unreadable() == UnreadablePolicy.ABSENT ? gone() : error;
              }
              return error;
            });
  }

  // Rotating.

  /** Rotates a session whose id is due, and only then. */
  private Mono<Session> renew(TrackedSession session, long age, long grace) {
    if (session.isRotatedAway()) {
      return Mono.error(gone());
    }
    if (!session.isStored() || age == SessionSettings.NEVER) {
      return Mono.just(session);
    }
    if (session.base().body().isFoundByFormerId()) {
      return Mono.just(renewedByAnother(session, session.base()));
    }
    long idAge = settings.now() - session.idCreatedAt().toEpochMilli();
    return idAge < age ? Mono.just(session) : rotate(session, null, age, grace, 1);
  }

  /** The session under the id that another request has given it, or as it is if none can tell. */
  private static TrackedSession renewedByAnother(TrackedSession session, Snapshot current) {
    TrackedSession renewed = session.renewed(current);
    return renewed == null ? session : renewed;
  }

  private RotationTarget newTarget(TrackedSession session, boolean renewal) {
    if (!renewal) {
      return new RotationTarget(ids.nextAfter(session.id()), null);
    }
    String secret = ids.secret();
    return new RotationTarget(SessionIds.renewed(session.id(), secret), secret);
  }

  /**
   * Rotates a session.
   *
   * @param found what another attempt met. A rotation without changes has nothing to be refused
   *     for, and takes it along; but the object keeps what it has read, in case the rotation fails
   */
  private Mono<Session> rotate(
      TrackedSession session, @Nullable Snapshot found, long age, long wantedGrace, int attempt) {
    if (session.isRotatedAway()) {
      return Mono.error(gone());
    }
    if (session.mayBeStored()) {
      return find(session)
          .then(Mono.defer(() -> rotate(session, found, age, wantedGrace, attempt)));
    }
    TrackedSession successor = session.successor();
    if (successor != null) {
      return goOn(session, successor, wantedGrace);
    }
    RotationTarget target = session.rotationTarget(() -> newTarget(session, age != ANY_AGE));
    String newId = target.id();
    if (!session.isStored()) {
      return rotated(session, session.succeededBy(newId));
    }
    Edit edit = session.edit();
    long now = settings.now();
    Snapshot base = found != null && edit.isEmpty() ? found : session.base();
    Snapshot next = edit.appliedTo(base, now, new IdSince(now, target.secret()));
    if (hasEnded(next, now)) {
      return Mono.error(gone());
    }
    long grace = grace(wantedGrace, edit);
    if (grace > 0) {
      session.graceGiven();
    }
    Mono<WriteResult> rotated =
        backend.rotate(session.id(), newId, new Write(base, next, edit.encoded()), grace);
    return attempt(session, edit, next, rotated)
        .flatMap(
            result -> {
              if (result instanceof WriteResult.Written) {
                return Mono.just(session.rotated(newId, edit, next));
              }
              session.failed(next.mark());
              if (result instanceof WriteResult.Renewed) {
                return age == ANY_AGE
                    ? save(session, settings.conflicts(), 1)
                    : readLatest(session.id())
                        .switchIfEmpty(Mono.error(SessionEngine::gone))
                        .map(current -> renewedByAnother(session, current));
              }
              if (result instanceof WriteResult.Moved moved) {
                Edit earlier = session.outstanding(moved.current().mark());
                // Somebody has saved it under its new id since. Without changes of its own all that
                // the earlier attempt had to do is done, whichever it was.
                Edit done = earlier == null && edit.isEmpty() ? edit : earlier;
                return done == null
                    ? Mono.error(gone())
                    : goOn(session, session.succeededBy(newId, done, moved.current()), wantedGrace);
              }
              if (!(result instanceof WriteResult.Conflict conflict)) {
                return Mono.error(gone());
              }
              Snapshot current = conflict.current();
              if (!edit.isEmpty()) {
                return afterConflict(session, base, current, settings.conflicts(), attempt)
                    .then(Mono.defer(() -> rotate(session, null, age, wantedGrace, attempt + 1)));
              }
              takeOver(session, current);
              return attempt >= MAX_ATTEMPTS
                  ? Mono.error(tooManyAttempts())
                  : backoff(attempt)
                      .then(
                          Mono.defer(
                              () -> rotate(session, current, age, wantedGrace, attempt + 1)));
            });
  }

  /**
   * Goes on with a rotation that an earlier attempt has done in part. Where that left the old id
   * open for a while, and this one must not, the session moves on once more, with its changes: then
   * the old id points to where nothing is.
   */
  private Mono<Session> goOn(TrackedSession session, TrackedSession successor, long wantedGrace) {
    return session.isGraceGiven() && grace(wantedGrace, successor.edit()) == 0
        ? rotate(successor, null, ANY_AGE, 0, 1).doOnNext(stored -> session.rotatedAway())
        : rotated(session, successor);
  }

  private long grace(long wanted, Edit edit) {
    if (wanted != NO_GRACE_WITH_CHANGES) {
      return wanted;
    }
    return edit.isEmpty() ? settings.graceMillis() : 0;
  }

  /**
   * Stores what the session under its new id still lacks: all, or what was changed after the
   * attempt that moved it. Only then is the old object at its end, so that this can be repeated.
   */
  private Mono<Session> rotated(TrackedSession session, TrackedSession successor) {
    return saveRest(successor, settings.conflicts(), 1).doOnNext(stored -> session.rotatedAway());
  }

  // Updating.

  private Mono<Session> update(
      String id, Snapshot snapshot, Function<Session, Mono<Session>> change, int attempt) {
    TrackedSession session = TrackedSession.stored(id, ids, attributes, settings, snapshot);
    return Objects.requireNonNull(change.apply(session), "change answered with null")
        .flatMap(
            changed -> {
              if (changed != session) {
                return Mono.error(
                    new IllegalArgumentException(
                        "change must answer with the session that it was given, or empty"));
              }
              Edit edit = session.edit();
              if (edit.isEmpty()) {
                return Mono.just(session);
              }
              long now = settings.now();
              Snapshot next = edit.appliedTo(snapshot, now);
              if (hasEnded(next, now)) {
                return Mono.empty();
              }
              return attempt(
                      session,
                      edit,
                      next,
                      backend.write(id, new Write(snapshot, next, edit.encoded())))
                  .flatMap(result -> updated(session, edit, next, result, change, attempt));
            });
  }

  private Mono<Session> updated(
      TrackedSession session,
      Edit edit,
      Snapshot next,
      WriteResult result,
      Function<Session, Mono<Session>> change,
      int attempt) {
    if (result instanceof WriteResult.Written) {
      session.saved(edit, next);
      return Mono.just(session);
    }
    if (!(result instanceof WriteResult.Conflict conflict)) {
      return Mono.empty();
    }
    conflicts.increment();
    if (attempt >= MAX_ATTEMPTS) {
      return Mono.error(tooManyAttempts());
    }
    return backoff(attempt)
        .then(Mono.defer(() -> update(session.id(), conflict.current(), change, attempt + 1)));
  }

  // Small things.

  private boolean hasEnded(Snapshot next, long now) {
    return settings.timeToLive(next.idleMillis(), next.absoluteEnd(), now) < 0;
  }

  /** The first retry is at once; then full jitter over a window that doubles. */
  private static Mono<Void> backoff(int attempt) {
    if (attempt == 1) {
      return Mono.empty();
    }
    int window = Math.min(MAX_BACKOFF_MILLIS, 1 << Math.min(attempt - 1, 6));
    return Mono.delay(Duration.ofMillis(ThreadLocalRandom.current().nextLong(window + 1))).then();
  }

  private static TrackedSession ours(Session session) {
    if (session instanceof TrackedSession tracked) {
      return tracked;
    }
    throw new IllegalArgumentException(
        "session must come from a Latchkey store, was a " + session.getClass().getName());
  }

  private static SessionGoneException gone() {
    return new SessionGoneException(
        "the session has ended, by deletion, rotation or expiry; nothing was written");
  }

  private static SessionConflictException tooManyAttempts() {
    return new SessionConflictException(
        "gave up after "
            + MAX_ATTEMPTS
            + " attempts, as others saved the session before each; nothing was written");
  }

  /** Under a new id there is something already. */
  private static final class IdTakenException extends SessionStoreException {
    private static final long serialVersionUID = 1L;

    IdTakenException() {
      super("the new session's id is in use already; nothing was written: make another session");
    }
  }
}
