package io.latchkey.histories;

import io.latchkey.ConflictPolicy;
import io.latchkey.valkey.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Calls written by hand, for the tests of the checks. One millisecond is one place in the order.
 */
final class Calls {
  static final long IDLE_MILLIS = 1_000;
  static final long TOUCH_MILLIS = 10;
  static final long GRACE_MILLIS = 100;

  private final Kind kind;
  private final @Nullable String id;
  private @Nullable String newId;
  private int object;
  private Moment from = Moment.NEVER;
  private Moment to = Moment.NEVER;
  private @Nullable Moment readAfter;
  private @Nullable Moment readBefore;
  private Outcome outcome = Outcome.OK;
  private final Map<String, String> writes = new TreeMap<>();
  private final Map<String, String> perhaps = new TreeMap<>();
  private final Map<String, String> retried = new TreeMap<>();
  private @Nullable Map<String, String> seen;
  private boolean insert;
  private boolean damaged;

  private Calls(Kind kind, @Nullable String id) {
    this.kind = kind;
    this.id = id;
  }

  static Calls of(Kind kind, @Nullable String id) {
    return new Calls(kind, id);
  }

  Calls at(long begin, long end) {
    from = new Moment(begin, begin);
    to = new Moment(end, end);
    return this;
  }

  /** It began then, and its outcome is not known. */
  Calls unknownFrom(long begin) {
    from = new Moment(begin, begin);
    outcome = Outcome.UNKNOWN;
    return this;
  }

  Calls with(Outcome how) {
    outcome = how;
    return this;
  }

  /** It was to store a new session. */
  Calls inserting() {
    insert = true;
    return this;
  }

  /** A connection was out of step meanwhile. */
  Calls outOfStep() {
    damaged = true;
    return this;
  }

  Calls to(String rotated) {
    newId = rotated;
    return this;
  }

  Calls writes(String name, String value) {
    writes.put(name, value);
    return this;
  }

  Calls retries(String name, String value) {
    retried.put(name, value);
    return writes(name, value);
  }

  Calls perhaps(String name, String value) {
    perhaps.put(name, value);
    return this;
  }

  Calls sees(String... namesAndValues) {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    seen = map;
    return this;
  }

  /** With this session object, read then. */
  Calls by(int number, long begin, long end) {
    object = number;
    readAfter = new Moment(begin, begin);
    readBefore = new Moment(end, end);
    return this;
  }

  private Call call(int number) {
    return new Call(
        number,
        0,
        object,
        kind,
        id,
        newId,
        from,
        to,
        readAfter == null ? from : readAfter,
        readBefore == null ? from : readBefore,
        outcome,
        writes,
        perhaps,
        retried,
        seen,
        insert,
        damaged,
        "");
  }

  static Trace merging(Calls... calls) {
    return trace(ConflictPolicy.MERGE, List.of(), calls);
  }

  static Trace rejecting(Calls... calls) {
    return trace(ConflictPolicy.REJECT, List.of(), calls);
  }

  static Trace looking(Look look, Calls... calls) {
    return trace(ConflictPolicy.MERGE, List.of(look), calls);
  }

  private static Trace trace(ConflictPolicy conflicts, List<Look> looks, Calls... calls) {
    Settings settings =
        new Settings(
            Layout.STRING, conflicts, 2, 2, 1, 1, IDLE_MILLIS, TOUCH_MILLIS, 300, GRACE_MILLIS);
    List<Call> numbered = new ArrayList<>();
    for (Calls call : calls) {
      numbered.add(call.call(numbered.size() + 1));
    }
    return new Trace(settings, numbered, looks, 0);
  }
}
