package io.latchkey.codec;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.type.TypeFactory;

/** What writing and reading of tags have in common. Safe for use by several threads. */
final class TagRules {
  private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);

  private final AttributeTypes types;
  private final Tags tags;
  private final Predicate<JavaType> canBeRead;
  private final Map<Class<?>, Boolean> readable = new ConcurrentHashMap<>();
  private final TagSerializer anything;

  /**
   * Rules.
   *
   * @param canBeRead whether Jackson could make a value of a type
   */
  TagRules(AttributeTypes types, Predicate<JavaType> canBeRead) {
    this.types = types;
    this.tags = new Tags(types.allowed(), types.loader());
    this.canBeRead = canBeRead;
    this.anything = new TagSerializer(TypeFactory.unsafeSimpleType(Object.class), this);
  }

  /** Writes the tag of a value that may be anything. */
  TagSerializer anything() {
    return anything;
  }

  AttributeTypes types() {
    return types;
  }

  Tags tags() {
    return tags;
  }

  /**
   * Whether a position tells so little of what stands in it that JSON's own types are enough where
   * they fit: {@code Object}, and interfaces and abstract classes other than containers.
   */
  static boolean isOpen(JavaType base) {
    return base.isJavaLangObject()
        || (base.isAbstract()
            && !base.isContainerType()
            && !base.isPrimitive()
            && !base.isEnumType()
            && !base.isTypeOrSubTypeOf(Iterable.class));
  }

  /** Whether a value comes back as its class from JSON's own types. */
  static boolean isNaturalScalar(Object value) {
    if (value instanceof String || value instanceof Boolean || value instanceof Integer) {
      return true;
    }
    if (value instanceof Double number) {
      return Double.isFinite(number);
    }
    if (value instanceof Long number) {
      return number != number.intValue();
    }
    return value.getClass() == BigInteger.class && isBeyondLong((BigInteger) value);
  }

  private static boolean isBeyondLong(BigInteger number) {
    return number.compareTo(MIN_LONG) < 0 || number.compareTo(MAX_LONG) > 0;
  }

  /**
   * Whether a tag may not be written. Where the caller is strict this does not answer.
   *
   * @throws Tags.NotAllowedException if the caller is strict
   */
  boolean isRefused(Encoding encoding, String tag, Object value) {
    String reason = null;
    if (Tags.isTooLong(tag)) {
      reason =
          "the name of its class has more than " + SessionBounds.MAX_TAG_LENGTH + " characters";
    } else if (tags.allows(tag)) {
      if (comparatorOf(value) != null) {
        reason = "it has a comparator, which cannot be stored";
      } else if (encoding.strict && !comesBack(tag, value)) {
        reason =
            "Jackson could not make one when it is read, as it has no constructor that Jackson knows"
                + " how to call (for one of Kotlin's, set jacksonModules())";
      } else {
        return false;
      }
    }
    if (encoding.strict) {
      encoding.refused = Tags.component(tag);
      encoding.reason = reason;
      throw new Tags.NotAllowedException(Tags.component(tag));
    }
    return true;
  }

  /** Whether a value that is written could be read. */
  private boolean comesBack(String tag, Object value) {
    Class<?> type = value.getClass();
    return value instanceof Enum
        || type.getName().startsWith("java.")
        || !tags.allowsByOption(tag)
        || types.format(tag) != null
        || readable.computeIfAbsent(
            type,
            unknown -> canBeRead.test(TypeFactory.createDefaultInstance().constructType(unknown)));
  }

  private static @Nullable Object comparatorOf(Object value) {
    if (value instanceof Collection && value instanceof SortedSet<?> set) {
      return set.comparator();
    }
    return value instanceof SortedMap<?, ?> map ? map.comparator() : null;
  }

  /** Writes a value that may be anything. */
  void writeAnything(
      @Nullable Object value, JsonGenerator generator, SerializationContext context) {
    if (value == null) {
      generator.writeNull();
      return;
    }
    ValueSerializer<Object> serializer = context.findContentValueSerializer(value.getClass(), null);
    serializer.serializeWithType(value, generator, context, anything);
  }
}
