package io.latchkey.faults;

import io.latchkey.Session;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one session must be, by what its store has acknowledged. One worker writes it, and the audit
 * reads it when the load is over.
 *
 * <p>The session holds a number that each save counts up by one, so that what is found tells how
 * many acknowledged saves are missing. A session whose last change has an unknown outcome is left
 * alone from then on: whatever was done to it is then one of two things.
 */
final class Ledger {
  /** The number in the session. */
  static final String COUNT = "count";

  private Session session;
  private long count;

  /** When the change to each number was acknowledged, in {@link System#nanoTime}; from zero on. */
  private final List<Long> acknowledged = new ArrayList<>();

  /** Ids that the session has had, each with when the change away from it was acknowledged. */
  private final List<Former> former = new ArrayList<>();

  /** Other ids that it may have, and numbers that it may hold. */
  private final Set<String> possibleIds = new LinkedHashSet<>();

  /** When the changes were acknowledged that were found to be missing. */
  private final List<Long> lost = new ArrayList<>();

  private boolean countMayBeHigher;
  private boolean deletionMayBeDone;
  private @Nullable Long deletedAt;
  private boolean missed;
  private long lastChange;

  Ledger(Session created, long now) {
    session = created;
    acknowledged.add(now);
    lastChange = now;
  }

  record Former(String id, long leftAt) {}

  Session session() {
    return session;
  }

  long nextCount() {
    return count + 1;
  }

  void saved(Session now, long nanoTime) {
    session = now;
    count++;
    acknowledged.add(nanoTime);
    lastChange = nanoTime;
  }

  void saveUnknown() {
    countMayBeHigher = true;
  }

  void rotated(Session now, long nanoTime) {
    former.add(new Former(session.id(), nanoTime));
    session = now;
    lastChange = nanoTime;
  }

  void rotationUnknown(String nextId) {
    possibleIds.add(nextId);
  }

  void deleted(long nanoTime) {
    deletedAt = nanoTime;
  }

  void deletionUnknown() {
    deletionMayBeDone = true;
  }

  /** The session was looked for where it has to be, and is not there. */
  void isMissing() {
    if (!missed) {
      missed = true;
      lost.add(lastChange);
    }
  }

  /** The session was found, with this number. */
  void found(long found) {
    if (found < count) {
      lost.add(acknowledged.get((int) found + 1));
    }
  }

  /** Whether the load may go on with it. */
  boolean isSettled() {
    return possibleIds.isEmpty()
        && !countMayBeHigher
        && !deletionMayBeDone
        && !missed
        && lost.isEmpty()
        && deletedAt == null;
  }

  List<Long> lost() {
    return lost;
  }

  @Nullable Long deletedAt() {
    return deletedAt;
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
