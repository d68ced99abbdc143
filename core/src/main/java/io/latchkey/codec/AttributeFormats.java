package io.latchkey.codec;

import org.jspecify.annotations.Nullable;

/** What the formats of others have in common. */
final class AttributeFormats {
  private AttributeFormats() {}

  /** The class that a format could not find, or that is not allowed; null if that is not why. */
  static @Nullable String classNamedBy(Throwable error) {
    String name = error instanceof ClassNotFoundException ? error.getMessage() : null;
    return name != null && name.matches("[\\p{L}\\p{Nd}_.$]{1,300}") ? name : null;
  }
}
