package io.latchkey.codec;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.jsontype.PolymorphicTypeValidator;
import tools.jackson.databind.type.TypeFactory;
import tools.jackson.databind.type.TypeModifier;
import tools.jackson.databind.util.LookupCache;
import tools.jackson.databind.util.SimpleLookupCache;

/**
 * Through here goes whatever Jackson loads by a name that stands in the data: a {@code Class} as a
 * property, or the class names of a type's own {@code @JsonTypeInfo}.
 */
final class GuardedTypes extends TypeFactory {
  private static final long serialVersionUID = 1L;

  private final transient Tags tags;

  GuardedTypes(Tags tags, ClassLoader loader) {
    this(new SimpleLookupCache<>(16, 200), null, loader, tags);
  }

  private GuardedTypes(
      LookupCache<Object, JavaType> cache,
      TypeModifier @Nullable [] modifiers,
      ClassLoader loader,
      Tags tags) {
    super(cache, modifiers, loader);
    this.tags = tags;
  }

  @Override
  public Class<?> findClass(String className) throws ClassNotFoundException {
    Class<?> primitive = _findPrimitive(className);
    return primitive != null ? primitive : tags.loadAllowed(className);
  }

  @Override
  public TypeFactory withModifier(TypeModifier modifier) {
    TypeModifier[] all = {modifier};
    if (_modifiers != null) {
      all = Arrays.copyOf(_modifiers, _modifiers.length + 1);
      all[all.length - 1] = modifier;
    }
    return new GuardedTypes(_typeCache.emptyCopy(), all, _classLoader, tags);
  }

  @Override
  public TypeFactory withClassLoader(ClassLoader loader) {
    return new GuardedTypes(_typeCache, _modifiers, loader, tags);
  }

  @Override
  public TypeFactory withCache(LookupCache<Object, JavaType> cache) {
    return new GuardedTypes(cache, _modifiers, _classLoader, tags);
  }

  @Override
  public TypeFactory snapshot() {
    return new GuardedTypes(_typeCache.snapshot(), _modifiers, _classLoader, tags);
  }

  /** Asks the allow-list about the classes that a type's own {@code @JsonTypeInfo} names. */
  PolymorphicTypeValidator validator() {
    return new Validator(tags);
  }

  private static final class Validator extends PolymorphicTypeValidator.Base {
    private static final long serialVersionUID = 1L;

    private final transient Tags tags;

    Validator(Tags tags) {
      this.tags = tags;
    }

    @Override
    public Validity validateSubClassName(DatabindContext context, JavaType base, String className) {
      return tags.allows(className) ? Validity.ALLOWED : Validity.DENIED;
    }
  }
}
