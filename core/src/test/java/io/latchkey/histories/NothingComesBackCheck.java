package io.latchkey.histories;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session that has ended, by deletion, rotation or expiry, is never found again under its id, and
 * nothing can be done to it.
 *
 * <p>It has ended for certain once it was found absent after it had been found present; before that
 * it may be that its first save, with an unknown outcome, is still on its way.
 */
final class NothingComesBackCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    for (String id : trace.ids()) {
      Call end = firstCertainEnd(trace, id);
      if (end == null) {
        continue;
      }
      for (Call call : trace.calls()) {
        if (end.ended().isBefore(call.invoked()) && findsIt(trace, call, id)) {
          violations.add(id + " came back: ended by " + end + ", then " + call);
        }
      }
    }
    return violations;
  }

  private static @Nullable Call firstCertainEnd(Trace trace, String id) {
    Call first = null;
    for (Call call : trace.calls()) {
      if (call.provesAbsent(id)
          && (call.outcome() == Outcome.OK || wasPresentBefore(trace, call, id))
          && (first == null || call.ended().isBefore(first.ended()))) {
        first = call;
      }
    }
    return first;
  }

  static boolean wasPresentBefore(Trace trace, Call call, String id) {
    return trace.calls().stream()
        .anyMatch(other -> other.provesPresent(id) && other.ended().isBefore(call.invoked()));
  }

  private static boolean findsIt(Trace trace, Call call, String id) {
    if (call.provesPresent(id)) {
      return true;
    }
    if (call.outcome() != Outcome.OK || !call.isAbout(id)) {
      return false;
    }
    // A rotation that is repeated finds what an earlier attempt of unknown outcome did.
    return call.kind() == Kind.DELETE
        || (call.kind() == Kind.ROTATE
            && trace.calls().stream()
                .noneMatch(
                    other ->
                        other.kind() == Kind.ROTATE
                            && other.object() == call.object()
                            && other.outcome() == Outcome.UNKNOWN));
  }
}
