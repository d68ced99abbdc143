package io.latchkey.webflux;

import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.Currency;
import java.util.Locale;
import java.util.UUID;

/**
 * Tells which values cannot be changed in place, so that nobody need look whether they were: the
 * JDK's values, enums, and records of nothing else.
 */
final class Immutables {
  /** Deeper than records are nested, as they may also be nested in themselves. */
  private static final int MAX_DEPTH = 10;

  private static final ClassValue<Boolean> IMMUTABLE =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          return isValue(type) || isRecordOfValues(type, 0);
        }
      };

  private Immutables() {}

  static boolean isImmutable(Object value) {
    return value instanceof String || IMMUTABLE.get(value.getClass());
  }

  private static boolean isRecordOfValues(Class<?> type, int depth) {
    if (!type.isRecord() || depth > MAX_DEPTH) {
      return false;
    }
    for (RecordComponent component : type.getRecordComponents()) {
      Class<?> declared = component.getType();
      // Not what is in there, but what may be: so a component's class must be final.
      if (!declared.isPrimitive() && !isValue(declared) && !isRecordOfValues(declared, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isValue(Class<?> type) {
    return type == String.class
        || type == Boolean.class
        || type == Integer.class
        || type == Long.class
        || type == Double.class
        || type == Float.class
        || type == Short.class
        || type == Byte.class
        || type == Character.class
        || type == BigDecimal.class
        || type == BigInteger.class
        || type == UUID.class
        || type == URI.class
        || type == Locale.class
        || type == Currency.class
        || type.isEnum()
        || (type.getSuperclass() != null && type.getSuperclass().isEnum())
        || isTime(type);
  }

  private static boolean isTime(Class<?> type) {
    return type.getName().startsWith("java.time.")
        && !type.isInterface()
        && (Temporal.class.isAssignableFrom(type) || TemporalAmount.class.isAssignableFrom(type));
  }
}
