package io.latchkey.codec;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TreeNode;
import tools.jackson.core.type.WritableTypeId;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.jsontype.TypeIdResolver;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Writes a tag before a value whose class its declared type does not tell. */
final class TagSerializer extends TypeSerializer {
  private final TagRules rules;
  private final Class<?> base;
  private final boolean open;

  TagSerializer(JavaType base, TagRules rules) {
    this.rules = rules;
    this.base = base.getRawClass();
    this.open = TagRules.isOpen(base);
  }

  @Override
  public TypeSerializer forProperty(SerializationContext context, BeanProperty property) {
    return this;
  }

  @Override
  public JsonTypeInfo.As getTypeInclusion() {
    return JsonTypeInfo.As.PROPERTY;
  }

  @Override
  public String getPropertyName() {
    return Tags.TYPE;
  }

  @Override
  public @Nullable TypeIdResolver getTypeIdResolver() {
    return null;
  }

  @Override
  public WritableTypeId writeTypePrefix(
      JsonGenerator generator, SerializationContext context, WritableTypeId id) {
    Encoding encoding = Encoding.of(context);
    boolean object = id.valueShape == JsonToken.START_OBJECT;
    Object value = id.forValue;
    Class<?> type = id.forValueType != null ? id.forValueType : value.getClass();
    String tag = tag(encoding, value, type, id.valueShape);
    if (tag == null
        && encoding.escaping
        && (object || id.valueShape == JsonToken.VALUE_EMBEDDED_OBJECT)) {
      tag = escapingTag(value, type);
    }
    if (tag != null) {
      generator.writeStartObject();
      generator.writeName(Tags.TYPE);
      generator.writeString(tag);
      encoding.written++;
      if (object && !encoding.escaping && !(value instanceof Map) && !(value instanceof TreeNode)) {
        return id;
      }
      generator.writeName(Tags.VALUE);
      encoding.written++;
      id.wrapperWritten = true;
    }
    if (object) {
      generator.writeStartObject(value);
    } else if (id.valueShape == JsonToken.START_ARRAY) {
      generator.writeStartArray(value);
    }
    return id;
  }

  @Override
  public WritableTypeId writeTypeSuffix(
      JsonGenerator generator, SerializationContext context, WritableTypeId id) {
    if (id.valueShape == JsonToken.START_OBJECT) {
      generator.writeEndObject();
    } else if (id.valueShape == JsonToken.START_ARRAY) {
      generator.writeEndArray();
    }
    if (id.wrapperWritten) {
      generator.writeEndObject();
    }
    return id;
  }

  /** The tag that a value needs; null for none. */
  private @Nullable String tag(Encoding encoding, Object value, Class<?> type, JsonToken shape) {
    if (open ? isNatural(value, shape) : type == base || isWhatReadingMakes(value, type)) {
      return null;
    }
    String tag = Tags.of(value, type);
    return rules.isRefused(encoding, tag, value) ? null : tag;
  }

  /** The tag of an object that would need none, but for what is in it. */
  private String escapingTag(Object value, Class<?> type) {
    String tag = Tags.of(value, type);
    return type == base || rules.tags().allows(tag) ? tag : Tags.MAP;
  }

  private static boolean isNatural(Object value, JsonToken shape) {
    if (shape == JsonToken.VALUE_EMBEDDED_OBJECT) {
      return false;
    }
    return TagRules.isNaturalScalar(value) || Tags.isPlainList(value) || Tags.isPlainMap(value);
  }

  /** Whether a container comes back as one that is as good, without a tag. */
  private boolean isWhatReadingMakes(Object value, Class<?> type) {
    if (value instanceof Enum<?> constant) {
      return constant.getDeclaringClass() == base;
    }
    if (!base.isInterface()
        || !(value instanceof Collection || value instanceof Map)
        || rules.tags().allowsByOption(type.getName())) {
      return false;
    }
    if (base == List.class) {
      return true;
    }
    if (base == Set.class || base == Map.class) {
      return true;
    }
    if (base == Collection.class || base == Iterable.class) {
      return Tags.isPlainList(value);
    }
    if (base == SortedSet.class || base == NavigableSet.class) {
      return type == TreeSet.class && ((SortedSet<?>) value).comparator() == null;
    }
    if (base == SortedMap.class || base == NavigableMap.class) {
      return type == TreeMap.class && ((SortedMap<?, ?>) value).comparator() == null;
    }
    return false;
  }

  /**
   * Writes a map with the keys that JSON's own have not, keys and values in turn.
   *
   * @return false if it was not written, as a key is of a class that is not allowed
   */
  boolean writeEntries(Map<?, ?> map, JsonGenerator generator, SerializationContext context) {
    Encoding encoding = Encoding.of(context);
    String tag = Tags.of(map, map.getClass());
    if (rules.isRefused(encoding, tag, map)) {
      return false;
    }
    for (Object key : map.keySet()) {
      if (key != null
          && !TagRules.isNaturalScalar(key)
          && rules.isRefused(encoding, Tags.of(key, key.getClass()), key)) {
        return false;
      }
    }
    generator.writeStartObject(map);
    generator.writeName(Tags.TYPE);
    generator.writeString(tag);
    generator.writeName(Tags.ENTRIES);
    encoding.written += 2;
    generator.writeStartArray();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      rules.writeAnything(entry.getKey(), generator, context);
      rules.writeAnything(entry.getValue(), generator, context);
    }
    generator.writeEndArray();
    generator.writeEndObject();
    return true;
  }
}
