package io.latchkey.codec;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.util.ClassUtil;
import tools.jackson.databind.util.Converter;

/**
 * Jackson's own annotations, read so that a serializer which an application brings need not know of
 * tags.
 */
final class TagIntrospector extends JacksonAnnotationIntrospector {
  private static final long serialVersionUID = 1L;

  private static final JsonTypeInfo.Value NO_TAG =
      JsonTypeInfo.Value.construct(
          JsonTypeInfo.Id.NONE, JsonTypeInfo.As.PROPERTY, "", null, false, null);

  /** A property that has its own way to be written or read is the affair of whoever brought it. */
  @Override
  public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
      MapperConfig<?> config, Annotated annotated) {
    JsonTypeInfo.Value info = super.findPolymorphicTypeInfo(config, annotated);
    return info == null && annotated instanceof AnnotatedMember && hasItsOwnWay(annotated)
        ? NO_TAG
        : info;
  }

  private static boolean hasItsOwnWay(Annotated annotated) {
    if (annotated.hasAnnotation(JsonUnwrapped.class)) {
      return true;
    }
    JsonSerialize write = annotated.getAnnotation(JsonSerialize.class);
    if (write != null
        && (write.using() != ValueSerializer.None.class
            || write.contentUsing() != ValueSerializer.None.class
            || write.converter() != Converter.None.class)) {
      return true;
    }
    JsonDeserialize read = annotated.getAnnotation(JsonDeserialize.class);
    return read != null
        && (read.using() != ValueDeserializer.None.class
            || read.contentUsing() != ValueDeserializer.None.class
            || read.converter() != Converter.None.class);
  }

  @Override
  public @Nullable Object findSerializer(MapperConfig<?> config, Annotated annotated) {
    Object serializer = super.findSerializer(config, annotated);
    return annotated instanceof AnnotatedClass
            && serializer instanceof Class<?> type
            && ValueSerializer.class.isAssignableFrom(type)
        ? new TaggedSerializer((ValueSerializer<?>) ClassUtil.createInstance(type, true))
        : serializer;
  }
}
