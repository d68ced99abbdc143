package io.latchkey;

import org.jspecify.annotations.Nullable;

/**
 * The session ended, by deletion, rotation or expiry, before the change to it was stored. Nothing
 * was written, and the session does not come back.
 */
public class SessionGoneException extends SessionStoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its message.
   *
   * @param message what happened and what to do; no id, key or attribute value
   */
  public SessionGoneException(String message) {
    super(message);
  }

  /**
   * An error with its message and cause.
   *
   * @param message what happened and what to do; no id, key or attribute value
   * @param cause what caused it, if there is more to tell
   */
  public SessionGoneException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
