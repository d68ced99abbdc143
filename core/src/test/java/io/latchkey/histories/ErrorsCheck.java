package io.latchkey.histories;

import io.latchkey.ConflictPolicy;
import java.util.ArrayList;
import java.util.List;

/**
 * Every call ends in time, and with no other errors than those that the API allows; a conflict only
 * where the policy has it, and where somebody else saved.
 */
final class ErrorsCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    for (Call call : trace.calls()) {
      if (call.outcome() == Outcome.WRONG) {
        violations.add("an error that is not allowed: " + call);
      } else if (call.outcome() == Outcome.CONFLICT) {
        if (trace.settings().conflicts() != ConflictPolicy.REJECT) {
          violations.add("a conflict though saves merge: " + call);
        } else if (!call.hasWrites() && call.perhaps().isEmpty()) {
          violations.add("a conflict though nothing was to be written: " + call);
        } else if (trace.calls().stream().noneMatch(other -> standsInTheWay(other, call))) {
          violations.add("a conflict though nobody else saved since the read: " + call);
        }
      }
    }
    return violations;
  }

  private static boolean standsInTheWay(Call other, Call call) {
    return (other.object() != call.object() || other.object() == 0)
        && other.number() != call.number()
        && other.session().equals(call.session())
        && other.outcome().mayHaveTakenEffect()
        && (other.hasWrites() || other.kind().isRotation())
        && call.readAfter().isBefore(other.ended())
        && other.invoked().isBefore(call.ended());
  }
}
