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
 * @param retried those of the writes that an earlier attempt may have stored: found at one instant,
 *     and what is new written at a later one
 * @param seen the attributes of the session that was answered
 * @param insert whether it was to store a session that may not be stored yet
 * @param damaged whether it was under way while a connection of its store was out of step
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
    Map<String, String> retried,
    @Nullable Map<String, String> seen,
    boolean insert,
    boolean damaged,
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
    return switch (kind) {
      case ROTATE, ROTATE_WITH_GRACE -> otherId.equals(newId) && (!isAbout(otherId) || hasWrites());
      // It may be told from what was read before, and from the salt alone.
      case RENEW, DELETE -> false;
      default -> isAbout(otherId);
    };
  }

  /** Whether it was told that there is no session under this id. */
  boolean findsAbsent(String otherId) {
    return isAbout(otherId) && outcome == Outcome.ABSENT;
  }

  /** Whether the session has another id since, for certain. */
  boolean hasRotated() {
    return kind.isRotation() && outcome == Outcome.OK && newId != null && !newId.equals(id);
  }

  /** The same call with another outcome, which saw nothing. */
  Call with(Outcome other, Moment end) {
    return new Call(
        number,
        client,
        object,
        kind,
        id,
        null,
        invoked,
        end,
        readAfter,
        readBefore,
        other,
        writes,
        perhaps,
        retried,
        null,
        insert,
        damaged,
        note);
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
    text.append(damaged ? " out of step: " : ": ").append(outcome);
    if (seen != null) {
      text.append(" sees ").append(new TreeMap<>(seen));
    }
    return note.isEmpty() ? text.toString() : text.append(" (").append(note).append(')').toString();
  }
}
