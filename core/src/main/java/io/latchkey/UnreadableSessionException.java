package io.latchkey;

import org.jspecify.annotations.Nullable;

/**
 * What is stored under the session's key is not a session that this release can read. The bytes are
 * left as they are.
 */
public class UnreadableSessionException extends SessionStoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its message.
   *
   * @param message what happened and what to do; no id, key or attribute value
   */
  public UnreadableSessionException(String message) {
    super(message);
  }

  /**
   * An error with its message and cause.
   *
   * @param message what happened and what to do; no id, key or attribute value
   * @param cause what caused it, if there is more to tell
   */
  public UnreadableSessionException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
