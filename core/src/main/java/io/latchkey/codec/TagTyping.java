package io.latchkey.codec;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.TreeNode;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.jsontype.TypeDeserializer;
import tools.jackson.databind.jsontype.TypeSerializer;
import tools.jackson.databind.jsontype.impl.StdTypeResolverBuilder;

/**
 * Tags wherever the declared type does not say what a value is. Types with a {@code @JsonTypeInfo}
 * of their own never get here.
 */
final class TagTyping extends StdTypeResolverBuilder {
  private final TagRules rules;

  TagTyping(TagRules rules) {
    super(JsonTypeInfo.Id.CLASS, JsonTypeInfo.As.PROPERTY, Tags.TYPE);
    this.rules = rules;
  }

  @Override
  public StdTypeResolverBuilder withDefaultImpl(Class<?> defaultImpl) {
    return this;
  }

  @Override
  public @Nullable TypeSerializer buildTypeSerializer(
      SerializationContext context, JavaType base, Collection<NamedType> subtypes) {
    boolean never =
        base.isPrimitive()
            || base.isReferenceType()
            || isTree(base)
            || isFinalOfThePlatform(base)
            || base.isEnumType();
    return never ? null : new TagSerializer(base, rules);
  }

  /** Also where none would be written: what was written as any object may be read as that type. */
  @Override
  public @Nullable TypeDeserializer buildTypeDeserializer(
      DeserializationContext context, JavaType base, Collection<NamedType> subtypes) {
    return base.isPrimitive() || isTree(base) ? null : new TagDeserializer(base, rules);
  }

  private static boolean isTree(JavaType type) {
    return type.isTypeOrSubTypeOf(TreeNode.class);
  }

  private static boolean isFinalOfThePlatform(JavaType type) {
    if (type.isArrayType()) {
      JavaType component = type.getContentType();
      return component.isPrimitive() || isFinalOfThePlatform(component);
    }
    return type.isFinal() && type.getRawClass().getName().startsWith("java.");
  }
}
