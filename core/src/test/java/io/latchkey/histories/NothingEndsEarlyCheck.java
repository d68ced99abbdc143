package io.latchkey.histories;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A session that was there is absent only if somebody may have deleted or rotated it, or if its
 * idle timeout has passed since the last access that was acknowledged.
 *
 * <p>A read does not count as such an access here: its touch is written beside it, and a fault may
 * take it away.
 */
final class NothingEndsEarlyCheck implements Check {
  /** The server's clock, and ours, in whole milliseconds. */
  private static final long ROUNDING = 3;

  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    Map<String, List<Call>> sessions = trace.bySession();
    for (Call call : trace.calls()) {
      String id = call.id();
      if (id != null
          && call.outcome() == Outcome.ABSENT
          && NothingComesBackCheck.wasPresentBefore(trace, call, id)
          && sessions.getOrDefault(call.session(), List.of()).stream()
              .noneMatch(other -> mayHaveEnded(trace, sessions, other, call, id))) {
        lastAccess(trace, call, id)
            .filter(access -> !mayHaveExpired(trace, access, call))
            .ifPresent(access -> violations.add(id + " is lost: " + call + ", after " + access));
      }
    }
    return violations;
  }

  private static boolean mayHaveEnded(
      Trace trace, Map<String, List<Call>> sessions, Call other, Call call, String id) {
    List<Call> all = sessions.getOrDefault(call.session(), List.of());
    return other.number() != call.number()
        && new Lineage(trace.settings(), all).mayHaveClosed(other, id, call);
  }

  private static Optional<Call> lastAccess(Trace trace, Call call, String id) {
    return trace.calls().stream()
        .filter(other -> other.kind().isAccess() && other.provesPresent(id))
        .filter(other -> other.ended().isBefore(call.invoked()))
        .max(Comparator.comparingLong(other -> other.invoked().order()));
  }

  private static boolean mayHaveExpired(Trace trace, Call access, Call call) {
    long shortest =
        trace.idleTimeouts(access.session(), access.ended(), call.ended()).stream()
            .min(Comparator.naturalOrder())
            .orElse(trace.settings().idleMillis());
    return call.ended().millis() + ROUNDING >= access.invoked().millis() + shortest;
  }
}
