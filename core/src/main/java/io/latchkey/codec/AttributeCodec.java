package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.latchkey.SessionAttributeException;
import io.latchkey.SessionTooLargeException;
import io.latchkey.UnreadableSessionException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/**
 * Attribute values to JSON and back.
 *
 * <h2>The stored form</h2>
 *
 * JSON's own types stay as they are: texts, booleans, whole numbers as the smallest of {@code
 * Integer}, {@code Long} and {@code BigInteger} that holds them, {@code Double}, lists as {@code
 * ArrayList}, and maps with texts as keys as {@code LinkedHashMap}. A value of another class has a
 * tag where its declared type does not tell the class already:
 *
 * <pre>{@code
 * {"@type":"shop.Cart","items":[...]}                             an object of an application
 * {"@type":"java.lang.Long","@value":5}                           what is no JSON object
 * {"@type":"java.util.HashMap","@entries":[1,"one",2,"two"]}      a map whose keys are no texts
 * }</pre>
 *
 * <p>A tag stands first in its object, and nothing else can: if a value has a key of such a name
 * itself, or seems to, it is written once more, so that each object in it that could be taken for a
 * tag lies in the {@code @value} of one.
 *
 * <p>Jackson's own messages quote the text that they could not read. So none of its exceptions is
 * passed on, not as a cause either: ours name the attribute and the types only.
 *
 * <p>Safe for use by several threads.
 */
public final class AttributeCodec {
  private static final byte[] TAG_START = ('"' + Tags.TYPE + '"').getBytes(US_ASCII);

  /** What never needs a second look for names that seem to be tags. */
  private static final Set<Class<?>> PLAIN =
      Set.of(String.class, Boolean.class, Integer.class, Long.class, Double.class);

  /** Jackson wraps an error once for each object around it at the most. */
  private static final int MAX_CAUSES = 2 * SessionBounds.MAX_DEPTH;

  private final JsonMapper mapper;
  private final TagRules rules;
  private final boolean strict;
  private final Map<String, JavaType> registered = new HashMap<>();
  private final ObjectReader exactly;
  private final SessionBounds bounds;

  /** Whether nobody but Jackson itself has a say in how texts and numbers are written and read. */
  private final boolean plainIsJacksons;

  /** A codec that knows the JDK's values only, and writes those of other classes without a tag. */
  public AttributeCodec() {
    this(
        new AttributeTypes(
            new AllowList(Set.of()),
            false,
            Map.of(),
            List.of(),
            false,
            AttributeCodec.class.getClassLoader()),
        SessionBounds.DEFAULT);
  }

  AttributeCodec(AttributeTypes types, SessionBounds bounds) {
    this.bounds = bounds;
    strict = types.strict();
    plainIsJacksons =
        !types.modules()
            && Stream.of(String.class, Boolean.class, Integer.class, Long.class)
                .allMatch(type -> types.format(type.getName()) == null);
    rules = new TagRules(types, this::canBeRead);
    mapper = mapper(rules);
    exactly = mapper.readerFor(Object.class).withAttribute(TagDeserializer.EXACTLY, true);
    types.byName().forEach((name, type) -> registered.put(name, mapper.constructType(type)));
  }

  private static JsonMapper mapper(TagRules rules) {
    // What could be written can be read again. What is read may be of any length, as the length of
    // what is stored is bounded, but nothing in it may take more than linear time.
    JsonFactory factory =
        JsonFactory.builder()
            // One value takes a buffer, and a buffer of the thread's own takes no queue that all
            // event loops share.
            .recyclerPool(JsonRecyclerPools.threadLocalPool())
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(SessionBounds.MAX_DEPTH)
                    .maxNumberLength(SessionBounds.MAX_DIGITS)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .streamWriteConstraints(
                StreamWriteConstraints.builder().maxNestingDepth(SessionBounds.MAX_DEPTH).build())
            .build();
    AttributeTypes types = rules.types();
    GuardedTypes guarded = new GuardedTypes(rules.tags()::allows, types.loader());
    JsonMapper.Builder builder =
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
            // A time keeps its zone and its offset.
            .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            .disable(DateTimeFeature.NORMALIZE_DESERIALIZED_ZONE_ID)
            .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
            // Two versions of an application share sessions while one replaces the other: what one
            // of them does not know is passed over, what one of them lacks is zero.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
    if (types.modules()) {
      builder.addModules(JsonMapper.Builder.findModules(types.loader()));
    }
    return builder
        .typeFactory(guarded)
        .polymorphicTypeValidator(guarded.validator())
        .annotationIntrospector(new TagIntrospector())
        .setDefaultTyping(new TagTyping(rules))
        .addModule(new TagModule(rules))
        .build();
  }

  /**
   * Encodes a value of any size, and refuses one of a class that is not allowed if an option asks
   * for that.
   *
   * @param name the attribute's name, which may have a type of its own
   * @param value the value
   * @return its JSON
   * @throws SessionAttributeException if it cannot be written
   */
  public JsonBytes encode(String name, Object value) {
    return encode(name, value, strict, Integer.MAX_VALUE);
  }

  /**
   * Encodes a value that is to be stored, as {@link #encode(String, Object)} does.
   *
   * @param name the attribute's name, which may have a type of its own
   * @param value the value
   * @param stored what is stored under that name, null for nothing
   * @return its JSON
   * @throws SessionAttributeException if it cannot be written
   * @throws SessionTooLargeException if it is larger than an attribute may be, and than what is
   *     stored. No more memory than that is used to find out
   */
  public JsonBytes encode(String name, Object value, @Nullable JsonBytes stored) {
    return encode(name, value, strict, bounds.maxValueSize(stored));
  }

  /**
   * Encodes a value that is to be stored so that {@link #decode(String, JsonBytes)} makes of it
   * what it is.
   *
   * @param name the attribute's name, which may have a type of its own
   * @param value the value
   * @param stored what is stored under that name, null for nothing
   * @return its JSON
   * @throws SessionAttributeException if it cannot be written, or would not come back as its class
   * @throws SessionTooLargeException if it is larger than an attribute may be, and than what is
   *     stored
   */
  public JsonBytes encodeExactly(String name, Object value, @Nullable JsonBytes stored) {
    return encode(name, value, true, bounds.maxValueSize(stored));
  }

  private JsonBytes encode(String name, Object value, boolean exactly, int limit) {
    JavaType type = registered.isEmpty() ? null : registered.get(name);
    if (type != null && !type.getRawClass().isInstance(value)) {
      throw new SessionAttributeException(
          name,
          "attribute '%s' is registered as %s and cannot be a %s: see attribute(\"%s\", ...)"
              .formatted(
                  DisplayNames.of(name),
                  type.toCanonical(),
                  value.getClass().getName(),
                  DisplayNames.of(name)),
          null);
    }
    if (value instanceof String text && text.length() > limit) {
      throw bounds.attributeTooLarge(name, PlainJson.quotedLength(text), false);
    }
    if (type == null && plainIsJacksons) {
      byte[] plain = PlainJson.of(value);
      if (plain != null) {
        return JsonBytes.of(plain);
      }
    }
    Encoding encoding = new Encoding(exactly, false, false);
    byte[] json = write(name, new Root(value, type, encoding), limit);
    if (!PLAIN.contains(value.getClass()) && Escapes.count(json) > encoding.written) {
      json = write(name, new Root(value, type, new Encoding(exactly, true, false)), limit);
    }
    return JsonBytes.of(json);
  }

  private byte[] write(String name, Root root, int limit) {
    BoundedOutput output = new BoundedOutput(limit);
    try {
      mapper.writeValue(output, root);
    } catch (Throwable e) {
      throwIfFatal(e);
      throw output.isOver()
          ? bounds.attributeTooLarge(name, output.size(), true)
          : new SessionAttributeException(name, whyNotWritten(name, root, e), null);
    }
    if (output.isOver()) {
      throw bounds.attributeTooLarge(name, output.size(), false);
    }
    return output.toArray();
  }

  /**
   * Passes on what concerns the whole process, as no memory. All else that a value's own code or
   * Jackson may throw, errors of classes and of the stack included, concerns that value alone.
   */
  private static void throwIfFatal(Throwable error) {
    if (error instanceof VirtualMachineError fatal && !(error instanceof StackOverflowError)) {
      throw fatal;
    }
  }

  private static String whyNotWritten(String attribute, Root root, Throwable error) {
    String name = DisplayNames.of(attribute);
    String refused = root.encoding().refused;
    if (isOfConstraints(error) || error instanceof StackOverflowError) {
      return ("attribute '%s' cannot be stored: its value of %s is nested more than %d deep as JSON, tags"
              + " included, or contains itself")
          .formatted(name, root.value().getClass().getName(), SessionBounds.MAX_NESTING);
    }
    if (refused == null) {
      return "attribute '%s' cannot be stored: Jackson cannot write a value of %s as JSON (%s)"
          .formatted(name, root.value().getClass().getName(), error.getClass().getSimpleName());
    }
    String reason = root.encoding().reason;
    if (reason != null) {
      return "attribute '%s' cannot be stored with a value of %s in it: %s"
          .formatted(name, refused, reason);
    }
    return ("attribute '%s' cannot be stored, as %s is not allowed: set allow(\"%s\"), or"
            + " attribute(\"%s\", %s.class) if the attribute always is one")
        .formatted(
            name,
            refused,
            refused.contains(".") ? refused.substring(0, refused.lastIndexOf('.')) : refused,
            name,
            refused.substring(refused.lastIndexOf('.') + 1).replace('$', '.'));
  }

  private static boolean isOfConstraints(Throwable error) {
    Throwable cause = error;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (cause instanceof StreamConstraintsException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  /**
   * Decodes a value as the type that the caller asks for, whatever it was stored as.
   *
   * @param name the attribute's name, for the error
   * @param json its JSON
   * @param type the type to read it as
   * @param <T> that type
   * @return the value, or null for JSON's null
   * @throws SessionAttributeException if it is not of that type
   */
  @SuppressWarnings({
    "TypeParameterUnusedInFormals", // the caller's type token says what T is
    "unchecked" // and that it is String
  })
  public <T> @Nullable T decode(String name, JsonBytes json, Type type) {
    String plain = type == String.class ? plainText(json) : null;
    if (plain != null) {
      return (T) plain;
    }
    try {
      JavaType javaType = mapper.constructType(type);
      ObjectReader reader =
          hasTag(json)
              ? mapper.readerFor(AskedType.class).withAttribute(AskedType.AS, boxed(javaType))
              : mapper.readerFor(javaType);
      Object value = reader.readValue(json.array(), json.offset(), json.length());
      if (value == null || boxed(javaType).getRawClass().isInstance(value)) {
        return (T) value;
      }
    } catch (Throwable e) {
      throwIfFatal(e);
    }
    throw new SessionAttributeException(
        name,
        "attribute '%s' is %s and cannot be read as %s"
            .formatted(DisplayNames.of(name), json.kind(), type.getTypeName()),
        null);
  }

  /**
   * Decodes a value as what it was stored as: by the type that its attribute has, or by its tags.
   *
   * @param name the attribute's name
   * @param json its JSON
   * @return the value, or null for JSON's null
   * @throws SessionAttributeException if that is not to be had, as its class is gone, not allowed
   *     or does not fit any more
   */
  public @Nullable Object decode(String name, JsonBytes json) {
    JavaType type = registered.isEmpty() ? null : registered.get(name);
    String plain = type == null ? plainText(json) : null;
    if (plain != null) {
      return plain;
    }
    try {
      ObjectReader reader = exactly;
      if (type != null) {
        reader =
            hasTag(json)
                ? exactly.forType(AskedType.class).withAttribute(AskedType.AS, type)
                : exactly.forType(type);
      }
      return reader.readValue(json.array(), json.offset(), json.length());
    } catch (Throwable e) {
      throwIfFatal(e);
      String why =
          e instanceof UnfollowedTagException tag
              ? tag.explanation()
              : "its class does not fit what is stored (" + e.getClass().getSimpleName() + ")";
      throw new SessionAttributeException(
          name,
          "attribute '%s' cannot be read as what it was stored as: %s"
              .formatted(DisplayNames.of(name), why),
          null);
    }
  }

  /** The text that it is, or null if it is none, or takes Jackson to tell. */
  private @Nullable String plainText(JsonBytes json) {
    return plainIsJacksons ? PlainJson.text(json) : null;
  }

  private JavaType boxed(JavaType type) {
    return type.isPrimitive()
        ? mapper.constructType(MethodType.methodType(type.getRawClass()).wrap().returnType())
        : type;
  }

  private static boolean hasTag(JsonBytes json) {
    byte[] bytes = json.array();
    int end = json.offset() + json.length();
    int i = json.offset();
    if (i == end || bytes[i] != '{') {
      return false;
    }
    do {
      i++;
    } while (i < end && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\t'));
    return end - i > TAG_START.length
        && Arrays.equals(bytes, i, i + TAG_START.length, TAG_START, 0, TAG_START.length);
  }

  /**
   * Whether a value is still what it was when it was stored, whatever the order of sets and maps.
   *
   * @param name the attribute's name
   * @param value the value as it is now
   * @param stored what it was decoded from, or encoded to
   * @return false if it was changed since, or cannot tell
   */
  public boolean isUnchanged(String name, Object value, JsonBytes stored) {
    try {
      if (encode(name, value, false, bounds.maxValueSize(stored)).equals(stored)) {
        return true;
      }
    } catch (SessionTooLargeException e) {
      return false;
    } catch (SessionAttributeException e) {
      return !canBeEncoded(name, stored);
    }
    try {
      Object before = decode(name, stored);
      return before != null && canonical(name, before).equals(canonical(name, value));
    } catch (SessionAttributeException e) {
      return false;
    }
  }

  /** Whether what is stored could be stored again. */
  private boolean canBeEncoded(String name, JsonBytes stored) {
    try {
      Object before = decode(name, stored);
      return before != null && encode(name, before, false, Integer.MAX_VALUE).length() > 0;
    } catch (SessionAttributeException e) {
      return false;
    }
  }

  private JsonNode canonical(String name, Object value) {
    Root root = new Root(value, registered.get(name), new Encoding(false, false, true));
    return Canonical.of(write(name, root, Integer.MAX_VALUE));
  }

  /** Whether Jackson could make a value of that type. */
  private boolean canBeRead(JavaType type) {
    try {
      return Boolean.TRUE.equals(
          mapper.readerFor(AskedType.class).withAttribute(AskedType.CHECKED, type).readValue("0"));
    } catch (Throwable e) {
      throwIfFatal(e);
      return false;
    }
  }

  /**
   * Encodes an attribute's name as it stands in a document.
   *
   * @param name the name
   * @return a JSON string, quotes included
   */
  public JsonBytes encodeName(String name) {
    byte[] plain = PlainJson.quoted(name);
    if (plain != null) {
      return JsonBytes.of(plain);
    }
    // Not as a value: the attribute of that name may have a type of its own.
    Root root = new Root(name, null, new Encoding(false, false, false));
    return JsonBytes.of(write(name, root, Integer.MAX_VALUE));
  }

  /**
   * Takes an object apart into its fields, without decoding their values.
   *
   * @param object a JSON object
   * @return the fields in their order, as views on the same bytes, unmodifiable
   * @throws UnreadableSessionException if it is not a JSON object, or two of its fields have the
   *     same name
   */
  public Map<String, JsonBytes> fields(JsonBytes object) {
    return new JsonFields(object, this::decodeName).all();
  }

  /**
   * Fields that were found one by one.
   *
   * @param names their names, as JSON strings, quotes included
   * @param values their values
   * @return the fields in that order, unmodifiable
   * @throws UnreadableSessionException if a name is not a JSON string, or two of them are the same
   *     name, however they are written
   */
  public Map<String, JsonBytes> fields(List<JsonBytes> names, List<JsonBytes> values) {
    return Fields.of(
        names.toArray(JsonBytes[]::new),
        values.toArray(JsonBytes[]::new),
        names.size(),
        this::decodeName);
  }

  /**
   * Takes an object apart into its fields, and in the same pass one that lies in it.
   *
   * @param object a JSON object
   * @param name the name, in JSON, of the field that is to be taken apart, too
   * @return the fields of both
   * @throws UnreadableSessionException if one of the two is not a JSON object, or has two fields of
   *     the same name
   */
  public Nested nested(JsonBytes object, JsonBytes name) {
    JsonFields fields = new JsonFields(object, this::decodeName, name);
    return new Nested(fields.all(), fields.inner());
  }

  /**
   * An object, and one that lies in it, taken apart.
   *
   * @param outer the fields in their order, as views on the same bytes, unmodifiable
   * @param inner those of the object that lies in it, null if it is not there
   */
  public record Nested(Map<String, JsonBytes> outer, @Nullable Map<String, JsonBytes> inner) {}

  /**
   * The attributes of a session, some of them changed.
   *
   * @param before the attributes as they are stored
   * @param changes new values by name, null for an attribute to be taken out
   * @return an unmodifiable map, new names behind those that were there
   * @throws SessionTooLargeException if they are over a bound, and larger than what is stored
   */
  public Map<String, JsonBytes> changed(
      Map<String, JsonBytes> before, Map<String, @Nullable JsonBytes> changes) {
    if (changes.isEmpty()) {
      return before;
    }
    Map<String, JsonBytes> after = Fields.changed(before, changes, this);
    bounds.check(before, changes, after);
    return after;
  }

  /**
   * Passes on the fields of an object, names in JSON.
   *
   * @param fields the fields
   * @param action is given each name, quotes included, and its value
   */
  public void forEachAsJson(
      Map<String, JsonBytes> fields, BiConsumer<JsonBytes, JsonBytes> action) {
    if (fields instanceof Fields asRead) {
      asRead.forEachAsJson(action);
    } else {
      fields.forEach((name, value) -> action.accept(encodeName(name), value));
    }
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
