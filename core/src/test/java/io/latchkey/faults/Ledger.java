package io.latchkey.faults;

import io.latchkey.Session;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one session must be, by what its store has acknowledged. One worker writes it, and the audit
 * reads it when the load is over.
 *
 * <p>Each save sets an attribute of its own, so that whatever is missing is seen, also when a later
 * save was stored. A session whose last change has an unknown outcome is not changed any more:
 * whatever was done to it is then one of two things.
 */
final class Ledger {
  private static final String PREFIX = "c";

  /** How many saves a session has at the most, so that it stays as small as sessions are. */
  private static final int FULL = 50;

  private Session session;

  /** What no other session has. */
  private final Optional<String> text;

  /** The create, or the rotation to the present id. */
  private Span since;

  /** The last save before that. */
  private int savesBefore;

  /** Saves by their number, from one on. */
  private final Map<Integer, Span> acknowledged = new TreeMap<>();

  /** The number that is set in the session, but not acknowledged; or zero. */
  private int pending;

  private boolean pendingMayBeStored;
  private final List<Former> former = new ArrayList<>();

  /** Other ids that it may have. */
  private final Set<String> possibleIds = new LinkedHashSet<>();

  private final Map<Integer, Loss> missingSaves = new TreeMap<>();
  private final Set<Integer> neverAcknowledged = new LinkedHashSet<>();
  private @Nullable Loss vanished;
  private boolean deletionMayBeDone;
  private @Nullable Span deleted;
  private boolean foundAtTheEnd;

  Ledger(Session created, Span span) {
    session = created;
    since = span;
    text = created.get("text", String.class);
  }

  /** When a call was made, and when it was acknowledged, in {@link System#nanoTime}. */
  record Span(long called, long acknowledged) {
    static Span since(long called) {
      return new Span(called, System.nanoTime());
    }
  }

  /**
   * A change that was acknowledged and is not there.
   *
   * @param change the change
   * @param seenAt when that was found out, in {@link System#nanoTime}
   * @param ofSession whether all of its session is missing
   */
  record Loss(Span change, long seenAt, boolean ofSession) {}

  /** An id that the session had, and the rotation away from it. */
  record Former(String id, Span left) {}

  Session session() {
    return session;
  }

  /** The session with its next change. One that was not stored is the next one again. */
  Session changed() {
    pending = acknowledged.size() + 1;
    return session.set(PREFIX + pending, (long) pending);
  }

  void saved(Session now, Span span) {
    acknowledgePending(span);
    session = now;
    found(now);
  }

  void saveUnknown() {
    pendingMayBeStored = true;
  }

  /** A rotation takes along what is not saved yet. */
  void rotated(Session now, Span span) {
    former.add(new Former(session.id(), span));
    since = span;
    savesBefore = acknowledged.size();
    acknowledgePending(span);
    session = now;
    found(now);
  }

  void rotationUnknown(String nextId) {
    possibleIds.add(nextId);
    pendingMayBeStored = true;
  }

  void deleted(Span span) {
    deleted = span;
  }

  void deletionUnknown() {
    deletionMayBeDone = true;
  }

  private void acknowledgePending(Span span) {
    if (pending > 0) {
      acknowledged.put(pending, span);
      pending = 0;
    }
  }

  /**
   * The session was looked for where it has to be, and is not there. What is lost then is the
   * create, or the rotation to its id, and each save since; no lost save makes a session vanish.
   */
  void isMissing() {
    if (vanished == null) {
      long now = System.nanoTime();
      vanished = new Loss(since, now, true);
      acknowledged.forEach(
          (number, span) -> {
            if (number > savesBefore) {
              missingSaves.putIfAbsent(number, new Loss(span, now, true));
            }
          });
    }
  }

  /** The session was found like this. */
  void found(Session found) {
    if (!text.equals(found.get("text", String.class))) {
      throw new IllegalStateException("it is the session of somebody else");
    }
    long now = System.nanoTime();
    acknowledged.forEach(
        (number, span) -> {
          Long value = found.get(PREFIX + number, Long.class).orElse(null);
          if (!Objects.equals(value, number.longValue())) {
            missingSaves.putIfAbsent(number, new Loss(span, now, false));
          }
        });
    for (String name : found.names()) {
      if (name.startsWith(PREFIX)) {
        int number = Integer.parseInt(name.substring(PREFIX.length()));
        boolean possible = number == pending && pendingMayBeStored;
        if (!acknowledged.containsKey(number) && !possible) {
          neverAcknowledged.add(number);
        }
      }
    }
  }

  /** When the load is over. */
  void foundAtTheEnd(Session found) {
    foundAtTheEnd = true;
    found(found);
  }

  boolean isFoundAtTheEnd() {
    return foundAtTheEnd;
  }

  /** Whether nothing was acknowledged since its create. */
  boolean isOnlyCreated() {
    return acknowledged.isEmpty() && former.isEmpty();
  }

  /** Whether the load may change it again. */
  boolean isUsable() {
    return possibleIds.isEmpty()
        && !pendingMayBeStored
        && !deletionMayBeDone
        && !isGone()
        && missingSaves.isEmpty()
        && neverAcknowledged.isEmpty()
        && acknowledged.size() < FULL;
  }

  boolean isGone() {
    return vanished != null || deleted != null;
  }

  /** All acknowledged changes that were found to be missing, each once. */
  List<Loss> lost() {
    List<Loss> all = new ArrayList<>(missingSaves.values());
    if (vanished != null) {
      all.add(vanished);
    }
    return all;
  }

  /** How many saves were found of which the caller was told that they were not done. */
  int neverAcknowledged() {
    return neverAcknowledged.size();
  }

  @Nullable Span deletion() {
    return deleted;
  }

  boolean mayBeDeleted() {
    return deletionMayBeDone;
  }

  /** Where it has to be: under one of them. */
  List<String> ids() {
    List<String> ids = new ArrayList<>(List.of(session.id()));
    ids.addAll(possibleIds);
    return ids;
  }

  List<Former> former() {
    return former;
  }
}
