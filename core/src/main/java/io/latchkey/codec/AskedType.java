package io.latchkey.codec;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.jsontype.TypeDeserializer;

/**
 * Stands for the type that the context's attribute tells, so that a whole value can be read by
 * rules of ours.
 */
final class AskedType {
  /** The attribute with the type to read a value as that has a tag. */
  static final String AS = "io.latchkey.as";

  /** The attribute with the type of which to find out whether it can be read at all. */
  static final String CHECKED = "io.latchkey.checked";

  private AskedType() {}

  /** Reads a value that has a tag; or tells true if a type can be made, else false. */
  static final class Deserializer extends ValueDeserializer<Object> {
    private final TagRules rules;
    private final Map<JavaType, TagDeserializer> readers = new ConcurrentHashMap<>();

    Deserializer(TagRules rules) {
      this.rules = rules;
    }

    @Override
    public @Nullable Object deserializeWithType(
        JsonParser parser, DeserializationContext context, TypeDeserializer typeDeserializer) {
      return deserialize(parser, context);
    }

    @Override
    public @Nullable Object deserialize(JsonParser parser, DeserializationContext context) {
      if (context.getAttribute(CHECKED) instanceof JavaType checked) {
        return canBeMade(context.findContextualValueDeserializer(checked, null));
      }
      JavaType type = (JavaType) context.getAttribute(AS);
      TagDeserializer reader = readers.computeIfAbsent(type, t -> new TagDeserializer(t, rules));
      // A type with a @JsonTypeInfo of its own heeds that where the tag does not say more.
      TypeDeserializer own = context.findTypeDeserializer(type);
      ValueDeserializer<Object> given =
          own == null || own instanceof TagDeserializer
              ? null
              : context.findRootValueDeserializer(type);
      return reader.read(parser, context, given);
    }

    private static boolean canBeMade(ValueDeserializer<?> deserializer) {
      ValueDeserializer<?> core = deserializer;
      while (core.getDelegatee() != null) {
        core = core.getDelegatee();
      }
      return !(core instanceof BeanDeserializerBase bean)
          || bean.getValueInstantiator().canInstantiate();
    }
  }
}
