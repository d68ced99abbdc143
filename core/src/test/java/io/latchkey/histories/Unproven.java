package io.latchkey.histories;

import io.latchkey.valkey.Layout;

/**
 * What a client may believe by mistake on a connection that is out of step, until the next answer
 * of that connection: what the server answers without a proof. That is the absence that a read
 * finds, or that it finds something unreadable, in one layout the "OK" of an insert, and an error
 * of the server's. All other answers count as ever.
 */
final class Unproven {
  private Unproven() {}

  static Trace without(Trace trace) {
    return new Trace(
        trace.settings(),
        trace.calls().stream().map(call -> judge(call, trace.settings().layout())).toList(),
        trace.looks(),
        trace.faults());
  }

  static Call judge(Call call, Layout layout) {
    if (!call.damaged()) {
      return call;
    }
    if (call.outcome() == Outcome.WRONG
        && (call.note().contains("the server answered with an error")
            || call.note().startsWith("io.latchkey.UnreadableSessionException"))) {
      return call.with(Outcome.UNKNOWN, Moment.NEVER);
    }
    if (call.insert()) {
      boolean believed =
          call.outcome() == Outcome.ABSENT
              || (call.outcome() == Outcome.OK && layout == Layout.STRING);
      return believed ? call.with(Outcome.UNKNOWN, Moment.NEVER) : call;
    }
    boolean reads =
        call.kind() == Kind.GET || call.kind() == Kind.UPDATE || call.kind().isRotation();
    return reads && call.outcome() == Outcome.ABSENT
        ? call.with(Outcome.FAILED, call.ended())
        : call;
  }
}
