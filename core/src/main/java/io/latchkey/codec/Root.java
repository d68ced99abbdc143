package io.latchkey.codec;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;
import tools.jackson.databind.ser.impl.TypeWrappedSerializer;

/**
 * A value to be written, with what Jackson is to know about it.
 *
 * @param value the value
 * @param type the type that it is written and read as; null for whatever it is
 * @param encoding what to heed
 */
record Root(Object value, @Nullable JavaType type, Encoding encoding) {

  /** Writes roots. */
  static final class Serializer extends ValueSerializer<Root> {
    private final TagRules rules;
    private final Map<JavaType, Declared> declared = new ConcurrentHashMap<>();

    Serializer(TagRules rules) {
      this.rules = rules;
    }

    @Override
    public void serializeWithType(
        Root root,
        JsonGenerator generator,
        SerializationContext context,
        TypeSerializer typeSerializer) {
      serialize(root, generator, context);
    }

    @Override
    public void serialize(Root root, JsonGenerator generator, SerializationContext context) {
      context.setAttribute(Encoding.class, root.encoding);
      Object value = root.value;
      JavaType type = root.type;
      // Jackson keeps serializers together with what types them: take the two apart again.
      ValueSerializer<Object> serializer =
          type != null && type.hasGenericTypes()
              ? context.findTypedValueSerializer(
                  context.constructSpecializedType(type, value.getClass()), true)
              : context.findTypedValueSerializer(value.getClass(), true);
      TypeSerializer own = null;
      if (serializer instanceof TypeWrappedSerializer wrapped) {
        serializer = wrapped.valueSerializer();
        own = wrapped.typeSerializer() instanceof TagSerializer ? null : wrapped.typeSerializer();
      }
      if (type != null) {
        TypeSerializer its =
            declared.computeIfAbsent(type, t -> new Declared(context.findTypeSerializer(t))).types;
        write(value, serializer, its, generator, context);
      } else if (own == null || root.encoding.strict || isAllowed(value)) {
        serializer.serializeWithType(value, generator, context, rules.anything());
      } else if (root.encoding.escaping) {
        generator.writeStartObject();
        generator.writeName(Tags.TYPE);
        generator.writeString(Tags.of(value, value.getClass()));
        generator.writeName(Tags.VALUE);
        serializer.serializeWithType(value, generator, context, own);
        generator.writeEndObject();
      } else {
        serializer.serializeWithType(value, generator, context, own);
      }
    }

    private boolean isAllowed(Object value) {
      return rules.tags().allows(Tags.of(value, value.getClass()));
    }

    private static void write(
        Object value,
        ValueSerializer<Object> serializer,
        @Nullable TypeSerializer types,
        JsonGenerator generator,
        SerializationContext context) {
      if (types == null) {
        serializer.serialize(value, generator, context);
      } else {
        serializer.serializeWithType(value, generator, context, types);
      }
    }

    private record Declared(@Nullable TypeSerializer types) {}
  }
}
