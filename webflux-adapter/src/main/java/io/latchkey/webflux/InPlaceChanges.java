package io.latchkey.webflux;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether an attribute's value was changed in place since it was read or saved, by comparing
 * it with a copy from then. The order of sets and maps does not matter.
 *
 * <p>This knows lists, sets, maps and immutable values, which is all that a retrieved session
 * consists of at present. Of an object of another class it can make no copy; once attributes come
 * back as such classes, the copy has to be the encoded form, and this class the only one to change.
 */
final class InPlaceChanges {
  /** The copy of what cannot change, or cannot be copied. */
  private static final Object NONE = new Object();

  /**
   * Deeper than JSON can be nested, so that a list which contains itself is not followed forever.
   */
  private static final int MAX_DEPTH = 1_000;

  private InPlaceChanges() {}

  /** What to keep until {@link #changed} asks for it. */
  static Object remember(Object value) {
    if (isImmutable(value)) {
      return NONE;
    }
    try {
      Object copy = copy(value, 0);
      return copy == null ? NONE : copy;
    } catch (ConcurrentModificationException e) {
      // Somebody changes it at this moment. A copy that equals nothing has it saved once more.
      return new Object();
    }
  }

  static boolean changed(Object value, Object remembered) {
    if (remembered == NONE) {
      return false;
    }
    try {
      return !remembered.equals(value);
    } catch (ConcurrentModificationException e) {
      return true;
    }
  }

  private static @Nullable Object copy(@Nullable Object value, int depth) {
    if (value == null || isImmutable(value)) {
      return value;
    }
    if (depth > MAX_DEPTH) {
      return NONE;
    }
    if (value instanceof Map<?, ?> map) {
      Map<@Nullable Object, @Nullable Object> copy = new HashMap<>();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        Object key = copy(entry.getKey(), depth + 1);
        Object element = copy(entry.getValue(), depth + 1);
        if (key == NONE || element == NONE) {
          return NONE;
        }
        copy.put(key, element);
      }
      return copy;
    }
    Collection<@Nullable Object> copy;
    if (value instanceof List) {
      copy = new ArrayList<>();
    } else if (value instanceof Set) {
      copy = new HashSet<>();
    } else {
      return NONE;
    }
    for (Object element : (Collection<?>) value) {
      Object elementCopy = copy(element, depth + 1);
      if (elementCopy == NONE) {
        return NONE;
      }
      copy.add(elementCopy);
    }
    return copy;
  }

  private static boolean isImmutable(Object value) {
    return value instanceof String
        || value instanceof Boolean
        || value instanceof Integer
        || value instanceof Long
        || value instanceof Double
        || value instanceof Float
        || value instanceof Short
        || value instanceof Byte
        || value instanceof Character
        || value instanceof Enum
        || value.getClass() == BigDecimal.class
        || value.getClass() == BigInteger.class
        || value instanceof UUID
        || value instanceof URI
        || value instanceof Locale
        || isTime(value);
  }

  private static boolean isTime(Object value) {
    return (value instanceof Temporal || value instanceof TemporalAmount)
        && value.getClass().getName().startsWith("java.time.");
  }
}
