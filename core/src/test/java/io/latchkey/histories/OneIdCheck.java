package io.latchkey.histories;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A session has one id: at the end at most one key is there for each, and no more keys that the
 * test cannot name than there are creations of unknown outcome, as a rotation makes no key.
 */
final class OneIdCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    for (Look look : trace.looks()) {
      if (look.last()) {
        check(trace, look, violations);
      }
    }
    return violations;
  }

  private static void check(Trace trace, Look look, List<String> violations) {
    Map<String, String> alive = new HashMap<>();
    int nameless = 0;
    for (Look.Key key : look.keys()) {
      String id = key.id();
      if (id == null) {
        nameless++;
        continue;
      }
      String other = alive.put(id.substring(0, id.indexOf('.')), id);
      if (other != null) {
        violations.add("one session under two ids: " + other + " and " + id);
      }
    }
    long possible =
        trace.calls().stream()
            .filter(call -> call.outcome() == Outcome.UNKNOWN || call.outcome() == Outcome.WRONG)
            .filter(call -> call.kind() == Kind.CREATE)
            .count();
    if (nameless > possible) {
      violations.add(nameless + " keys of nobody, where at most " + possible + " can be explained");
    }
  }
}
