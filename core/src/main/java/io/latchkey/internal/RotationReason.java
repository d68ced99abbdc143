package io.latchkey.internal;

/** Why a session gets another id. Decides what that leaves for the former one. */
sealed interface RotationReason {
  /**
   * How long the former id still opens the session.
   *
   * @param unchanged whether the rotation takes no changes along
   * @param settings the store's options
   * @return milliseconds, 0 for not at all
   */
  long graceMillis(boolean unchanged, SessionSettings settings);

  /** The application asked for it. A rotation with changes, as at sign-in, leaves no grace. */
  record Requested() implements RotationReason {
    @Override
    public long graceMillis(boolean unchanged, SessionSettings settings) {
      return unchanged ? settings.graceMillis() : 0;
    }
  }

  /** The application asked for it, and for a grace. */
  record RequestedWithGrace(long millis) implements RotationReason {
    @Override
    public long graceMillis(boolean unchanged, SessionSettings settings) {
      return millis;
    }
  }

  /** The id has reached its age. All who hold it are told the same new one. */
  record Renewal(long millis) implements RotationReason {
    @Override
    public long graceMillis(boolean unchanged, SessionSettings settings) {
      return millis;
    }
  }
}
