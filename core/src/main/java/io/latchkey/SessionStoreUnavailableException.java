package io.latchkey;

import org.jspecify.annotations.Nullable;

/**
 * The server could not be reached, did not answer in time, or cannot work just now; or this store
 * is closed. Whether a change was written may be unknown. Repeating the call is safe.
 */
public class SessionStoreUnavailableException extends SessionStoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its message.
   *
   * @param message what happened and what to do; no id, key or attribute value
   */
  public SessionStoreUnavailableException(String message) {
    super(message);
  }

  /**
   * An error with its message and cause.
   *
   * @param message what happened and what to do; no id, key or attribute value
   * @param cause what caused it, if there is more to tell
   */
  public SessionStoreUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
