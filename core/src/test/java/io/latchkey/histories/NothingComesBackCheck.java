package io.latchkey.histories;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A session that has ended, by deletion or expiry, is never found again, nor under an id that a
 * rotation closed, and nothing can be done to it.
 *
 * <p>It has ended for certain once it was found absent after it had been found present; before that
 * it may be that its first save, with an unknown outcome, is still on its way.
 */
final class NothingComesBackCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    trace
        .bySession()
        .forEach(
            (session, calls) -> {
              Lineage lineage = new Lineage(trace.settings(), calls);
              for (String id : trace.ids()) {
                if (id.startsWith(session + ".")) {
                  check(trace, id, lineage, violations);
                }
              }
            });
    return violations;
  }

  private static void check(Trace trace, String id, Lineage lineage, List<String> violations) {
    List<Lineage.End> ends =
        Stream.concat(
                lineage.ends(id),
                trace.calls().stream()
                    .filter(call -> call.findsAbsent(id) && wasPresentBefore(trace, call, id))
                    .map(call -> new Lineage.End(call, 0)))
            .toList();
    for (Call call : trace.calls()) {
      if (findsIt(trace, call, id)) {
        ends.stream()
            .filter(end -> end.isBefore(call))
            .findFirst()
            .ifPresent(
                end -> violations.add(id + " came back: ended by " + end + ", then " + call));
      }
    }
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
        || (call.hasRotated()
            && call.kind() != Kind.RENEW
            && trace.calls().stream()
                .noneMatch(
                    other ->
                        other.kind().isRotation()
                            && other.object() == call.object()
                            && other.outcome() == Outcome.UNKNOWN));
  }
}
