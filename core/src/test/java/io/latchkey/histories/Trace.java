package io.latchkey.histories;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * All that was seen while a history ran.
 *
 * @param settings the stores' options
 * @param calls in the order of their invocation
 * @param looks at the keys
 * @param faults how many faults struck
 */
record Trace(Settings settings, List<Call> calls, List<Look> looks, int faults) {

  /** The calls about each session whose id is known. */
  Map<String, List<Call>> bySession() {
    return calls.stream()
        .filter(call -> call.id() != null)
        .collect(Collectors.groupingBy(Call::session, TreeMap::new, Collectors.toList()));
  }

  /** All ids that the test knows. */
  Collection<String> ids() {
    LinkedHashSet<String> ids = new LinkedHashSet<>();
    for (Call call : calls) {
      if (call.id() != null) {
        ids.add(call.id());
      }
      if (call.newId() != null) {
        ids.add(call.newId());
      }
    }
    return ids;
  }

  /**
   * The idle timeouts that a session may have had at some time of a span: those that were written
   * before its end, and not certainly replaced before its begin.
   */
  List<Long> idleTimeouts(String session, Moment from, Moment to) {
    List<Call> writers =
        calls.stream()
            .filter(call -> call.session().equals(session) && call.outcome().mayHaveTakenEffect())
            .filter(
                call ->
                    call.writes().containsKey(Call.IDLE) || call.perhaps().containsKey(Call.IDLE))
            .filter(call -> call.invoked().isBefore(to))
            .toList();
    return writers.stream()
        .filter(call -> writers.stream().noneMatch(later -> replaces(later, call, from)))
        .map(
            call ->
                Long.valueOf(
                    call.writes()
                        .getOrDefault(Call.IDLE, call.perhaps().getOrDefault(Call.IDLE, ""))))
        .toList();
  }

  private static boolean replaces(Call later, Call earlier, Moment from) {
    return later.outcome() == Outcome.OK
        && later.writes().containsKey(Call.IDLE)
        && earlier.ended().isBefore(later.invoked())
        && !from.isBefore(later.ended());
  }
}
