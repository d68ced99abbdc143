package io.latchkey.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/**
 * Bounds the digits of numbers of any length: to make one out of its digits, or the digits out of
 * it, takes more than linear time.
 */
final class Digits {
  private static final BigInteger TOO_LARGE = BigInteger.TEN.pow(SessionBounds.MAX_DIGITS);

  private Digits() {}

  /** Whether it has so few digits that it may be stored. */
  static boolean areFew(Object number) {
    if (number instanceof BigInteger integer) {
      return integer.bitLength() < TOO_LARGE.bitLength() || integer.abs().compareTo(TOO_LARGE) < 0;
    }
    if (!(number instanceof BigDecimal decimal)) {
      return true;
    }
    BigInteger unscaled = decimal.unscaledValue();
    // An exponent has up to ten digits, and as many zeros may stand before the number.
    return unscaled.bitLength() < TOO_LARGE.bitLength() / 2
        || (areFew(unscaled)
            && decimal.toString().chars().filter(Character::isDigit).count()
                <= SessionBounds.MAX_DIGITS);
  }

  /** Writes a number if it has few digits. */
  static final class Serializer extends PassingSerializer {
    Serializer(ValueSerializer<?> inner) {
      super(inner);
    }

    @Override
    PassingSerializer around(ValueSerializer<?> other) {
      return new Serializer(other);
    }

    @Override
    public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
      check(value, context);
      super.serialize(value, generator, context);
    }

    @Override
    public void serializeWithType(
        Object value,
        JsonGenerator generator,
        SerializationContext context,
        TypeSerializer typeSerializer) {
      check(value, context);
      super.serializeWithType(value, generator, context, typeSerializer);
    }

    private static void check(Object value, SerializationContext context) {
      if (!areFew(value)) {
        throw Encoding.of(context)
            .refused(value.getClass(), "it has more than " + SessionBounds.MAX_DIGITS + " digits");
      }
    }
  }

  /** Reads the key of a map that is such a number. */
  static final class Key extends KeyDeserializer {
    private final KeyDeserializer inner;

    Key(KeyDeserializer inner) {
      this.inner = inner;
    }

    @Override
    public Object deserializeKey(String key, DeserializationContext context) {
      // A sign, a point and an exponent's sign may stand beside the digits.
      return key.length() > SessionBounds.MAX_DIGITS + 4
          ? context.handleWeirdKey(Number.class, "", "it has too many digits")
          : inner.deserializeKey(key, context);
    }
  }
}
