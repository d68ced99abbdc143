package io.latchkey.histories;

import io.latchkey.Session;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A session object in a client's hands, and what the test knows of it. Guarded by the run's lock,
 * as long as a call with it is under way.
 */
final class Held {
  final int number;
  final int visitor;
  final String id;
  final Session session;

  /** When what it builds upon was read or written, from begin to end. */
  Moment readAfter;

  Moment readBefore;

  /** Changes that no save has stored yet. */
  final Map<String, String> changes = new TreeMap<>();

  /**
   * Changes that an abandoned save had with it: the library may have learned, in the instant in
   * which it was abandoned, that they are stored.
   */
  final Map<String, String> perhaps = new TreeMap<>();

  private final Set<String> attempted = new HashSet<>();

  boolean stored;
  boolean insertOutcomeUnknown;

  /** Whether a rotation of it that leaves a grace may have been done. */
  boolean graceOutcomeUnknown;

  Held(
      int number,
      int visitor,
      String id,
      Session session,
      boolean stored,
      Moment readAfter,
      Moment readBefore) {
    this.number = number;
    this.visitor = visitor;
    this.id = id;
    this.session = session;
    this.stored = stored;
    this.readAfter = readAfter;
    this.readBefore = readBefore;
  }

  void change(String attribute, String value) {
    perhaps.remove(attribute);
    attempted.remove(attribute);
    changes.put(attribute, value);
  }

  /** Whether a save of it is an insert, which writes the idle timeout, too. */
  boolean isInsert() {
    return !stored && !insertOutcomeUnknown;
  }

  /** The changes of these that an attempt of unknown outcome had with it, which was told so. */
  Map<String, String> retried() {
    Map<String, String> retried = new TreeMap<>(changes);
    retried.keySet().retainAll(attempted);
    return retried;
  }

  boolean isClean() {
    return stored && changes.isEmpty() && perhaps.isEmpty();
  }

  /** A call stored all its changes, and it builds upon what that found. */
  void isStoredBetween(Moment invoked, Moment ending) {
    ended(Outcome.OK, false);
    readAfter = invoked;
    readBefore = ending;
  }

  void ended(Outcome outcome, boolean abandoned) {
    if (outcome == Outcome.OK) {
      stored = true;
      changes.clear();
      perhaps.clear();
      attempted.clear();
    } else if (outcome == Outcome.UNKNOWN) {
      insertOutcomeUnknown |= !stored;
      attempted.addAll(changes.keySet());
    }
    if (abandoned) {
      perhaps.putAll(changes);
      changes.clear();
    }
  }
}
