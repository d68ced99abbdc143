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
import io.latchkey.internal.SessionBackend.Rotation;
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
 * own token, or another version than it expects; it writes nothing either way. A caller that
 * repeats a save whose answer was lost finds the token of the earlier attempt, see {@link
 * TrackedSession}.
 *
 * <p><b>Rotation against all others.</b> It is a save that changes the secret. Calls by the former
 * id find nothing from then on, unless a grace was left; calls by the new one find the session.
 */
public final class SessionEngine implements SessionStore {
  /**
   * More rounds than this mean that hundreds of writers fight for one session, or that it is
   * written all the time.
   */
  private static final int MAX_ATTEMPTS = 60;

  private static final int MAX_BACKOFF_MILLIS = 64;
  private static final int MAX_IDS = 3;

  private static final RotationReason REQUESTED = new RotationReason.Requested();

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
    SessionId parsed = backend.parse(id);
    if (parsed == null) {
      return Mono.empty();
    }
    return backend
        .read(parsed)
        .onErrorComplete(this::countsAsAbsent)
        .mapNotNull(snapshot -> hasReachedEnd(snapshot) ? null : accessed(parsed, snapshot));
  }

  @Override
  public Flux<Session> getAll(Collection<String> ids) {
    Objects.requireNonNull(ids, "ids");
    List<SessionId> valid = new ArrayList<>(ids.size());
    for (String id : ids) {
      SessionId parsed = backend.parse(Objects.requireNonNull(id, "ids must not contain null"));
      if (parsed != null) {
        valid.add(parsed);
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
                if (!hasReachedEnd(found.session())) {
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
              .touch(tracked.sessionId(), now)
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
    return Mono.defer(() -> rotate(ours(session), null, REQUESTED, 1));
  }

  @Override
  public Mono<Session> rotateId(Session session, Duration grace) {
    Objects.requireNonNull(session, "session");
    long graceMillis = SessionSettings.graceMillis("grace", grace);
    RotationReason reason = new RotationReason.RequestedWithGrace(graceMillis);
    return Mono.defer(() -> rotate(ours(session), null, reason, 1));
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
    SessionId parsed = backend.parse(id);
    return parsed == null
        ? Mono.just(false)
        : backend.delete(parsed).onErrorReturn(this::countsAsAbsent, false);
  }

  @Override
  public Mono<Session> update(String id, Function<Session, Mono<Session>> change) {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(change, "change");
    SessionId parsed = backend.parse(id);
    return parsed == null
        ? Mono.empty()
        : live(backend.readLatest(parsed)).flatMap(found -> update(parsed, found, change, 1));
  }

  // Reading.

  private Mono<Snapshot> readAcknowledged(SessionId id) {
    return live(backend.readAcknowledged(id));
  }

  private Mono<Snapshot> live(Mono<Snapshot> read) {
    return read.onErrorComplete(this::countsAsAbsent).filter(snapshot -> !hasReachedEnd(snapshot));
  }

  /**
   * Whether a session that was found has ended all the same. The server counts a time to live from
   * when the command reaches it, which may be late. And a key may have lost its time to live, as by
   * PERSIST or a restored copy: such a session is over once it was unused for twice its idle
   * timeout. Twice, as the clock of this instance may be ahead.
   */
  private boolean hasReachedEnd(Snapshot snapshot) {
    long now = settings.now();
    long idle = snapshot.idleMillis();
    return (snapshot.absoluteEnd() != SessionSettings.NEVER && snapshot.absoluteEnd() <= now)
        || (idle != SessionSettings.NEVER
            && now - snapshot.lastAccessedAt() > 2 * idle + settings.touchInterval(idle));
  }

  private Session accessed(SessionId id, Snapshot snapshot) {
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
        .touch(session.sessionId(), now)
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
    return attempt(session, edit, next, backend.insert(session.sessionId(), next))
        .flatMap(
            inserted -> {
              if (inserted) {
                session.saved(edit, next);
                return Mono.just(session);
              }
              return readAcknowledged(session.sessionId())
                  .filter(current -> adoptEarlierAttempt(session, current))
                  .hasElement()
                  .flatMap(
                      mine -> {
                        session.failed(next.token());
                        // What another save of the same object stored, or may have, is ours too.
                        if (mine || session.isStored() || session.mayBeStored()) {
                          return saveRest(session, policy, attempt + 1);
                        }
                        // Else it is stored under the id that a rotation gave it, or it is another
                        // session, as improbable as that is with 96 random bits.
                        return Mono.error(
                            session.successor() == null ? new IdTakenException() : gone());
                      });
            });
  }

  /** Finds out whether an insert of this object was executed. Signals gone if it cannot tell. */
  private Mono<Void> find(TrackedSession session) {
    return readAcknowledged(session.sessionId())
        .switchIfEmpty(Mono.error(SessionEngine::gone))
        .doOnNext(
            current -> {
              if (!adoptEarlierAttempt(session, current)) {
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
    if (hasEnded(next, now) || !expected.isOpenedBy(session.sessionId(), now)) {
      return Mono.error(gone());
    }
    Mono<WriteResult> written =
        backend.write(session.sessionId(), new Write(expected, next, edit.encoded(), null));
    return attempt(session, edit, next, written)
        .flatMap(
            result -> {
              if (result instanceof WriteResult.Written) {
                session.saved(edit, next);
                return Mono.just(session);
              }
              session.failed(next.token());
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
    if (adoptEarlierAttempt(session, current) || session.hasMovedOnTo(current, expected)) {
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
    session.rebase(expected, current);
    return backoff(attempt);
  }

  /** If the stored version is an earlier attempt of this very object, drops its changes. */
  private static boolean adoptEarlierAttempt(TrackedSession session, Snapshot current) {
    Edit earlier = session.outstanding(current.token());
    if (earlier == null) {
      return false;
    }
    session.saved(earlier, current);
    return true;
  }

  /** Keeps the attempt in mind until its outcome is known. */
  private <T> Mono<T> attempt(TrackedSession session, Edit edit, Snapshot next, Mono<T> command) {
    session.begin(next.token(), edit);
    return command
        .doOnCancel(session::markOutcomeUnknown)
        .onErrorMap(
            error -> {
              if (error instanceof SessionStoreUnavailableException unavailable
                  && unavailable.outcomeUnknown()) {
                session.markOutcomeUnknown();
                return error;
              }
              session.failed(next.token());
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
    long now = settings.now();
    if (session.base().isOpenedByFormer(session.sessionId(), now)) {
      return renewedByAnother(session, session.base());
    }
    return now - session.idCreatedAt().toEpochMilli() < age
        ? Mono.just(session)
        : rotate(session, null, new RotationReason.Renewal(grace), 1);
  }

  /** The session under the id that another request has given it, or as it is if none can tell. */
  private Mono<Session> renewedByAnother(TrackedSession session, Snapshot current) {
    SessionId id = session.sessionId();
    return backend
        .salt(id, Objects.requireNonNull(current.body().former()))
        .map(salt -> SessionIds.renewed(id, salt))
        .filter(newId -> newId.digest().matches(current.digest()))
        .<Session>map(newId -> session.renewed(newId, current))
        .defaultIfEmpty(session);
  }

  private RotationTarget newTarget(TrackedSession session, RotationReason reason) {
    if (!(reason instanceof RotationReason.Renewal)) {
      return new RotationTarget(ids.nextAfter(session.sessionId()), null);
    }
    String salt = ids.salt();
    return new RotationTarget(SessionIds.renewed(session.sessionId(), salt), salt);
  }

  /**
   * Rotates a session: a save that changes the secret.
   *
   * @param found what another attempt met. A rotation without changes has nothing to be refused
   *     for, and takes it along; but the object keeps what it has read, in case the rotation fails
   */
  private Mono<Session> rotate(
      TrackedSession session, @Nullable Snapshot found, RotationReason reason, int attempt) {
    if (session.isRotatedAway()) {
      return Mono.error(gone());
    }
    if (session.mayBeStored()) {
      return find(session).then(Mono.defer(() -> rotate(session, found, reason, attempt)));
    }
    TrackedSession successor = session.successor();
    if (successor != null) {
      return resumeRotation(session, successor, reason);
    }
    Edit edit = session.edit();
    RotationTarget target =
        session.rotationTarget(
            reason instanceof RotationReason.Renewal, () -> newTarget(session, reason));
    if (!session.isStored()) {
      return rotated(session, session.withNewId(target.id()));
    }
    long now = settings.now();
    long grace = reason.graceMillis(edit.isEmpty(), settings);
    Snapshot base = found != null && edit.isEmpty() ? found : session.base();
    if (grace > 0 && base.isOpenedByFormer(session.sessionId(), now)) {
      // It was renewed, and a second renewal would end the grace of the first.
      return reason instanceof RotationReason.Renewal
          ? renewedByAnother(session, base)
          : save(session, settings.conflicts(), 1);
    }
    Snapshot next = edit.rotated(base, now, target.id(), grace);
    if (hasEnded(next, now) || !base.isOpenedBy(session.sessionId(), now)) {
      return Mono.error(gone());
    }
    boolean sentBefore = session.rotationSent(grace > 0);
    Rotation rotation = new Rotation(grace > 0 ? target.salt() : null, grace);
    Mono<WriteResult> written =
        backend.write(session.sessionId(), new Write(base, next, edit.encoded(), rotation));
    return attempt(session, edit, next, written)
        .flatMap(
            result -> {
              if (result instanceof WriteResult.Written) {
                return Mono.just(session.rotated(target.id(), edit, next));
              }
              session.failed(next.token());
              if (result instanceof WriteResult.Conflict conflict) {
                Snapshot current = conflict.current();
                return current.digest().matches(target.id().digest())
                    ? adoptEarlierRotation(session, edit, target.id(), current, reason)
                    : rotateAfterConflict(session, edit, base, current, reason, attempt);
              }
              // An earlier attempt of unknown outcome may have made the former id a wrong one.
              return sentBefore
                  ? readAcknowledged(target.id())
                      .switchIfEmpty(Mono.error(SessionEngine::gone))
                      .flatMap(
                          current ->
                              adoptEarlierRotation(session, edit, target.id(), current, reason))
                  : Mono.error(gone());
            });
  }

  private Mono<Session> rotateAfterConflict(
      TrackedSession session,
      Edit edit,
      Snapshot base,
      Snapshot current,
      RotationReason reason,
      int attempt) {
    if (!edit.isEmpty()) {
      return afterConflict(session, base, current, settings.conflicts(), attempt)
          .then(Mono.defer(() -> rotate(session, null, reason, attempt + 1)));
    }
    adoptEarlierAttempt(session, current);
    return attempt >= MAX_ATTEMPTS
        ? Mono.error(tooManyAttempts())
        : backoff(attempt).then(Mono.defer(() -> rotate(session, current, reason, attempt + 1)));
  }

  /** Goes on from a session that an earlier attempt of the same object has rotated. */
  private Mono<Session> adoptEarlierRotation(
      TrackedSession session, Edit edit, SessionId newId, Snapshot current, RotationReason reason) {
    Edit earlier = session.outstanding(current.token());
    // Somebody may have saved it under its new id since. Without changes of its own all that the
    // earlier attempt had to do is done, whichever it was.
    Edit done = earlier == null && edit.isEmpty() ? edit : earlier;
    return done == null
        ? Mono.error(gone())
        : resumeRotation(session, session.withNewId(newId, done, current), reason);
  }

  /**
   * Goes on with a rotation that an earlier attempt has done in part. Where that left the former id
   * open for a while, and this one must not, the session moves on once more, with its changes.
   */
  private Mono<Session> resumeRotation(
      TrackedSession session, TrackedSession successor, RotationReason reason) {
    return session.isGraceGiven() && reason.graceMillis(successor.edit().isEmpty(), settings) == 0
        ? rotate(successor, null, new RotationReason.RequestedWithGrace(0), 1)
            .doOnNext(stored -> session.rotatedAway())
        : rotated(session, successor);
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
      SessionId id, Snapshot snapshot, Function<Session, Mono<Session>> change, int attempt) {
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
              if (hasEnded(next, now) || !snapshot.isOpenedBy(id, now)) {
                return Mono.empty();
              }
              return attempt(
                      session,
                      edit,
                      next,
                      backend.write(id, new Write(snapshot, next, edit.encoded(), null)))
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
        .then(
            Mono.defer(() -> update(session.sessionId(), conflict.current(), change, attempt + 1)));
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
