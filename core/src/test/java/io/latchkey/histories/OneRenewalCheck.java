package io.latchkey.histories;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All who renew one id are told the same new one, whichever store they ask. */
final class OneRenewalCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    Map<String, Call> first = new HashMap<>();
    for (Call call : trace.calls()) {
      if (call.kind() == Kind.RENEW && call.hasRotated()) {
        Call other = first.putIfAbsent(String.valueOf(call.id()), call);
        if (other != null && !String.valueOf(other.newId()).equals(call.newId())) {
          violations.add("one id renewed to two: " + other + " and " + call);
        }
      }
    }
    return violations;
  }
}
