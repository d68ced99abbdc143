package io.latchkey.histories;

/** What a client learned of its call. */
enum Outcome {
  /** It was done. */
  OK,
  /** There is no such session: empty, false, or a SessionGoneException. Nothing was written. */
  ABSENT,
  /** Somebody else's save stood in the way. Nothing was written. */
  CONFLICT,
  /** The server was not there. Nothing was written. */
  FAILED,
  /** The answer was lost, or not waited for. It takes effect once, now or later, or never. */
  UNKNOWN,
  /** An error that is not allowed, or no end at all. */
  WRONG;

  /** Whether something was written, or may have been, or may still be. */
  boolean mayHaveTakenEffect() {
    return this == OK || this == UNKNOWN || this == WRONG;
  }
}
