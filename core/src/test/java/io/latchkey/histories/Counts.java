package io.latchkey.histories;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What was done, and what came of it. */
final class Counts {
  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private final Map<Kind, Integer> kinds = new EnumMap<>(Kind.class);
  private int unproven;
  private int histories;
  private int operations;
  private int audits;
  private int looks;
  private int faults;
  private int violations;
  private int failed;

  synchronized void add(Trace trace, List<String> found) {
    histories++;
    for (Call call : trace.calls()) {
      if (call.kind() == Kind.AUDIT) {
        audits++;
      } else {
        operations++;
        kinds.merge(call.kind(), 1, Integer::sum);
        unproven += Unproven.judge(call, trace.settings().layout()).equals(call) ? 0 : 1;
        outcomes.merge(call.outcome(), 1, Integer::sum);
      }
    }
    looks += trace.looks().size();
    faults += trace.faults();
    violations += found.size();
    failed += found.isEmpty() ? 0 : 1;
  }

  @Override
  public synchronized String toString() {
    return histories
        + " histories, "
        + operations
        + " operations "
        + outcomes
        + " "
        + kinds
        + ", "
        + unproven
        + " answers without a proof on connections out of step"
        + ", "
        + faults
        + " faults, "
        + audits
        + " reads of one session by the auditor, "
        + looks
        + " looks at all keys, "
        + violations
        + " violations in "
        + failed
        + " histories, "
        + Linearization.UNDECIDED
        + " searches given up";
  }
}
