package io.latchkey;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A session, or one of its attributes, is over a bound that an option of the store sets. Nothing
 * was sent to the server, and what is stored is as it was.
 *
 * <p>The message names the option, its limit, the size and the largest attributes. It never tells a
 * value. Control characters in names are escaped in the message, and long names are cut.
 */
public class SessionTooLargeException extends SessionStoreException {
  private static final long serialVersionUID = 1L;

  /** The name of the option. */
  private final String option;

  /** The limit that the option sets. */
  private final long limit;

  /** The size that is over it. */
  private final long size;

  /** The largest attributes. */
  private final LinkedHashMap<String, Long> largestAttributes;

  /**
   * An error with its facts.
   *
   * @param message what happened and what to do; no id, key or attribute value
   * @param option the name of the builder's option
   * @param limit its limit
   * @param size the size that is over the limit
   * @param largestAttributes the sizes of the largest attributes in bytes, by name, largest first
   */
  public SessionTooLargeException(
      String message, String option, long limit, long size, Map<String, Long> largestAttributes) {
    super(message);
    this.option = option;
    this.limit = limit;
    this.size = size;
    this.largestAttributes = new LinkedHashMap<>(largestAttributes);
  }

  /**
   * Returns the option whose limit was exceeded.
   *
   * @return {@code maxSessionSize}, {@code maxAttributeSize} or {@code maxAttributes}
   */
  public String option() {
    return option;
  }

  /**
   * Returns the limit.
   *
   * @return bytes, or a number of attributes for {@code maxAttributes}
   */
  public long limit() {
    return limit;
  }

  /**
   * Returns the size that the session, or the attribute, would have had.
   *
   * @return bytes, or a number of attributes for {@code maxAttributes}. For a value of more than 64
   *     MiB it is the size at which encoding was abandoned
   */
  public long size() {
    return size;
  }

  /**
   * Returns the largest attributes, at most five, with their sizes.
   *
   * @return an unmodifiable map from names, as the application set them, to bytes, largest first
   */
  public Map<String, Long> largestAttributes() {
    return Collections.unmodifiableMap(largestAttributes);
  }
}
