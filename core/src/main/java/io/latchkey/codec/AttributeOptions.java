package io.latchkey.codec;

import io.latchkey.AttributeFormat;
import io.latchkey.TypeRef;
import java.lang.invoke.MethodType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the options of a store's builder say about its attributes. Not for several threads. */
public final class AttributeOptions {
  private final Set<String> names = new HashSet<>();
  private final Map<String, Type> types = new HashMap<>();
  private final List<FormatOption> formats = new ArrayList<>();
  private boolean strict;
  private boolean modules;

  /** Options that allow the JDK's values only, and refuse nothing at a save. */
  public AttributeOptions() {}

  /**
   * Allows classes.
   *
   * @param packagesOrClasses their names, or those of packages
   * @throws IllegalArgumentException if one is no such name, or too wide
   */
  public void allow(String... packagesOrClasses) {
    Objects.requireNonNull(packagesOrClasses, "packagesOrClasses");
    if (packagesOrClasses.length == 0) {
      throw new IllegalArgumentException("allow needs at least one package or class");
    }
    for (String name : packagesOrClasses) {
      AllowList.checked(Objects.requireNonNull(name, "packagesOrClasses must not contain null"));
    }
    names.addAll(Arrays.asList(packagesOrClasses));
    strict = true;
  }

  /**
   * Gives an attribute a type of its own.
   *
   * @param name the attribute's name
   * @param type its class
   * @throws IllegalArgumentException if it has another already, or nothing can be of that class
   */
  public void attribute(String name, Class<?> type) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    if (type == void.class || type == Void.class || type.isAnnotation()) {
      throw new IllegalArgumentException(
          "attribute '" + DisplayNames.of(name) + "' cannot be of " + type.getTypeName());
    }
    register(name, boxed(type), type);
  }

  /**
   * Gives an attribute a type of its own that has type arguments.
   *
   * @param name the attribute's name
   * @param type its type
   * @throws IllegalArgumentException if it has another already
   */
  public void attribute(String name, TypeRef<?> type) {
    Objects.requireNonNull(name, "name");
    register(name, Objects.requireNonNull(type, "type").type(), null);
  }

  private void register(String name, Type type, @Nullable Class<?> allowed) {
    Type before = types.putIfAbsent(name, type);
    if (before != null && !before.equals(type)) {
      throw new IllegalArgumentException(
          "attribute '"
              + DisplayNames.of(name)
              + "' is registered twice, as "
              + before.getTypeName()
              + " and as "
              + type.getTypeName());
    }
    if (allowed != null && !allowed.getName().startsWith("java.") && !allowed.isArray()) {
      names.add(allowed.getName());
    }
    strict = true;
  }

  private static Class<?> boxed(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }

  /**
   * Gives classes a format of their own, which allows them.
   *
   * @param format makes the format when the store is built, out of what tells whether a class of
   *     that name is allowed
   * @param packagesOrClasses the names of the classes, or of packages
   * @throws IllegalArgumentException if one is no such name, or too wide
   */
  public void format(
      Function<? super Predicate<String>, ? extends AttributeFormat> format,
      String... packagesOrClasses) {
    Objects.requireNonNull(format, "format");
    if (packagesOrClasses.length == 0) {
      throw new IllegalArgumentException("a format needs at least one package or class");
    }
    for (String name : packagesOrClasses) {
      AllowList.checked(Objects.requireNonNull(name, "packagesOrClasses must not contain null"));
    }
    formats.add(new FormatOption(format, Set.of(packagesOrClasses)));
  }

  /** Uses the Jackson modules that are found on the class path. */
  public void modules() {
    modules = true;
  }

  /**
   * A codec with these options, which loads classes by this thread's context class loader.
   *
   * @return the codec
   */
  public AttributeCodec codec() {
    return codec(SessionBounds.DEFAULT);
  }

  /**
   * A codec with these options and bounds, which loads classes by this thread's context class
   * loader.
   *
   * @param bounds how large sessions may be
   * @return the codec
   */
  public AttributeCodec codec(SessionBounds bounds) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return codec(context != null ? context : AttributeOptions.class.getClassLoader(), bounds);
  }

  private AttributeCodec codec(ClassLoader loader, SessionBounds bounds) {
    AllowList own = new AllowList(names);
    Set<String> all = new TreeSet<>(names);
    List<AttributeTypes.Format> made = new ArrayList<>();
    for (FormatOption option : formats) {
      all.addAll(option.names);
      made.add(
          new AttributeTypes.Format(
              new AllowList(option.names),
              Objects.requireNonNull(
                  option.format.apply((Predicate<String>) own::allows),
                  "format must not be made null")));
    }
    return new AttributeCodec(
        new AttributeTypes(
            new AllowList(all), strict, Map.copyOf(types), List.copyOf(made), modules, loader),
        bounds);
  }

  private record FormatOption(
      Function<? super Predicate<String>, ? extends AttributeFormat> format, Set<String> names) {}
}
