package io.latchkey.valkey;

/** Where commands go out. */
interface Link {
  /** Sends a command; it ends with whatever this throws. */
  void send(ServerCommand<?> command);

  /** An answer came; called on the thread on which they come, before whoever waits learns of it. */
  default void answered() {}

  /** A command failed; called on whatever thread ended it. */
  default void failed(Throwable error) {}
}
