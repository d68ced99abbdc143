package io.latchkey.codec;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DatabindContext;

/**
 * What one encoding of one value is to heed, and what it found out. Lies among the attributes of
 * Jackson's context while it goes on.
 */
final class Encoding {
  /** Whether a class that is not allowed is refused. */
  final boolean strict;

  /** Whether each object gets a tag, so that none of its own keys can be taken for one. */
  final boolean escaping;

  /** Whether sets are marked, so that their order can be made not to matter. */
  final boolean canonical;

  /** How often the names that tags are made of were written on purpose. */
  int written;

  /** The class that was refused. */
  @Nullable String refused;

  /** Why it was refused. */
  @Nullable String reason;

  Encoding(boolean strict, boolean escaping, boolean canonical) {
    this.strict = strict;
    this.escaping = escaping;
    this.canonical = canonical;
  }

  /**
   * Remembers what was refused, and why, for the message, and ends the encoding with that error.
   */
  Tags.NotAllowedException refused(Class<?> type, String why) {
    refused = type.getName();
    reason = why;
    return new Tags.NotAllowedException(type.getName());
  }

  static Encoding of(DatabindContext context) {
    Object encoding = context.getAttribute(Encoding.class);
    if (encoding instanceof Encoding mine) {
      return mine;
    }
    throw new IllegalStateException("only the codec encodes");
  }
}
