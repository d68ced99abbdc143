package io.latchkey;

import org.jspecify.annotations.Nullable;

/**
 * Whatever goes wrong in a {@link SessionStore}. Neither the message nor any cause tells an id, a
 * key, an attribute's value or a password.
 */
public class SessionStoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its message.
   *
   * @param message what happened and what to do; no id, key or attribute value
   */
  public SessionStoreException(String message) {
    super(message);
  }

  /**
   * An error with its message and cause.
   *
   * @param message what happened and what to do; no id, key or attribute value
   * @param cause what caused it, if there is more to tell
   */
  public SessionStoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
