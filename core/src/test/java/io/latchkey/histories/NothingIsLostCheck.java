package io.latchkey.histories;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * No acknowledged change is missing, and none takes effect twice: there is an order of the calls
 * about a session, each at some instant between its begin and its end, which explains all that was
 * read. First each attribute by itself, as that is easier to understand, then all of them together,
 * as a save stores all its changes in one step. What is asked by an id that is closed for certain
 * changes nothing.
 */
final class NothingIsLostCheck implements Check {
  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    trace
        .bySession()
        .forEach(
            (session, all) -> {
              Lineage lineage = new Lineage(trace.settings(), all);
              List<Call> calls =
                  all.stream()
                      .filter(call -> call.outcome() == Outcome.OK || !lineage.isClosedTo(call))
                      .toList();
              Set<String> attributes = attributes(calls);
              for (String attribute : attributes) {
                if (isImpossible(calls, Set.of(attribute))) {
                  violations.add(
                      "no order of these calls explains what was read of "
                          + attribute
                          + describe(calls, attribute));
                  return;
                }
              }
              if (isImpossible(calls, attributes)) {
                violations.add(
                    "no order of these calls explains what was read of all attributes"
                        + describe(calls, ""));
              }
            });
    return violations;
  }

  private static boolean isImpossible(List<Call> calls, Set<String> attributes) {
    List<Linearization.Action> actions = new ArrayList<>();
    for (Call call : calls) {
      if (!call.outcome().mayHaveTakenEffect()) {
        continue;
      }
      boolean certain = call.outcome() == Outcome.OK;
      Moment end = certain ? call.ended() : Moment.NEVER;
      Map<String, String> seen = certain ? call.seen() : null;
      Map<String, String> writes = call.writes();
      if (certain && !call.retried().isEmpty()) {
        actions.add(
            new Linearization.Action(
                call.invoked().order(), end.order(), false, call.retried(), null));
        writes = new TreeMap<>(writes);
        writes.keySet().removeAll(call.retried().keySet());
      }
      actions.add(
          new Linearization.Action(call.invoked().order(), end.order(), !certain, writes, seen));
      if (!call.perhaps().isEmpty()) {
        actions.add(
            new Linearization.Action(
                call.invoked().order(), end.order(), true, call.perhaps(), null));
      }
    }
    return Linearization.of(actions, attributes) == Linearization.Verdict.IMPOSSIBLE;
  }

  private static Set<String> attributes(List<Call> calls) {
    Set<String> attributes = new LinkedHashSet<>();
    for (Call call : calls) {
      attributes.addAll(call.writes().keySet());
      attributes.addAll(call.perhaps().keySet());
      if (call.seen() != null) {
        attributes.addAll(call.seen().keySet());
      }
    }
    return attributes;
  }

  private static String describe(List<Call> calls, String attribute) {
    StringBuilder text = new StringBuilder(":");
    for (Call call : calls) {
      boolean concerned =
          attribute.isEmpty()
              || call.writes().containsKey(attribute)
              || call.perhaps().containsKey(attribute)
              || call.seen() != null;
      if (concerned && call.outcome().mayHaveTakenEffect()) {
        text.append("\n    ").append(call);
      }
    }
    return text.toString();
  }
}
