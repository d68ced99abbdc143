package io.latchkey.codec;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Passes on to another serializer all that it has no say in. */
abstract class PassingSerializer extends ValueSerializer<Object> {
  final ValueSerializer<Object> inner;

  @SuppressWarnings("unchecked") // Jackson itself does not know more
  PassingSerializer(ValueSerializer<?> inner) {
    this.inner = (ValueSerializer<Object>) inner;
  }

  abstract PassingSerializer around(ValueSerializer<?> other);

  @Override
  public void resolve(SerializationContext context) {
    inner.resolve(context);
  }

  @Override
  public ValueSerializer<?> createContextual(
      SerializationContext context, @Nullable BeanProperty property) {
    ValueSerializer<?> contextual = inner.createContextual(context, property);
    return contextual.equals(inner) ? this : around(contextual);
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
    inner.serializeWithType(value, generator, context, typeSerializer);
  }
}
