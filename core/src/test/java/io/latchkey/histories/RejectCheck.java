package io.latchkey.histories;

import io.latchkey.ConflictPolicy;
import java.util.ArrayList;
import java.util.List;

/**
 * Where conflicts are rejected, a save is acknowledged only if nobody else's was since its read.
 */
final class RejectCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    if (trace.settings().conflicts() != ConflictPolicy.REJECT) {
      return violations;
    }
    for (Call save : trace.calls()) {
      if (!isSave(save)) {
        continue;
      }
      for (Call other : trace.calls()) {
        if (cameBetween(other, save)) {
          violations.add("not rejected: " + save + ", though since its read there was " + other);
        }
      }
    }
    return violations;
  }

  private static boolean isSave(Call call) {
    return (call.kind() == Kind.SAVE || call.kind().isRotation())
        && call.hasWrites()
        && call.outcome() == Outcome.OK;
  }

  /**
   * Whether the other was stored after the read of this, and before this; or, where both began
   * after the other's read, one of them was stored first, and so the second must not have been.
   */
  private static boolean cameBetween(Call other, Call save) {
    return other.number() != save.number()
        && other.session().equals(save.session())
        && other.object() != save.object()
        && other.outcome() == Outcome.OK
        && other.hasWrites()
        && save.readBefore().isBefore(other.invoked())
        && (other.ended().isBefore(save.invoked())
            || (isSave(other) && other.readBefore().isBefore(save.invoked())));
  }
}
