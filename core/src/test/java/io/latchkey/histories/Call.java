package io.latchkey.histories;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One call to a store, as its client saw it.
 *
 * <p>Ids are written as {@code s3.1}: the third session of the history, after its first rotation.
 * The idle timeout is treated as one more attribute, {@link #IDLE}.
 *
 * @param number counts the calls of a history
 * @param client who called
 * @param object which session object was used, 0 for none: a read makes a new one
 * @param kind what was asked
 * @param id the session's id, null if it is not known
 * @param newId the id that a rotation answered with
 * @param invoked before the call
 * @param ended after its answer; {@link Moment#NEVER} if the outcome is unknown
 * @param readAfter when the read began from which a save's object stems
 * @param readBefore when that read had ended
 * @param outcome what came of it
 * @param writes the changes that the call carries, by attribute; all take effect together
 * @param perhaps changes that it carries unless an abandoned call has stored them already
 * @param seen the attributes of the session that was answered
 * @param note the error
 */
record Call(
    int number,
    int client,
    int object,
    Kind kind,
    @Nullable String id,
    @Nullable String newId,
    Moment invoked,
    Moment ended,
    Moment readAfter,
    Moment readBefore,
    Outcome outcome,
    Map<String, String> writes,
    Map<String, String> perhaps,
    @Nullable Map<String, String> seen,
    String note) {

  /** Written for an attribute that is removed. */
  static final String REMOVED = "-";

  /** Written for a counter that is counted up. */
  static final String INCREMENT = "+1";

  /** The counter that {@code update} counts up. */
  static final String COUNTER = "n";

  /** The idle timeout in milliseconds. */
  static final String IDLE = "idle";

  /** The session, whatever its id is by now. */
  String session() {
    return id == null ? "?" : id.substring(0, id.indexOf('.'));
  }

  boolean isAbout(String otherId) {
    return otherId.equals(id);
  }

  /** Whether it saw or made a session under this id, which is there at some time of the call. */
  boolean provesPresent(String otherId) {
    if (outcome != Outcome.OK) {
      return false;
    }
    return kind == Kind.ROTATE ? otherId.equals(newId) : isAbout(otherId) && kind != Kind.DELETE;
  }

  /** Whether there is no session under this id any more when it has ended. */
  boolean provesAbsent(String otherId) {
    if (!isAbout(otherId)) {
      return false;
    }
    return outcome == Outcome.ABSENT || (outcome == Outcome.OK && !kind.findsTheSession());
  }

  /** Whether it may end the session under its id. */
  boolean mayEnd() {
    return !kind.findsTheSession() && outcome.mayHaveTakenEffect();
  }

  boolean hasWrites() {
    return !writes.isEmpty();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append('#').append(number).append(" client ").append(client).append(' ').append(kind);
    text.append(' ').append(id == null ? "?" : id);
    if (newId != null) {
      text.append(" -> ").append(newId);
    }
    if (!writes.isEmpty()) {
      text.append(" writes ").append(new TreeMap<>(writes));
    }
    if (!perhaps.isEmpty()) {
      text.append(" perhaps ").append(new TreeMap<>(perhaps));
    }
    text.append(" from ").append(invoked).append(" to ").append(ended);
    text.append(": ").append(outcome);
    if (seen != null) {
      text.append(" sees ").append(new TreeMap<>(seen));
    }
    return note.isEmpty() ? text.toString() : text.append(" (").append(note).append(')').toString();
  }
}
