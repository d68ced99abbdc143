package io.latchkey.histories;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code update} counts exactly: whoever reads the counter finds at least what was acknowledged
 * before, and at most what was begun until then; and no two are told the same count.
 */
final class CounterCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    trace
        .bySession()
        .values()
        .forEach(
            calls -> {
              Map<Long, Call> told = new HashMap<>();
              for (Call call : calls) {
                Map<String, String> seen = call.seen();
                if (seen == null || call.outcome() != Outcome.OK) {
                  continue;
                }
                long count = Long.parseLong(seen.getOrDefault(Call.COUNTER, "0"));
                long least = calls.stream().filter(other -> isCountedBefore(other, call)).count();
                long most = calls.stream().filter(other -> mayBeCounted(other, call)).count();
                if (count < least || count > most) {
                  violations.add("count is not from " + least + " to " + most + ": " + call);
                }
                Call other = call.kind() == Kind.UPDATE ? told.put(count, call) : null;
                if (other != null) {
                  violations.add("the same count twice: " + other + " and " + call);
                }
              }
            });
    return violations;
  }

  private static boolean isCountedBefore(Call update, Call read) {
    return update.kind() == Kind.UPDATE
        && update.outcome() == Outcome.OK
        && (update.number() == read.number() || update.ended().isBefore(read.invoked()));
  }

  private static boolean mayBeCounted(Call update, Call read) {
    return update.kind() == Kind.UPDATE
        && update.outcome().mayHaveTakenEffect()
        && update.invoked().isBefore(read.ended());
  }
}
