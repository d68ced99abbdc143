package io.latchkey.codec;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.core.type.WritableTypeId;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Gives what an application's own serializer writes a tag, of which that need not know. */
final class TaggedSerializer extends ValueSerializer<Object> {
  private final ValueSerializer<Object> inner;

  @SuppressWarnings("unchecked") // Jackson itself does not know more
  TaggedSerializer(ValueSerializer<?> inner) {
    this.inner = (ValueSerializer<Object>) inner;
  }

  @Override
  public void resolve(SerializationContext context) {
    inner.resolve(context);
  }

  @Override
  public ValueSerializer<?> createContextual(
      SerializationContext context, @Nullable BeanProperty property) {
    ValueSerializer<?> contextual = inner.createContextual(context, property);
    return contextual.equals(inner) ? this : new TaggedSerializer(contextual);
  }

  @Override
  public boolean isEmpty(SerializationContext context, Object value) {
    return inner.isEmpty(context, value);
  }

  @Override
  public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
    inner.serialize(value, generator, context);
  }

  @Override
  public void serializeWithType(
      Object value,
      JsonGenerator generator,
      SerializationContext context,
      TypeSerializer typeSerializer) {
    // What kind of JSON it writes, nobody knows beforehand.
    WritableTypeId id =
        typeSerializer.writeTypePrefix(
            generator, context, typeSerializer.typeId(value, JsonToken.VALUE_EMBEDDED_OBJECT));
    inner.serialize(value, generator, context);
    typeSerializer.writeTypeSuffix(generator, context, id);
  }
}
