package io.latchkey.internal;

import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.TypeRef;
import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.DisplayNames;
import io.latchkey.codec.JsonBytes;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A session that knows what was stored when it was read, and what was changed since.
 *
 * <p>Three things are kept apart, all guarded by {@code this}: {@code base}, the stored state that
 * the changes build upon; {@code changes}, what the next save will write; and {@code outstanding},
 * the attempts whose outcome nobody knows, because the connection broke or the caller went away.
 * When a later save finds the token of such an attempt in the store, it was written after all: its
 * changes are dropped, not written a second time over what others may have saved since.
 */
final class TrackedSession implements ExactSession {
  /** More unanswered attempts than this on one object is a caller that retries in an outage. */
  private static final int MAX_OUTSTANDING = 16;

  private final SessionId id;
  private final SessionIds ids;
  private final Attributes attributes;
  private final SessionSettings settings;

  private Snapshot base;
  private boolean stored;
  private boolean rotatedAway;
  private @Nullable IdleChange idleChange;

  /** Made by the first change: most sessions have none. Copied before the next if it is lent. */
  private Map<String, Change> changes = Map.of();

  /** Whether an edit has the changes themselves, and no copy: most have all that will ever be. */
  private boolean changesLent;

  /** Counts what was put among the changes, so that an edit knows whether it has them all. */
  private int changesMade;

  private Map<String, Edit> outstanding = Map.of();
  private boolean insertOutcomeUnknown;
  private @Nullable RotationTarget rotationTarget;
  private boolean rotationSent;
  private boolean graceGiven;
  private @Nullable TrackedSession successor;

  /** When a touch was sent that nobody waits for; 0 if none was, or if it failed. */
  private long sentTouch;

  private TrackedSession(
      SessionId id,
      SessionIds ids,
      Attributes attributes,
      SessionSettings settings,
      Snapshot base,
      boolean stored) {
    this.id = id;
    this.ids = ids;
    this.attributes = attributes;
    this.settings = settings;
    this.base = base;
    this.stored = stored;
  }

  static TrackedSession unsaved(SessionIds ids, Attributes attributes, SessionSettings settings) {
    SessionId id = ids.next();
    long now = settings.now();
    long absoluteEnd =
        settings.absoluteMillis() == SessionSettings.NEVER
            ? SessionSettings.NEVER
            : now + settings.absoluteMillis();
    Snapshot nothing =
        new Snapshot(
            now,
            settings.idleMillis(),
            absoluteEnd,
            0,
            "",
            id.digest(),
            new Snapshot.PlainBody(now, Map.of(), Map.of()));
    return new TrackedSession(id, ids, attributes, settings, nothing, false);
  }

  static TrackedSession stored(
      SessionId id,
      SessionIds ids,
      Attributes attributes,
      SessionSettings settings,
      Snapshot snapshot) {
    return new TrackedSession(id, ids, attributes, settings, snapshot, true);
  }

  // What users see.

  @Override
  public String id() {
    return id.text();
  }

  @Override
  public String handle() {
    return id.locator();
  }

  @Override
  public String nextId() {
    return rotationTarget(false, this::randomTarget).id().text();
  }

  @Override
  public synchronized String redrawNextId() {
    // Once a rotation was sent, the session may have that id already.
    if (!rotationSent) {
      rotationTarget = randomTarget();
    }
    return nextId();
  }

  private RotationTarget randomTarget() {
    return new RotationTarget(ids.nextAfter(id), null);
  }

  @Override
  public Instant createdAt() {
    return Instant.ofEpochMilli(base().body().createdAt());
  }

  @Override
  public Instant idCreatedAt() {
    return Instant.ofEpochMilli(base().body().idSince());
  }

  @Override
  public Instant lastAccessedAt() {
    return Instant.ofEpochMilli(base().lastAccessedAt());
  }

  @Override
  public Duration idleTimeout() {
    long millis = idleMillis();
    return millis == SessionSettings.NEVER ? NEVER_IDLE : Duration.ofMillis(millis);
  }

  @Override
  public Session idleTimeout(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    long millis = SessionSettings.timeoutMillis("idleTimeout", timeout);
    synchronized (this) {
      idleChange = new IdleChange(millis);
    }
    return this;
  }

  @Override
  public synchronized Optional<Instant> expiresAt() {
    long idle = idleMillis();
    long idleEnd = idle == SessionSettings.NEVER ? Long.MAX_VALUE : base.lastAccessedAt() + idle;
    long absoluteEnd =
        base.absoluteEnd() == SessionSettings.NEVER ? Long.MAX_VALUE : base.absoluteEnd();
    long end = Math.min(idleEnd, absoluteEnd);
    return end == Long.MAX_VALUE ? Optional.empty() : Optional.of(Instant.ofEpochMilli(end));
  }

  @Override
  public @Nullable Instant absoluteEnd() {
    long end = base().absoluteEnd();
    return end == SessionSettings.NEVER ? null : Instant.ofEpochMilli(end);
  }

  @Override
  public boolean isTouchDue() {
    return isTouchDue(settings.now());
  }

  @Override
  public <T> Optional<T> get(String name, Class<T> type) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    Change change = change(name);
    if (change != null && type.isInstance(change.value)) {
      return Optional.of(type.cast(change.value));
    }
    return decoded(name, change, type);
  }

  @Override
  public <T> Optional<T> get(String name, TypeRef<T> type) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    return decoded(name, change(name), type.type());
  }

  @Override
  public Optional<Object> get(String name) {
    Objects.requireNonNull(name, "name");
    Change change = change(name);
    if (change != null) {
      return Optional.ofNullable(change.value);
    }
    JsonBytes json = stored(base(), name);
    return json == null ? Optional.empty() : Optional.ofNullable(attributes.read(name, json));
  }

  @Override
  public Session set(String name, Object value) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
    synchronized (this) {
      put(name, new Change(value, null));
    }
    return this;
  }

  @Override
  public Object setExactly(String name, Object value) {
    Objects.requireNonNull(name, "name");
    JsonBytes json =
        attributes.codec().encodeExactly(name, value, base().body().attributes().get(name));
    synchronized (this) {
      put(name, new Change(value, json));
    }
    return json;
  }

  @Override
  public @Nullable Stored stored(String name) {
    JsonBytes json = stored(base(), Objects.requireNonNull(name, "name"));
    Object value = json == null ? null : attributes.read(name, json);
    return value == null ? null : new Stored(value, Objects.requireNonNull(json));
  }

  @Override
  public boolean isUnchanged(String name, Object value, Object form) {
    return attributes.codec().isUnchanged(name, value, (JsonBytes) form);
  }

  @Override
  public synchronized Session remove(String name) {
    Objects.requireNonNull(name, "name");
    // A change that is not stored yet may be on its way: then its removal has to follow it.
    if (changes.containsKey(name) || base.body().attributes().containsKey(name)) {
      put(name, new Change(null, null));
    }
    return this;
  }

  @Override
  public synchronized Set<String> names() {
    Set<String> names = new HashSet<>(base.body().attributes().keySet());
    changes.forEach(
        (name, change) -> {
          if (change.value == null) {
            names.remove(name);
          } else {
            names.add(name);
          }
        });
    return Set.copyOf(names);
  }

  @Override
  public synchronized String toString() {
    return "Session[stored=" + stored + ", changes=" + changes.size() + "]";
  }

  private void put(String name, Change change) {
    if (changes.isEmpty()) {
      changes = new LinkedHashMap<>();
      changesLent = false;
    }
    ownChanges().put(name, change);
    changesMade++;
  }

  private Map<String, Change> ownChanges() {
    if (changesLent) {
      changes = new LinkedHashMap<>(changes);
      changesLent = false;
    }
    return changes;
  }

  private synchronized @Nullable Change change(String name) {
    return changes.get(name);
  }

  private <T> Optional<T> decoded(String name, @Nullable Change change, Type type) {
    JsonBytes json;
    if (change == null) {
      json = stored(base(), name);
    } else {
      json = change.encoded(name, attributes.codec());
    }
    return json == null
        ? Optional.empty()
        : Optional.ofNullable(attributes.codec().decode(name, json, type));
  }

  /**
   * The stored form of an attribute. The body is parsed at the first of these calls. Its checksum
   * fits, so only what another client wrote on purpose fails then.
   */
  private static @Nullable JsonBytes stored(Snapshot session, String name) {
    try {
      return session.body().attributes().get(name);
    } catch (UnreadableSessionException e) {
      throw new SessionAttributeException(
          name,
          "attribute '%s' cannot be read: %s".formatted(DisplayNames.of(name), e.getMessage()),
          null);
    }
  }

  private synchronized long idleMillis() {
    return idleChange == null ? base.idleMillis() : idleChange.millis;
  }

  // What the engine sees.

  SessionId sessionId() {
    return id;
  }

  synchronized Snapshot base() {
    return base;
  }

  synchronized boolean isStored() {
    return stored;
  }

  synchronized boolean isRotatedAway() {
    return rotatedAway;
  }

  /** Whether an attempt to store it for the first time has an unknown outcome. */
  synchronized boolean mayBeStored() {
    return !stored && insertOutcomeUnknown;
  }

  /** What a save that starts now has to write. Encodes, so that an error costs no command. */
  Edit edit() {
    Map<String, Change> pending;
    int made;
    IdleChange idle;
    Snapshot from;
    synchronized (this) {
      from = base;
      pending = changes;
      changesLent = true;
      made = changesMade;
      idle = idleChange;
    }
    Map<String, @Nullable JsonBytes> encoded = new LinkedHashMap<>();
    pending.forEach(
        (name, change) -> encoded.put(name, change.encoded(name, attributes.codec(), from)));
    return new Edit(pending, made, idle, encoded, attributes.codec());
  }

  /** Remembers an attempt until its outcome is known. */
  synchronized void begin(String token, Edit edit) {
    if (outstanding.isEmpty()) {
      outstanding = Map.of(token, edit); // hardly ever there is a second
      return;
    }
    Map<String, Edit> more = new LinkedHashMap<>(outstanding);
    if (more.size() == MAX_OUTSTANDING) {
      more.remove(more.keySet().iterator().next());
    }
    more.put(token, edit);
    outstanding = more;
  }

  /** The answer to an attempt will never come, or nobody waits for it any more. */
  synchronized void markOutcomeUnknown() {
    insertOutcomeUnknown = !stored;
  }

  /** Forgets an attempt that changed nothing for certain. */
  synchronized void failed(String token) {
    forget(token);
  }

  private void forget(String token) {
    if (outstanding.size() > 1) {
      outstanding.remove(token);
    } else if (outstanding.containsKey(token)) {
      outstanding = Map.of();
    }
  }

  synchronized @Nullable Edit outstanding(String token) {
    return outstanding.get(token);
  }

  /** Drops the changes that are stored now, and rebases on what is stored. */
  synchronized void saved(Edit edit, Snapshot now) {
    dropSaved(edit);
    rebase(now);
    forget(now.token());
  }

  private void dropSaved(Edit edit) {
    if (edit.changesMade == changesMade) {
      changes = Map.of(); // not clear(): hundreds of sessions later, its entries lie in no cache
    } else if (!changes.isEmpty()) {
      edit.changes.forEach(ownChanges()::remove);
    }
    if (idleChange == edit.idle) {
      idleChange = null;
    }
  }

  /** It is stored after all; rebases on that, unless it is null. */
  synchronized void foundStored(@Nullable Snapshot current) {
    stored = true;
    if (current != null) {
      rebase(current);
    }
  }

  /** Rebases on what is stored, with all changes still to be written. */
  synchronized void rebase(Snapshot now) {
    stored = true;
    // Two saves of one object may be answered in either order.
    if (now.version() > base.version()) {
      base = now;
    }
  }

  /**
   * Rebases on what was found instead of what was expected. Its version may be the lower one: a
   * server that took over after a failure has lost the last saves, and what another library wrote
   * has no version of ours.
   */
  synchronized void rebase(Snapshot expected, Snapshot found) {
    if (base.version() == expected.version() && base.token().equals(expected.token())) {
      stored = true;
      base = found;
    } else {
      rebase(found);
    }
  }

  /**
   * Whether another save of this very object has been answered since, and this is what it wrote.
   */
  synchronized boolean hasMovedOnTo(Snapshot current, Snapshot since) {
    return base.version() > since.version()
        && base.version() == current.version()
        && base.token().equals(current.token());
  }

  synchronized boolean isTouchDue(long now) {
    return base.body().touchedAtEveryAccess()
        || settings.touchDue(Math.max(base.lastAccessedAt(), sentTouch), base.idleMillis(), now);
  }

  /** Remembers a touch that was sent beside a read, until it is known to have failed. */
  synchronized void touchSent(long now) {
    sentTouch = now;
  }

  synchronized void touchFailed() {
    sentTouch = 0;
  }

  synchronized void accessed(long now) {
    if (now > base.lastAccessedAt()) {
      base = base.accessedAt(now);
    }
  }

  /**
   * The id to rotate to: the same again after an unknown outcome, to find what was done.
   *
   * @param renewal whether all who hold the present id may be told the new one. Else it is another
   *     than that of a renewal which was tried before: its salt may be stored
   */
  synchronized RotationTarget rotationTarget(boolean renewal, Supplier<RotationTarget> newTarget) {
    if (rotationTarget == null || (!renewal && rotationTarget.salt() != null)) {
      rotationTarget = newTarget.get();
    }
    return rotationTarget;
  }

  /**
   * Remembers that a rotation is being sent.
   *
   * @param withGrace whether it may leave the former id open for a while
   * @return whether one was sent before
   */
  synchronized boolean rotationSent(boolean withGrace) {
    boolean before = rotationSent;
    rotationSent = true;
    graceGiven |= withGrace;
    return before;
  }

  /** Whether the former id may be open for the time of a grace. */
  synchronized boolean isGraceGiven() {
    return graceGiven;
  }

  /** This session under the id to which another request has renewed the one it was found by. */
  synchronized TrackedSession renewed(SessionId newId, Snapshot current) {
    TrackedSession moved = new TrackedSession(newId, ids, attributes, settings, current, true);
    changes.forEach(moved::put);
    moved.idleChange = idleChange;
    rotatedAway = true;
    return moved;
  }

  /** This session under a new id, where it is not stored yet. */
  synchronized TrackedSession withNewId(SessionId newId) {
    Snapshot unsaved =
        new Snapshot(
            base.lastAccessedAt(),
            base.idleMillis(),
            base.absoluteEnd(),
            base.version(),
            base.token(),
            newId.digest(),
            base.body());
    return passChangesOn(new TrackedSession(newId, ids, attributes, settings, unsaved, false));
  }

  /** This session under a new id, where an earlier attempt has stored it with those changes. */
  synchronized TrackedSession withNewId(SessionId newId, Edit edit, Snapshot now) {
    dropSaved(edit);
    return passChangesOn(new TrackedSession(newId, ids, attributes, settings, now, true));
  }

  /** The session under its new id, if a rotation has failed half way; else null. */
  synchronized @Nullable TrackedSession successor() {
    TrackedSession next = successor;
    // Saved under its former id after all: then that is what is to be rotated.
    boolean superseded = next != null && stored && !next.isStored() && !next.mayBeStored();
    return next == null || superseded ? null : passChangesOn(next);
  }

  private TrackedSession passChangesOn(TrackedSession next) {
    successor = next;
    synchronized (next) {
      changes.forEach(next::put);
      if (idleChange != null) {
        next.idleChange = idleChange;
      }
    }
    return next;
  }

  synchronized void rotatedAway() {
    rotatedAway = true;
  }

  /** The session under its new id; this object is at its end. */
  synchronized TrackedSession rotated(SessionId newId, Edit edit, Snapshot now) {
    TrackedSession moved = new TrackedSession(newId, ids, attributes, settings, now, true);
    changes.forEach(
        (name, change) -> {
          if (edit.changes.get(name) != change) {
            moved.put(name, change);
          }
        });
    moved.idleChange = idleChange == edit.idle ? null : idleChange;
    rotatedAway = true;
    return moved;
  }

  /** The id to rotate to, and the salt that it is made from; null if it is random. */
  record RotationTarget(SessionId id, @Nullable String salt) {}

  /** One change of an attribute; null is a removal. Compared by identity. */
  private static final class Change {
    final @Nullable Object value;

    /** What was encoded when the change was made; null if it is to be encoded when it is stored. */
    private final @Nullable JsonBytes json;

    Change(@Nullable Object value, @Nullable JsonBytes json) {
      this.value = value;
      this.json = json;
    }

    @Nullable JsonBytes encoded(String name, AttributeCodec codec) {
      return json != null || value == null ? json : codec.encode(name, value);
    }

    /** As it is to be stored: within the bounds that there are upon what is stored. */
    @Nullable JsonBytes encoded(String name, AttributeCodec codec, Snapshot stored) {
      return json != null || value == null
          ? json
          : codec.encode(name, value, stored.body().attributes().get(name));
    }
  }

  /** One change of the idle timeout. Compared by identity. */
  private static final class IdleChange {
    final long millis;

    IdleChange(long millis) {
      this.millis = millis;
    }
  }

  /** The changes that one save writes. */
  static final class Edit {
    private final Map<String, Change> changes;
    private final int changesMade;
    private final @Nullable IdleChange idle;
    private final Map<String, @Nullable JsonBytes> encoded;
    private final AttributeCodec codec;

    private Edit(
        Map<String, Change> changes,
        int changesMade,
        @Nullable IdleChange idle,
        Map<String, @Nullable JsonBytes> encoded,
        AttributeCodec codec) {
      this.changes = changes;
      this.changesMade = changesMade;
      this.idle = idle;
      this.encoded = encoded;
      this.codec = codec;
    }

    boolean isEmpty() {
      return changes.isEmpty() && idle == null;
    }

    Map<String, @Nullable JsonBytes> encoded() {
      return encoded;
    }

    /** The version after {@code base} with these changes. */
    Snapshot appliedTo(Snapshot base, long now) {
      FormerSecret former = base.body().former();
      boolean isGraceOver = former != null && now >= former.until();
      return next(
          base,
          now,
          WriteToken.next(),
          base.digest(),
          base.body().idSince(),
          isGraceOver ? null : former);
    }

    /** The version after {@code base} with these changes, under a new id. */
    Snapshot rotated(Snapshot base, long now, SessionId newId, long graceMillis) {
      String token = WriteToken.next();
      return next(
          base,
          now,
          token,
          newId.digest(),
          now,
          graceMillis == 0 ? null : new FormerSecret(base.digest(), now + graceMillis, token));
    }

    private Snapshot next(
        Snapshot base,
        long now,
        String token,
        SecretDigest digest,
        long idSince,
        @Nullable FormerSecret former) {
      return new Snapshot(
          now,
          idle == null ? base.idleMillis() : idle.millis,
          base.absoluteEnd(),
          base.version() + 1,
          token,
          digest,
          new Snapshot.PlainBody(
              base.body().createdAt(),
              idSince,
              former,
              codec.changed(base.body().attributes(), encoded),
              base.body().unknown()));
    }
  }
}
