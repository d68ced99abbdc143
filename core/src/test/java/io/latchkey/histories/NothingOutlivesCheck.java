package io.latchkey.histories;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Every key has a time to live at every time, of no more than the session's idle timeout and one
 * touch interval; and no session is found long after it had to expire.
 */
final class NothingOutlivesCheck implements Check {
  private static final long ROUNDING = 3;

  /** For a slow machine, and for touches that are still on their way. */
  private static final long SLACK_MILLIS = 2_000;

  @Override
  public List<String> violations(Trace trace) {
    List<String> violations = new ArrayList<>();
    for (Look look : trace.looks()) {
      for (Look.Key key : look.keys()) {
        String id = key.id();
        if (key.timeToLive() == -1) {
          violations.add("a key without a time to live: " + key + " at " + look.began());
        } else if (id != null
            && key.timeToLive() > longest(trace, id, look.began(), look.ended())) {
          violations.add("a key that lives too long: " + key + " at " + look.began());
        }
      }
    }
    for (Call call : trace.calls()) {
      String id = call.id();
      if (id != null && call.provesPresent(id) && outlived(trace, call, id)) {
        violations.add(id + " is there though it must have expired: " + call);
      }
    }
    return violations;
  }

  private static boolean outlived(Trace trace, Call call, String id) {
    List<Call> before =
        trace.calls().stream()
            .filter(other -> other.session().equals(call.session()))
            .filter(other -> other.number() < call.number())
            .filter(other -> other.outcome().mayHaveTakenEffect())
            .toList();
    // A command of unknown outcome may be an access at any time.
    if (before.isEmpty() || before.stream().anyMatch(other -> other.ended().equals(Moment.NEVER))) {
      return false;
    }
    Call last =
        before.stream().max(Comparator.comparingLong(other -> other.ended().order())).orElseThrow();
    return call.invoked().millis()
        > last.ended().millis() + longest(trace, id, last.invoked(), call.ended()) + SLACK_MILLIS;
  }

  private static long longest(Trace trace, String id, Moment from, Moment to) {
    String session = id.substring(0, id.indexOf('.'));
    long idle =
        trace.idleTimeouts(session, from, to).stream()
            .max(Comparator.naturalOrder())
            .orElse(trace.settings().idleMillis());
    return idle + Math.min(trace.settings().touchMillis(), idle) + ROUNDING;
  }
}
