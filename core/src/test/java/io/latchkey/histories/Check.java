package io.latchkey.histories;

import java.util.List;

/** One property that every history must have. */
interface Check {
  /** All of them. */
  List<Check> ALL =
      List.of(
          new ErrorsCheck(),
          new NothingEndsEarlyCheck(),
          new NothingComesBackCheck(),
          new NothingOutlivesCheck(),
          new OneIdCheck(),
          new OneRenewalCheck(),
          new CounterCheck(),
          new NothingIsLostCheck(),
          new RejectCheck());

  /** What contradicts the property; empty if nothing does. */
  List<String> violations(Trace trace);

  /** What contradicts any property. */
  static List<String> all(Trace seen) {
    Trace trace = Unproven.without(seen);
    return ALL.stream()
        .flatMap(
            check ->
                check.violations(trace).stream()
                    .map(violation -> check.getClass().getSimpleName() + ": " + violation))
        .toList();
  }
}
