package io.latchkey.codec;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.core.type.WritableTypeId;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/**
 * Gives what another serializer writes a tag, of which that need not know, such as an application's
 * own.
 */
class TaggedSerializer extends PassingSerializer {
  TaggedSerializer(ValueSerializer<?> inner) {
    super(inner);
  }

  @Override
  PassingSerializer around(ValueSerializer<?> other) {
    return new TaggedSerializer(other);
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
