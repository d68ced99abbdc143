package io.latchkey.codec;

import com.fasterxml.jackson.annotation.JsonFormat;
import io.latchkey.AttributeFormat;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.Version;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.deser.Deserializers;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.std.DelegatingDeserializer;
import tools.jackson.databind.ext.jdk8.Jdk8OptionalSerializer;
import tools.jackson.databind.jsontype.TypeDeserializer;
import tools.jackson.databind.jsontype.TypeSerializer;
import tools.jackson.databind.module.SimpleAbstractTypeResolver;
import tools.jackson.databind.ser.Serializers;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.jdk.AtomicReferenceSerializer;
import tools.jackson.databind.type.CollectionType;
import tools.jackson.databind.type.MapType;
import tools.jackson.databind.type.ReferenceType;

/** What Jackson has to be told besides the tags themselves. */
final class TagModule extends JacksonModule {
  /** The key that marks a set where its order is not to matter. */
  static final String SET_MARK = "\u0000set";

  private static final Set<Class<?>> WITHOUT_TAGS =
      Set.of(Boolean.class, Integer.class, Double.class);

  /** Such a set compares each element with all others, which takes the square of their number. */
  private static final int MAX_COPIED_SET = 2_000;

  /** Fails where there are too many digits. */
  private static final JsonFactory BOUNDED =
      JsonFactory.builder()
          .recyclerPool(JsonRecyclerPools.threadLocalPool())
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNumberLength(SessionBounds.MAX_DIGITS)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final TagRules rules;

  TagModule(TagRules rules) {
    this.rules = rules;
  }

  @Override
  public String getModuleName() {
    return "latchkey";
  }

  @Override
  public Version version() {
    return Version.unknownVersion();
  }

  @Override
  public void setupModule(SetupContext context) {
    context.addSerializers(new Own());
    context.addDeserializers(new Asked());
    context.addSerializerModifier(new Writing());
    context.addDeserializerModifier(new Reading());
    // A set keeps the order in which it was written.
    SimpleAbstractTypeResolver kept = new SimpleAbstractTypeResolver();
    kept.addMapping(Set.class, LinkedHashSet.class);
    context.addAbstractTypeResolver(kept);
  }

  /** References, whose tag would be lost, and classes that have a format of their own. */
  private final class Own extends Serializers.Base {
    @Override
    public @Nullable ValueSerializer<?> findSerializer(
        SerializationConfig config,
        JavaType type,
        BeanDescription.Supplier bean,
        JsonFormat.@Nullable Value format) {
      if (type.hasRawClass(Root.class)) {
        return new Root.Serializer(rules);
      }
      AttributeFormat own = rules.types().format(type.getRawClass().getName());
      return own == null ? null : new FormatSerializer(own);
    }

    @Override
    public @Nullable ValueSerializer<?> findReferenceSerializer(
        SerializationConfig config,
        ReferenceType type,
        BeanDescription.Supplier bean,
        JsonFormat.@Nullable Value format,
        TypeSerializer contentTypeSerializer,
        ValueSerializer<Object> contentSerializer) {
      if (type.hasRawClass(Optional.class)) {
        return new Reference(
            new Jdk8OptionalSerializer(type, false, contentTypeSerializer, contentSerializer));
      }
      return type.hasRawClass(AtomicReference.class)
          ? new Reference(
              new AtomicReferenceSerializer(type, false, contentTypeSerializer, contentSerializer))
          : null;
    }
  }

  private final class Asked extends Deserializers.Base {
    @Override
    public @Nullable ValueDeserializer<?> findBeanDeserializer(
        JavaType type, DeserializationConfig config, BeanDescription.Supplier bean) {
      return type.hasRawClass(AskedType.class) ? new AskedType.Deserializer(rules) : null;
    }

    @Override
    public boolean hasDeserializerFor(DeserializationConfig config, Class<?> type) {
      return type == AskedType.class;
    }
  }

  private static final class Writing extends ValueSerializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public ValueSerializer<?> modifySerializer(
        SerializationConfig config, BeanDescription.Supplier bean, ValueSerializer<?> serializer) {
      Class<?> type = bean.getBeanClass();
      return type == BigInteger.class || type == BigDecimal.class
          ? new Digits.Serializer(serializer)
          : serializer;
    }

    @Override
    public ValueSerializer<?> modifyMapSerializer(
        SerializationConfig config,
        MapType type,
        BeanDescription.Supplier bean,
        ValueSerializer<?> serializer) {
      return type.getKeyType().isJavaLangObject() ? new MapOfAnything(serializer) : serializer;
    }

    @Override
    public ValueSerializer<?> modifyCollectionSerializer(
        SerializationConfig config,
        CollectionType type,
        BeanDescription.Supplier bean,
        ValueSerializer<?> serializer) {
      return type.isTypeOrSubTypeOf(Set.class) ? new MarkedSet(serializer) : serializer;
    }
  }

  /** The types whose deserializers would not look for a tag. */
  private static final class Reading extends ValueDeserializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public ValueDeserializer<?> modifyDeserializer(
        DeserializationConfig config,
        BeanDescription.Supplier bean,
        ValueDeserializer<?> deserializer) {
      return WITHOUT_TAGS.contains(bean.getBeanClass()) ? new Looking(deserializer) : deserializer;
    }

    @Override
    public ValueDeserializer<?> modifyCollectionDeserializer(
        DeserializationConfig config,
        CollectionType type,
        BeanDescription.Supplier bean,
        ValueDeserializer<?> deserializer) {
      boolean copies =
          type.hasRawClass(CopyOnWriteArrayList.class)
              || type.hasRawClass(CopyOnWriteArraySet.class);
      return copies ? new CopiedOnce(deserializer) : deserializer;
    }

    @Override
    public KeyDeserializer modifyKeyDeserializer(
        DeserializationConfig config, JavaType type, KeyDeserializer deserializer) {
      return type.isTypeOrSubTypeOf(BigInteger.class) || type.isTypeOrSubTypeOf(BigDecimal.class)
          ? new Digits.Key(deserializer)
          : deserializer;
    }

    @Override
    public ValueDeserializer<?> modifyReferenceDeserializer(
        DeserializationConfig config,
        ReferenceType type,
        BeanDescription.Supplier bean,
        ValueDeserializer<?> deserializer) {
      return new Looking(deserializer);
    }
  }

  /** A reference, which Jackson would write as if only its content were there. */
  private static final class Reference extends TaggedSerializer {
    Reference(ValueSerializer<?> inner) {
      super(inner);
    }

    @Override
    PassingSerializer around(ValueSerializer<?> other) {
      return new Reference(other);
    }

    @Override
    public void serializeWithType(
        Object value,
        JsonGenerator generator,
        SerializationContext context,
        TypeSerializer typeSerializer) {
      if (typeSerializer instanceof TagSerializer) {
        super.serializeWithType(value, generator, context, typeSerializer);
      } else {
        inner.serializeWithType(value, generator, context, typeSerializer);
      }
    }
  }

  /** A map that says nothing of its keys: those of JSON are texts. */
  private static final class MapOfAnything extends PassingSerializer {
    MapOfAnything(ValueSerializer<?> inner) {
      super(inner);
    }

    @Override
    PassingSerializer around(ValueSerializer<?> other) {
      return new MapOfAnything(other);
    }

    @Override
    public void serializeWithType(
        Object value,
        JsonGenerator generator,
        SerializationContext context,
        TypeSerializer typeSerializer) {
      if (typeSerializer instanceof TagSerializer tags
          && value instanceof Map<?, ?> map
          && !(map instanceof EnumMap)
          && hasOtherKeys(map)
          && tags.writeEntries(map, generator, context)) {
        return;
      }
      inner.serializeWithType(value, generator, context, typeSerializer);
    }

    private static boolean hasOtherKeys(Map<?, ?> map) {
      for (Object key : map.keySet()) {
        if (!(key instanceof String)) {
          return true;
        }
      }
      return false;
    }
  }

  /** A collection that copies itself for each element that is added to it. */
  private static final class CopiedOnce extends DelegatingDeserializer {
    CopiedOnce(ValueDeserializer<?> inner) {
      super(inner);
    }

    @Override
    protected ValueDeserializer<?> newDelegatingInstance(ValueDeserializer<?> inner) {
      return new CopiedOnce(inner);
    }

    @Override
    @SuppressWarnings("unchecked") // as wide as Jackson's own
    public @Nullable Object deserialize(JsonParser parser, DeserializationContext context) {
      if (!parser.isExpectedStartArrayToken()) {
        return super.deserialize(parser, context);
      }
      List<@Nullable Object> all = new ArrayList<>();
      ((ValueDeserializer<Object>) _delegatee).deserialize(parser, context, all);
      if (handledType() == CopyOnWriteArrayList.class) {
        return new CopyOnWriteArrayList<>(all);
      }
      return all.size() > MAX_COPIED_SET
          ? context.reportInputMismatch(CopyOnWriteArraySet.class, "it has too many elements")
          : new CopyOnWriteArraySet<>(all);
    }
  }

  /** A set, marked where its order is not to matter. */
  private static final class MarkedSet extends PassingSerializer {
    MarkedSet(ValueSerializer<?> inner) {
      super(inner);
    }

    @Override
    PassingSerializer around(ValueSerializer<?> other) {
      return new MarkedSet(other);
    }

    @Override
    public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
      check(value, context);
      boolean marked = mark(generator, context);
      inner.serialize(value, generator, context);
      unmark(marked, generator);
    }

    @Override
    public void serializeWithType(
        Object value,
        JsonGenerator generator,
        SerializationContext context,
        TypeSerializer typeSerializer) {
      check(value, context);
      boolean marked = mark(generator, context);
      inner.serializeWithType(value, generator, context, typeSerializer);
      unmark(marked, generator);
    }

    private static void check(Object value, SerializationContext context) {
      if (value instanceof CopyOnWriteArraySet<?> set && set.size() > MAX_COPIED_SET) {
        throw Encoding.of(context)
            .refused(
                value.getClass(),
                "it has more than "
                    + MAX_COPIED_SET
                    + " elements, which take too long to read. Use another set");
      }
    }

    private static boolean mark(JsonGenerator generator, SerializationContext context) {
      boolean mark =
          context.getAttribute(Encoding.class) instanceof Encoding encoding && encoding.canonical;
      if (mark) {
        generator.writeStartObject();
        generator.writeName(SET_MARK);
      }
      return mark;
    }

    private static void unmark(boolean marked, JsonGenerator generator) {
      if (marked) {
        generator.writeEndObject();
      }
    }
  }

  /** What has a format of its own has its tag wherever it stands. */
  private static final class FormatSerializer extends ValueSerializer<Object> {
    private final AttributeFormat format;

    FormatSerializer(AttributeFormat format) {
      this.format = format;
    }

    @Override
    public void serializeWithType(
        Object value,
        JsonGenerator generator,
        SerializationContext context,
        TypeSerializer typeSerializer) {
      serialize(value, generator, context);
    }

    @Override
    public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
      Encoding encoding = Encoding.of(context);
      String json;
      try {
        byte[] written = format.write(value);
        if (encoding.strict) {
          // Only its own format knows what is in there, and whether all of that may be read.
          format.read(written);
        }
        checkBounds(written, generator);
        json = new String(written, StandardCharsets.UTF_8);
      } catch (Exception | LinkageError | StackOverflowError e) {
        String name = AttributeFormats.classNamedBy(e);
        encoding.refused = name != null ? name : value.getClass().getName();
        encoding.reason =
            name != null ? null : "its own format fails (" + e.getClass().getName() + ")";
        throw new Tags.NotAllowedException(encoding.refused);
      }
      generator.writeStartObject();
      generator.writeName(Tags.TYPE);
      generator.writeString(Tags.of(value, value.getClass()));
      generator.writeName(Tags.VALUE);
      generator.writeRawValue(json);
      generator.writeEndObject();
      // Nobody looks for tags of ours in there.
      encoding.written += 2 + Escapes.count(json);
    }
  }

  /** What Jackson checks of what it writes itself. */
  private static void checkBounds(byte[] json, JsonGenerator generator) {
    int around = generator.streamWriteContext().getNestingDepth() + 1;
    try (JsonParser parser = BOUNDED.createParser(ObjectReadContext.empty(), json)) {
      while (parser.nextToken() != null) {
        if (around + parser.streamReadContext().getNestingDepth() > SessionBounds.MAX_DEPTH) {
          throw new StreamConstraintsException("nested too deep");
        }
      }
    }
  }

  /** Looks for a tag before it leaves the value to the deserializer of its type. */
  private static final class Looking extends DelegatingDeserializer {
    Looking(ValueDeserializer<?> inner) {
      super(inner);
    }

    @Override
    protected ValueDeserializer<?> newDelegatingInstance(ValueDeserializer<?> inner) {
      return new Looking(inner);
    }

    @Override
    @SuppressWarnings("unchecked") // as wide as Jackson's own
    public @Nullable Object deserializeWithType(
        JsonParser parser, DeserializationContext context, TypeDeserializer typeDeserializer) {
      return typeDeserializer instanceof TagDeserializer tags
          ? tags.read(parser, context, (ValueDeserializer<Object>) _delegatee)
          : super.deserializeWithType(parser, context, typeDeserializer);
    }
  }
}
