package io.latchkey.codec;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.latchkey.AttributeFormat;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.util.JsonParserSequence;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.AbstractDeserializer;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.deser.jdk.EnumMapDeserializer;
import tools.jackson.databind.deser.jdk.MapDeserializer;
import tools.jackson.databind.jsontype.TypeDeserializer;
import tools.jackson.databind.jsontype.TypeIdResolver;
import tools.jackson.databind.util.TokenBuffer;

/**
 * Reads a value that may have a tag. Only the first key of an object can be one: what comes later
 * is the value's own.
 */
final class TagDeserializer extends TypeDeserializer {
  /** Among the attributes of a context: a tag that cannot be followed is an error. */
  static final String EXACTLY = "io.latchkey.exactly";

  private final JavaType base;
  private final TagRules rules;
  private final boolean open;
  private final @Nullable BeanProperty property;
  private final Map<String, ValueDeserializer<Object>> byTag = new ConcurrentHashMap<>();
  private volatile @Nullable ValueDeserializer<Object> untagged;

  TagDeserializer(JavaType base, TagRules rules) {
    this(base, rules, null);
  }

  private TagDeserializer(JavaType base, TagRules rules, @Nullable BeanProperty property) {
    this.base = base;
    this.rules = rules;
    this.open = TagRules.isOpen(base);
    this.property = property;
  }

  @Override
  public TypeDeserializer forProperty(@Nullable BeanProperty newProperty) {
    return Objects.equals(newProperty, property)
        ? this
        : new TagDeserializer(base, rules, newProperty);
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
  public @Nullable Class<?> getDefaultImpl() {
    return null;
  }

  @Override
  public @Nullable Object deserializeTypedFromObject(
      JsonParser parser, DeserializationContext context) {
    return read(parser, context, null);
  }

  @Override
  public @Nullable Object deserializeTypedFromArray(
      JsonParser parser, DeserializationContext context) {
    return read(parser, context, null);
  }

  @Override
  public @Nullable Object deserializeTypedFromScalar(
      JsonParser parser, DeserializationContext context) {
    return read(parser, context, null);
  }

  @Override
  public @Nullable Object deserializeTypedFromAny(
      JsonParser parser, DeserializationContext context) {
    return read(parser, context, null);
  }

  /**
   * Reads a value.
   *
   * @param given reads what has no tag; null for what Jackson has for the declared type
   */
  @Nullable Object read(
      JsonParser parser,
      DeserializationContext context,
      @Nullable ValueDeserializer<Object> given) {
    boolean started = parser.hasToken(JsonToken.START_OBJECT);
    if (started) {
      parser.nextToken();
    } else if (!parser.hasToken(JsonToken.PROPERTY_NAME)) {
      return isNatural(context, given)
          ? fitting(natural(parser, context), context)
          : untagged(context, given).deserialize(parser, context);
    }
    if (parser.hasToken(JsonToken.PROPERTY_NAME) && parser.currentName().equals(Tags.TYPE)) {
      return tagged(parser, context, given);
    }
    if (isNatural(context, given)) {
      return fitting(naturalObject(parser, context), context);
    }
    return object(untagged(context, given), parser, context);
  }

  // Without a tag.

  /** Whether JSON's own types are all there is to go by. */
  private boolean isNatural(
      DeserializationContext context, @Nullable ValueDeserializer<Object> given) {
    return base.isJavaLangObject()
        || (open && untagged(context, given) instanceof AbstractDeserializer);
  }

  private @Nullable Object natural(JsonParser parser, DeserializationContext context) {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> {
        parser.nextToken();
        yield parser.hasToken(JsonToken.PROPERTY_NAME) && parser.currentName().equals(Tags.TYPE)
            ? anything(context).tagged(parser, context, null)
            : naturalObject(parser, context);
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(natural(parser, context));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> parser.getNumberValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> context.handleUnexpectedToken(base, parser);
    };
  }

  /** From the first key on. */
  private Map<String, @Nullable Object> naturalObject(
      JsonParser parser, DeserializationContext context) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    while (parser.hasToken(JsonToken.PROPERTY_NAME)) {
      String name = parser.currentName();
      parser.nextToken();
      map.put(name, natural(parser, context));
      parser.nextToken();
    }
    return map;
  }

  private TagDeserializer anything(DeserializationContext context) {
    return base.isJavaLangObject()
        ? this
        : new TagDeserializer(context.constructType(Object.class), rules);
  }

  private @Nullable Object fitting(@Nullable Object value, DeserializationContext context) {
    return value == null || base.getRawClass().isInstance(value)
        ? value
        : context.reportInputMismatch(base, "it is of another type");
  }

  private ValueDeserializer<Object> untagged(
      DeserializationContext context, @Nullable ValueDeserializer<Object> given) {
    if (given != null) {
      return given;
    }
    ValueDeserializer<Object> found = untagged;
    if (found == null) {
      found = context.findContextualValueDeserializer(base, property);
      untagged = found;
    }
    return found;
  }

  /** Reads an object from its first key on, or from its end if it has none. */
  private static Object object(
      ValueDeserializer<Object> deserializer, JsonParser parser, DeserializationContext context) {
    ValueDeserializer<?> core = deserializer;
    while (core.getDelegatee() != null) {
      core = core.getDelegatee();
    }
    if (core instanceof BeanDeserializerBase
        || core instanceof MapDeserializer
        || core instanceof EnumMapDeserializer) {
      return deserializer.deserialize(parser, context);
    }
    // Others may count on the brace that was read already.
    TokenBuffer start = context.bufferForInputBuffering(parser);
    start.writeStartObject();
    JsonParser whole;
    if (parser.hasToken(JsonToken.PROPERTY_NAME)) {
      start.writeName(parser.currentName());
      parser.nextToken();
      whole = JsonParserSequence.createFlattened(true, start.asParser(context, parser), parser);
    } else {
      start.writeEndObject();
      whole = start.asParser(context, parser);
    }
    whole.nextToken();
    return deserializer.deserialize(whole, context);
  }

  // With a tag.

  /** From the name of the tag on. */
  private @Nullable Object tagged(
      JsonParser parser,
      DeserializationContext context,
      @Nullable ValueDeserializer<Object> given) {
    if (parser.nextToken() != JsonToken.VALUE_STRING) {
      return context.reportInputMismatch(base, "a tag must be text");
    }
    String tag = parser.getString();
    if (Tags.isTooLong(tag)) {
      return context.reportInputMismatch(base, "a tag must be short");
    }
    parser.nextToken();
    boolean named = parser.hasToken(JsonToken.PROPERTY_NAME);
    if (named && parser.currentName().equals(Tags.VALUE)) {
      parser.nextToken();
      Object value = wrapped(tag, parser, context, given);
      return closed(value, parser, context);
    }
    if (named && parser.currentName().equals(Tags.ENTRIES)) {
      parser.nextToken();
      return closed(entries(tag, parser, context), parser, context);
    }
    return object(deserializer(tag, context, given), parser, context);
  }

  private @Nullable Object closed(
      @Nullable Object value, JsonParser parser, DeserializationContext context) {
    return parser.nextToken() == JsonToken.END_OBJECT
        ? value
        : context.reportInputMismatch(base, "a tag must have one value");
  }

  private @Nullable Object wrapped(
      String tag,
      JsonParser parser,
      DeserializationContext context,
      @Nullable ValueDeserializer<Object> given) {
    AttributeFormat format = rules.types().format(tag);
    if (format != null) {
      return formatted(format, tag, parser, context);
    }
    ValueDeserializer<Object> deserializer = deserializer(tag, context, given);
    return parser.hasToken(JsonToken.VALUE_NULL)
        ? deserializer.getNullValue(context)
        : deserializer.deserialize(parser, context);
  }

  private Object formatted(
      AttributeFormat format, String tag, JsonParser parser, DeserializationContext context) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator generator =
        context.tokenStreamFactory().createGenerator(ObjectWriteContext.empty(), json)) {
      generator.copyCurrentStructureExact(parser);
    }
    Object value;
    try {
      value = format.read(json.toByteArray());
    } catch (Exception | LinkageError | StackOverflowError e) {
      String name = AttributeFormats.classNamedBy(e);
      throw name != null
          ? unfollowed(context, name, UnfollowedTagException.NOT_ALLOWED)
          : unfollowed(context, tag, "its own format fails (" + e.getClass().getName() + ")");
    }
    return value != null && base.getRawClass().isInstance(value)
        ? value
        : context.reportInputMismatch(base, "it is of another type");
  }

  private Object entries(String tag, JsonParser parser, DeserializationContext context) {
    Object made =
        deserializer(tag, context, null).deserialize(emptyObject(parser, context), context);
    if (!(made instanceof Map<?, ?>) || !parser.hasToken(JsonToken.START_ARRAY)) {
      return context.reportInputMismatch(base, "only a map has entries");
    }
    @SuppressWarnings("unchecked") // of the types that its own deserializer would read
    Map<@Nullable Object, @Nullable Object> map = (Map<@Nullable Object, @Nullable Object>) made;
    JavaType anything = context.constructType(Object.class);
    boolean typed = base.isMapLikeType();
    ValueDeserializer<Object> keys =
        context.findRootValueDeserializer(typed ? base.getKeyType() : anything);
    ValueDeserializer<Object> values =
        context.findRootValueDeserializer(typed ? base.getContentType() : anything);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Object key = read(keys, parser, context);
      if (parser.nextToken() == JsonToken.END_ARRAY) {
        return context.reportInputMismatch(base, "the last key has no value");
      }
      map.put(key, read(values, parser, context));
    }
    return map;
  }

  private static @Nullable Object read(
      ValueDeserializer<Object> deserializer, JsonParser parser, DeserializationContext context) {
    return parser.hasToken(JsonToken.VALUE_NULL)
        ? deserializer.getNullValue(context)
        : deserializer.deserialize(parser, context);
  }

  private static JsonParser emptyObject(JsonParser parser, DeserializationContext context) {
    TokenBuffer empty = context.bufferForInputBuffering(parser);
    empty.writeStartObject();
    empty.writeEndObject();
    JsonParser object = empty.asParser(context, parser);
    object.nextToken();
    return object;
  }

  private ValueDeserializer<Object> deserializer(
      String tag, DeserializationContext context, @Nullable ValueDeserializer<Object> given) {
    ValueDeserializer<Object> known = byTag.get(tag);
    if (known != null) {
      return known;
    }
    if (tag.equals(base.getRawClass().getName())) {
      // No more than is declared: nobody need be asked, and nothing is loaded.
      return untagged(context, null);
    }
    JavaType type = followed(tag, context);
    if (type == null) {
      return untagged(context, given);
    }
    ValueDeserializer<Object> found = context.findContextualValueDeserializer(type, property);
    byTag.put(tag, found);
    return found;
  }

  /** The type that a tag stands for; null if the declared one will do instead. */
  private @Nullable JavaType followed(String tag, DeserializationContext context) {
    String why;
    try {
      JavaType type = rules.tags().resolve(tag, context.getTypeFactory());
      if (type.isTypeOrSubTypeOf(base.getRawClass())) {
        return narrowed(type, context);
      }
      why = "it is not of " + base.getRawClass().getName();
    } catch (Tags.NotAllowedException e) {
      why = UnfollowedTagException.NOT_ALLOWED;
    } catch (ClassNotFoundException e) {
      why = UnfollowedTagException.GONE;
    }
    if (mayBeReadAsDeclared(context)) {
      return null;
    }
    throw unfollowed(context, tag, why);
  }

  /** The declared type may know what is in a container, which the tag does not. */
  private JavaType narrowed(JavaType type, DeserializationContext context) {
    if (!base.hasGenericTypes() || type.hasRawClass(EnumSet.class)) {
      return type;
    }
    if (type.hasRawClass(EnumMap.class) && !base.getKeyType().isEnumType()) {
      return type;
    }
    return context.constructSpecializedType(base, type.getRawClass());
  }

  /**
   * Whoever asks for a class is given it, whatever was stored; but where the class is to be what
   * went in, a subclass that is gone must not come back as less than it was.
   */
  private boolean mayBeReadAsDeclared(DeserializationContext context) {
    if (open) {
      return false;
    }
    return base.isFinal() || context.getAttribute(EXACTLY) == null;
  }

  private UnfollowedTagException unfollowed(
      DeserializationContext context, String tag, String why) {
    return new UnfollowedTagException(context.getParser(), base, tag, why);
  }
}
