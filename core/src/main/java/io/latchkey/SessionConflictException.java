package io.latchkey;

import org.jspecify.annotations.Nullable;

/**
 * Somebody else saved the session since it was read, and the change was not written: under {@link
 * ConflictPolicy#REJECT} at once, else after a bounded number of attempts. Read it again and
 * decide.
 */
public class SessionConflictException extends SessionStoreException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its message.
   *
   * @param message what happened and what to do; no id, key or attribute value
   */
  public SessionConflictException(String message) {
    super(message);
  }

  /**
   * An error with its message and cause.
   *
   * @param message what happened and what to do; no id, key or attribute value
   * @param cause what caused it, if there is more to tell
   */
  public SessionConflictException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
