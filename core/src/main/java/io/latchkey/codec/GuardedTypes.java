package io.latchkey.codec;

import java.util.Arrays;
import java.util.function.Predicate;
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
public final class GuardedTypes extends TypeFactory {
  private static final long serialVersionUID = 1L;

  private final transient Predicate<String> allowed;

  /**
   * Types that no other class can be of.
   *
   * @param allowed whether the class of that name is allowed; asked before it is loaded
   * @param loader loads the classes, and initialises none of them
   */
  public GuardedTypes(Predicate<String> allowed, ClassLoader loader) {
    this(new SimpleLookupCache<>(16, 200), null, loader, allowed);
  }

  private GuardedTypes(
      LookupCache<Object, JavaType> cache,
      TypeModifier @Nullable [] modifiers,
      ClassLoader loader,
      Predicate<String> allowed) {
    super(cache, modifiers, loader);
    this.allowed = allowed;
  }

  @Override
  public Class<?> findClass(String className) throws ClassNotFoundException {
    Class<?> primitive = _findPrimitive(className);
    if (primitive != null) {
      return primitive;
    }
    if (!allowed.test(className)) {
      throw new ClassNotFoundException(className);
    }
    try {
      return Class.forName(className, false, _classLoader);
    } catch (LinkageError e) {
      throw new ClassNotFoundException(className, e);
    }
  }

  @Override
  public TypeFactory withModifier(TypeModifier modifier) {
    TypeModifier[] all = {modifier};
    if (_modifiers != null) {
      all = Arrays.copyOf(_modifiers, _modifiers.length + 1);
      all[all.length - 1] = modifier;
    }
    return new GuardedTypes(_typeCache.emptyCopy(), all, _classLoader, allowed);
  }

  @Override
  public TypeFactory withClassLoader(ClassLoader loader) {
    return new GuardedTypes(_typeCache, _modifiers, loader, allowed);
  }

  @Override
  public TypeFactory withCache(LookupCache<Object, JavaType> cache) {
    return new GuardedTypes(cache, _modifiers, _classLoader, allowed);
  }

  @Override
  public TypeFactory snapshot() {
    return new GuardedTypes(_typeCache.snapshot(), _modifiers, _classLoader, allowed);
  }

  /**
   * Asks the same about the classes that a type's own {@code @JsonTypeInfo} names.
   *
   * @return a validator
   */
  PolymorphicTypeValidator validator() {
    return new Validator(allowed);
  }

  private static final class Validator extends PolymorphicTypeValidator.Base {
    private static final long serialVersionUID = 1L;

    private final transient Predicate<String> allowed;

    Validator(Predicate<String> allowed) {
      this.allowed = allowed;
    }

    @Override
    public Validity validateSubClassName(DatabindContext context, JavaType base, String className) {
      return allowed.test(className) ? Validity.ALLOWED : Validity.DENIED;
    }
  }
}
