package io.latchkey;

import org.jspecify.annotations.Nullable;

/**
 * The server could not be reached, did not answer in time, or cannot work just now; or this store
 * is closed. Repeating the call is safe.
 */
public class SessionStoreUnavailableException extends SessionStoreException {
  private static final long serialVersionUID = 1L;

  /** Whether the command may have run, or may still run, or be undone by a failover. */
  private final boolean outcomeUnknown;

  /**
   * An error with its message and cause.
   *
   * @param message what happened and what to do; no id, key or attribute value
   * @param cause what caused it, if there is more to tell
   * @param outcomeUnknown whether the command may have run, or may still run
   */
  public SessionStoreUnavailableException(
      String message, @Nullable Throwable cause, boolean outcomeUnknown) {
    super(message, cause);
    this.outcomeUnknown = outcomeUnknown;
  }

  /**
   * Whether a change may have been stored, or may still be.
   *
   * @return true if the command was sent and its answer did not arrive, or if the change was made
   *     and too few replicas confirmed it (see {@code acknowledgedBy}); false if nothing was
   *     written for certain
   */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }
}
