package io.latchkey.codec;

import io.latchkey.SessionAttributeException;
import io.latchkey.UnreadableSessionException;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/**
 * Attribute values to JSON and back.
 *
 * <p>Jackson's own messages quote the text that they could not read. So none of its exceptions is
 * passed on, not as a cause either: ours name the attribute and the types only.
 */
public final class AttributeCodec {
  private final JsonMapper mapper;

  /** A codec with the settings that stored data needs. */
  public AttributeCodec() {
    // What could be written can be read again: the limits are those of writing alone. What is read
    // was written by this application, and has passed a checksum.
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(2 * StreamWriteConstraints.DEFAULT_MAX_DEPTH)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();
    mapper =
        JsonMapper.builder(factory)
            // A value is read as what it is, or not at all: no number out of a text, no text out
            // of a number, nothing cut off.
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .withCoercionConfig(
                LogicalType.Textual,
                c ->
                    c.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            // What has no property at all would be stored as {} and come back as nothing.
            .enable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
            // An enum's name is stable; its toString may be a translation.
            .disable(EnumFeature.WRITE_ENUMS_USING_TO_STRING)
            .disable(EnumFeature.READ_ENUMS_USING_TO_STRING)
            // Two versions of an application share sessions while one replaces the other.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
  }

  /**
   * Encodes a value.
   *
   * @param name the attribute's name, for the error
   * @param value the value
   * @return its JSON
   * @throws SessionAttributeException if Jackson cannot write it
   */
  public JsonBytes encode(String name, Object value) {
    try {
      return JsonBytes.of(mapper.writeValueAsBytes(value));
    } catch (JacksonException | StackOverflowError e) {
      throw new SessionAttributeException(
          name,
          "attribute '%s' cannot be stored: Jackson cannot write a value of %s as JSON (%s)"
              .formatted(name, value.getClass().getName(), e.getClass().getSimpleName()),
          null);
    }
  }

  /**
   * Decodes a value.
   *
   * @param name the attribute's name, for the error
   * @param json its JSON
   * @param type the type to read it as
   * @param <T> that type
   * @return the value, or null for JSON's null
   * @throws SessionAttributeException if it is not of that type
   */
  @SuppressWarnings("TypeParameterUnusedInFormals") // the caller's type token says what T is
  public <T> @Nullable T decode(String name, JsonBytes json, Type type) {
    try {
      JavaType javaType = mapper.constructType(type);
      return mapper.readerFor(javaType).readValue(json.array(), json.offset(), json.length());
    } catch (JacksonException | IllegalArgumentException e) {
      throw new SessionAttributeException(
          name,
          "attribute '%s' is %s and cannot be read as %s"
              .formatted(name, json.kind(), type.getTypeName()),
          null);
    }
  }

  /**
   * Encodes an attribute's name as it stands in a document.
   *
   * @param name the name
   * @return a JSON string, quotes included
   */
  public JsonBytes encodeName(String name) {
    return encode(name, name);
  }

  /**
   * Takes an object apart into its fields, without decoding their values.
   *
   * @param object a JSON object
   * @return the fields in their order, as views on the same bytes
   * @throws UnreadableSessionException if it is not a JSON object
   */
  public Map<String, JsonBytes> fields(JsonBytes object) {
    return JsonFields.of(object, this::decodeName);
  }

  /**
   * Decodes an attribute's name.
   *
   * @param quoted a JSON string, quotes included
   * @return the name
   */
  public String decodeName(JsonBytes quoted) {
    try {
      return Objects.requireNonNull(decode("name", quoted, String.class));
    } catch (SessionAttributeException e) {
      throw new UnreadableSessionException(
          "what is stored for the session has a damaged attribute name");
    }
  }
}
