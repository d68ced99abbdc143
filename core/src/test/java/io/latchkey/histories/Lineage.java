package io.latchkey.histories;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which ids of a session open it. A session has one present id, and perhaps one former id until the
 * end of a grace; every rotation closes all others at once, and one without grace the former too.
 */
final class Lineage {
  /** Clocks are read in whole milliseconds. */
  private static final long ROUNDING = 3;

  private final long graceMillis;
  private final List<Call> calls;

  /**
   * Of one session.
   *
   * @param calls all about it
   */
  Lineage(Settings settings, List<Call> calls) {
    this.graceMillis = settings.graceMillis();
    this.calls = calls;
  }

  /**
   * The end of an id.
   *
   * @param by the call after whose end it is closed
   * @param graceMillis how long after that
   */
  record End(Call by, long graceMillis) {
    boolean isBefore(Call call) {
      return by.ended().isBefore(call.invoked())
          && (graceMillis == 0
              || call.invoked().millis() > by.ended().millis() + graceMillis + ROUNDING);
    }
  }

  /** Whether the id that a call uses was closed for certain before it. */
  boolean isClosedTo(Call call) {
    String id = call.id();
    return id != null && ends(id).anyMatch(end -> end.isBefore(call));
  }

  /** All certain ends of an id. */
  Stream<End> ends(String id) {
    return calls.stream().map(call -> endBy(call, id)).flatMap(Stream::ofNullable);
  }

  private @Nullable End endBy(Call call, String id) {
    if (call.kind() == Kind.DELETE) {
      return call.outcome() == Outcome.OK ? new End(call, 0) : null;
    }
    if (!call.hasRotated()) {
      return null;
    }
    String from = String.valueOf(call.id());
    if (from.equals(id)) {
      return new End(call, call.kind() == Kind.ROTATE ? 0 : graceMillis);
    }
    boolean isReplaced =
        call.kind() == Kind.ROTATE
            && !id.equals(call.newId())
            && calls.stream()
                .anyMatch(
                    other -> other.hasRotated() && other.isAbout(from) && id.equals(other.newId()));
    return isReplaced || precedes(id, from) ? new End(call, 0) : null;
  }

  /** Whether one id was rotated to another, in one or more steps. */
  private boolean precedes(String former, String later) {
    List<String> from = new ArrayList<>(List.of(former));
    for (int i = 0; i < from.size(); i++) {
      String id = from.get(i);
      for (Call call : calls) {
        String next = call.newId();
        if (call.hasRotated() && call.isAbout(id) && next != null && !from.contains(next)) {
          if (next.equals(later)) {
            return true;
          }
          from.add(next);
        }
      }
    }
    return false;
  }

  /** Whether a call may have closed an id before another call ended. */
  boolean mayHaveClosed(Call call, String id, Call before) {
    if (!call.outcome().mayHaveTakenEffect()
        || !call.invoked().isBefore(before.ended())
        || isClosedTo(call)) {
      return false;
    }
    if (call.kind() == Kind.DELETE) {
      return true;
    }
    boolean mayRotate = call.outcome() == Outcome.OK ? call.hasRotated() : call.kind().isRotation();
    if (!mayRotate || id.equals(call.newId())) {
      return false;
    }
    return call.kind() == Kind.ROTATE
        || !call.isAbout(id)
        || before.ended().millis() + ROUNDING >= call.invoked().millis() + graceMillis;
  }
}
