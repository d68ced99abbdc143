package io.latchkey.histories;

/**
 * When something happened.
 *
 * @param order its place in the one order of all that the test saw
 * @param millis since the history began
 */
record Moment(long order, long millis) {
  /** After everything. */
  static final Moment NEVER = new Moment(Long.MAX_VALUE, Long.MAX_VALUE);

  boolean isBefore(Moment other) {
    return order < other.order;
  }

  @Override
  public String toString() {
    return order == Long.MAX_VALUE ? "never" : order + "@" + millis + "ms";
  }
}
