package io.latchkey.webflux.boot;

import org.jspecify.annotations.Nullable;

/** Sessions cannot be kept as the application is configured. It says what to do about it. */
final class LatchkeyStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String action;

  LatchkeyStartException(String description, String action, @Nullable Throwable cause) {
    super(description, cause);
    this.action = action;
  }

  String action() {
    return action;
  }

  /** For a log, where both belong together. */
  String text() {
    return getMessage() + " " + action;
  }
}
