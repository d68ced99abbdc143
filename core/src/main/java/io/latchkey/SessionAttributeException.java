package io.latchkey;

import org.jspecify.annotations.Nullable;

/**
 * An attribute's value cannot be written, or not be read as the type that was asked for. The
 * message names the attribute and the types, never the value.
 */
public class SessionAttributeException extends SessionStoreException {
  private static final long serialVersionUID = 1L;

  /** The name of the attribute. */
  private final String attributeName;

  /**
   * An error with its message and cause.
   *
   * @param attributeName the name of the attribute
   * @param message what happened and what to do; no attribute value
   * @param cause what caused it, if there is more to tell
   */
  public SessionAttributeException(
      String attributeName, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.attributeName = attributeName;
  }

  /**
   * Which attribute it is.
   *
   * @return the attribute's name
   */
  public String attributeName() {
    return attributeName;
  }
}
