package io.latchkey.codec;

import io.latchkey.SessionTooLargeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How large sessions may be. An attribute's size is the number of bytes of its name and value as
 * JSON in UTF-8, quotes and escapes included. A session's size is the sum of its attributes' sizes.
 *
 * <p>What is stored may be over a bound already, as when a limit was lowered. A change of it is
 * allowed as long as it does not make larger what is over the bound.
 *
 * @param maxSessionSize bytes of all attributes
 * @param maxAttributeSize bytes of one attribute
 * @param maxAttributes number of attributes
 */
public record SessionBounds(int maxSessionSize, int maxAttributeSize, int maxAttributes) {
  /** The default of {@code maxSessionSize}: 1 MiB. */
  public static final int DEFAULT_MAX_SESSION_SIZE = 1 << 20;

  /** The default of {@code maxAttributeSize}: 512 KiB, or the session's limit if that is less. */
  public static final int DEFAULT_MAX_ATTRIBUTE_SIZE = 512 << 10;

  /** The default of {@code maxAttributes}. */
  public static final int DEFAULT_MAX_ATTRIBUTES = 1_000;

  /** How deep a value may be nested in an attribute's value, as JSON and with its tags. */
  public static final int MAX_NESTING = 100;

  /** The same with the attribute's own value, which is nested in nothing. */
  static final int MAX_DEPTH = MAX_NESTING + 1;

  /** How many digits a number may have, those of its exponent included. */
  public static final int MAX_DIGITS = 1_000;

  /** How many characters a tag may have: the name of a class, of an array or of an enum's set. */
  public static final int MAX_TAG_LENGTH = 500;

  /** The bounds of a store that sets none. */
  public static final SessionBounds DEFAULT =
      new SessionBounds(
          DEFAULT_MAX_SESSION_SIZE, DEFAULT_MAX_ATTRIBUTE_SIZE, DEFAULT_MAX_ATTRIBUTES);

  /** Half of what a value in Valkey can have: the answer with it has its own bound. */
  private static final int LARGEST_SIZE = 256 << 20;

  private static final int MOST_ATTRIBUTES = 1_000_000;
  private static final String MAX_SESSION_SIZE = "maxSessionSize";
  private static final String MAX_ATTRIBUTE_SIZE = "maxAttributeSize";
  private static final String MAX_ATTRIBUTES = "maxAttributes";

  /** More than the lengths and line ends around the name and the value of a hash's field. */
  private static final int STORED_PER_ATTRIBUTE = 64;

  /** More than the header and all that is stored beside the attributes. */
  private static final int STORED_ONCE = 1024;

  /** How many attributes an error names. */
  private static final int NAMED = 5;

  /**
   * Checks a size in bytes.
   *
   * @param option the name of the option, for the error
   * @param bytes the size
   * @return the size
   * @throws IllegalArgumentException if it is out of range
   */
  public static int checkedSize(String option, int bytes) {
    if (bytes < 1 || bytes > LARGEST_SIZE) {
      throw new IllegalArgumentException(
          option + " must be from 1 byte to 256 MiB (" + LARGEST_SIZE + " bytes), was " + bytes);
    }
    return bytes;
  }

  /**
   * Checks a number of attributes.
   *
   * @param count the number
   * @return the number
   * @throws IllegalArgumentException if it is out of range
   */
  public static int checkedCount(int count) {
    if (count < 1 || count > MOST_ATTRIBUTES) {
      throw new IllegalArgumentException(
          MAX_ATTRIBUTES + " must be from 1 to " + MOST_ATTRIBUTES + ", was " + count);
    }
    return count;
  }

  /**
   * Bounds that fit each other.
   *
   * @param maxSessionSize bytes of all attributes
   * @param maxAttributeSize bytes of one; null for the default
   * @param maxAttributes number of attributes
   * @return the bounds
   * @throws IllegalArgumentException if an attribute may be larger than a session
   */
  public static SessionBounds of(
      int maxSessionSize, @Nullable Integer maxAttributeSize, int maxAttributes) {
    if (maxAttributeSize == null) {
      return new SessionBounds(
          maxSessionSize, Math.min(DEFAULT_MAX_ATTRIBUTE_SIZE, maxSessionSize), maxAttributes);
    }
    if (maxAttributeSize > maxSessionSize) {
      throw new IllegalArgumentException(
          "maxAttributeSize must be at most maxSessionSize, which is "
              + maxSessionSize
              + " bytes, was "
              + maxAttributeSize
              + ". Set maxSessionSize too.");
    }
    return new SessionBounds(maxSessionSize, maxAttributeSize, maxAttributes);
  }

  /**
   * How many bytes a session within these bounds has at most on the wire, header and lengths
   * included.
   *
   * @return bytes
   */
  public long largestStored() {
    return (long) maxSessionSize + (long) STORED_PER_ATTRIBUTE * maxAttributes + STORED_ONCE;
  }

  /**
   * Checks what a save would store.
   *
   * @param before the attributes as they are stored
   * @param changes the new values by name, null for an attribute that is removed
   * @param after the attributes as they would be stored
   * @throws SessionTooLargeException if that is over a bound, and larger than what is stored
   */
  void check(
      Map<String, JsonBytes> before,
      Map<String, @Nullable JsonBytes> changes,
      Map<String, JsonBytes> after) {
    for (Map.Entry<String, @Nullable JsonBytes> change : changes.entrySet()) {
      JsonBytes value = change.getValue();
      // A character of a name takes six bytes at the most.
      if (value != null && value.length() > maxAttributeSize - 2 - 6L * change.getKey().length()) {
        checkAttribute(change.getKey(), value, before.get(change.getKey()));
      }
    }
    if (after.size() > maxAttributes && after.size() > before.size()) {
      throw tooLarge(
          "it would have " + after.size() + " attributes, and " + MAX_ATTRIBUTES + " allows ",
          MAX_ATTRIBUTES,
          maxAttributes,
          after.size(),
          largest(after));
    }
    long size = size(after);
    if (size > maxSessionSize && size > size(before)) {
      throw tooLarge(
          "it would have " + size + " bytes, and " + MAX_SESSION_SIZE + " allows ",
          MAX_SESSION_SIZE,
          maxSessionSize,
          size,
          largest(after));
    }
  }

  private void checkAttribute(String name, JsonBytes value, @Nullable JsonBytes before) {
    long size = size(name, value);
    if (size > maxAttributeSize && (before == null || before.length() < value.length())) {
      throw attributeTooLarge(name, size, String.valueOf(size));
    }
  }

  /** How many bytes a new value of an attribute may have, given the one that is stored. */
  int maxValueSize(@Nullable JsonBytes stored) {
    return stored == null ? maxAttributeSize : Math.max(maxAttributeSize, stored.length());
  }

  /** The error for a value that was not kept as it became too large while it was encoded. */
  SessionTooLargeException attributeTooLarge(String name, long valueSize, boolean abandoned) {
    long size = size(name, valueSize);
    return attributeTooLarge(name, size, abandoned ? "more than " + size : String.valueOf(size));
  }

  private SessionTooLargeException attributeTooLarge(String name, long size, String words) {
    return new SessionTooLargeException(
        "the session was not stored: attribute '%s' would have %s bytes, and %s allows %d. Keep less in it, or set %s."
            .formatted(
                DisplayNames.of(name),
                words,
                MAX_ATTRIBUTE_SIZE,
                maxAttributeSize,
                MAX_ATTRIBUTE_SIZE),
        MAX_ATTRIBUTE_SIZE,
        maxAttributeSize,
        size,
        Map.of(name, size));
  }

  private static SessionTooLargeException tooLarge(
      String what, String option, int limit, long size, Map<String, Long> largest) {
    String named =
        largest.entrySet().stream()
            .map(each -> "'" + DisplayNames.of(each.getKey()) + "' " + each.getValue() + " bytes")
            .collect(Collectors.joining(", "));
    return new SessionTooLargeException(
        "the session was not stored: "
            + what
            + limit
            + ". Its largest attributes are: "
            + named
            + ". Keep less in the session, or set "
            + option
            + ".",
        option,
        limit,
        size,
        largest);
  }

  private static Map<String, Long> largest(Map<String, JsonBytes> attributes) {
    List<Map.Entry<String, Long>> sizes = new ArrayList<>(attributes.size());
    attributes.forEach((name, value) -> sizes.add(Map.entry(name, size(name, value))));
    sizes.sort(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()));
    Map<String, Long> largest = new LinkedHashMap<>();
    sizes.stream().limit(NAMED).forEach(each -> largest.put(each.getKey(), each.getValue()));
    return largest;
  }

  private static long size(Map<String, JsonBytes> attributes) {
    if (attributes instanceof Fields fields) {
      return fields.sizeInBytes();
    }
    long size = 0;
    for (Map.Entry<String, JsonBytes> attribute : attributes.entrySet()) {
      size += size(attribute.getKey(), attribute.getValue());
    }
    return size;
  }

  private static long size(String name, JsonBytes value) {
    return size(name, value.length());
  }

  private static long size(String name, long valueSize) {
    return PlainJson.quotedLength(name) + valueSize;
  }
}
