package io.latchkey.codec;

import java.lang.reflect.Modifier;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.type.TypeFactory;

/**
 * The names that stand for classes in stored data: the class's own, {@code int[]} and {@code
 * shop.Item[]} for arrays, and {@code java.util.EnumSet<shop.Colour>} and {@code
 * java.util.EnumMap<shop.Colour>} for the two collections that cannot be made without knowing their
 * enum.
 */
final class Tags {
  static final String TYPE = "@type";
  static final String VALUE = "@value";
  static final String ENTRIES = "@entries";

  private static final String ENUM_SET = "java.util.EnumSet<";
  private static final String ENUM_MAP = "java.util.EnumMap<";
  private static final String LIST = "java.util.ArrayList";
  private static final String SET = "java.util.LinkedHashSet";
  private static final String SORTED_SET = "java.util.TreeSet";
  static final String MAP = "java.util.LinkedHashMap";
  private static final String SORTED_MAP = "java.util.TreeMap";

  private static final Map<String, Class<?>> PRIMITIVES =
      Map.of(
          "boolean", boolean.class,
          "byte", byte.class,
          "char", char.class,
          "double", double.class,
          "float", float.class,
          "int", int.class,
          "long", long.class,
          "short", short.class);

  private final AllowList allowed;
  private final ClassLoader loader;
  private final Map<String, JavaType> resolved = new ConcurrentHashMap<>();

  Tags(AllowList allowed, ClassLoader loader) {
    this.allowed = allowed;
    this.loader = loader;
  }

  // Names of classes.

  /** The name that stands for the class of a value. */
  static String of(Object value, Class<?> type) {
    if (value instanceof Enum<?> constant) {
      return constant.getDeclaringClass().getName();
    }
    if (type.isArray()) {
      return ofArray(type);
    }
    if (value instanceof Collection || value instanceof Map) {
      return ofContainer(value, visible(type));
    }
    if (value instanceof ZoneId && !(value instanceof ZoneOffset)) {
      return ZoneId.class.getName();
    }
    return value instanceof TimeZone ? TimeZone.class.getName() : type.getName();
  }

  private static String ofArray(Class<?> type) {
    Class<?> component = type;
    StringBuilder dimensions = new StringBuilder();
    while (component.isArray()) {
      component = component.getComponentType();
      dimensions.append("[]");
    }
    return component.getName() + dimensions;
  }

  private static String ofContainer(Object value, Class<?> type) {
    if (value instanceof EnumSet<?> set) {
      Class<?> constants = constantsOf(set);
      return constants == null ? SET : ENUM_SET + constants.getName() + ">";
    }
    if (value instanceof EnumMap<?, ?> map) {
      // Nobody can tell what the keys of an empty one would be.
      return map.isEmpty()
          ? MAP
          : ENUM_MAP + map.keySet().iterator().next().getDeclaringClass().getName() + ">";
    }
    if (!isPlatform(type) || Modifier.isPublic(type.getModifiers())) {
      return type.getName();
    }
    if (value instanceof SortedSet<?> set) {
      return set.comparator() == null ? SORTED_SET : SET;
    }
    if (value instanceof SortedMap<?, ?> map) {
      return map.comparator() == null ? SORTED_MAP : MAP;
    }
    return value instanceof Set ? SET : value instanceof Map ? MAP : LIST;
  }

  private static @Nullable Class<?> constantsOf(EnumSet<?> set) {
    Collection<? extends Enum<?>> constants = set.isEmpty() ? EnumSet.complementOf(set) : set;
    return constants.isEmpty() ? null : constants.iterator().next().getDeclaringClass();
  }

  /** For {@code new HashMap<>() {{ put(...); }}} the class that it extends. */
  private static Class<?> visible(Class<?> type) {
    Class<?> visible = type;
    while (visible.isAnonymousClass()) {
      visible = visible.getSuperclass();
    }
    return visible;
  }

  private static boolean isPlatform(Class<?> type) {
    return type.getName().startsWith("java.");
  }

  /** Whether it is a list as JSON's arrays come back, or one of the JDK's that nobody can name. */
  static boolean isPlainList(Object value) {
    return value instanceof List && ofContainer(value, visible(value.getClass())).equals(LIST);
  }

  /** Whether it is a map as JSON's objects come back, but for its keys. */
  static boolean isPlainMap(Object value) {
    return value instanceof Map && ofContainer(value, visible(value.getClass())).equals(MAP);
  }

  // Asking the allow-list.

  boolean allows(String tag) {
    if (isTooLong(tag)) {
      return false;
    }
    String component = component(tag);
    return PRIMITIVES.containsKey(component) || allowed.allows(component);
  }

  /** Whether no tag of ours is so long: looking for its class would take long, too. */
  static boolean isTooLong(String tag) {
    return tag.length() > SessionBounds.MAX_TAG_LENGTH;
  }

  boolean allowsByOption(String tag) {
    return !isTooLong(tag) && allowed.allowsByOption(component(tag));
  }

  /** The class that the allow-list is asked about. */
  static String component(String tag) {
    int end = tag.length();
    while (end >= 2 && tag.charAt(end - 1) == ']' && tag.charAt(end - 2) == '[') {
      end -= 2;
    }
    String name = tag.substring(0, end);
    if (name.endsWith(">")) {
      if (name.startsWith(ENUM_SET)) {
        return name.substring(ENUM_SET.length(), name.length() - 1);
      }
      if (name.startsWith(ENUM_MAP)) {
        return name.substring(ENUM_MAP.length(), name.length() - 1);
      }
    }
    return name;
  }

  // From names to classes.

  /**
   * The type that a name stands for; asks the allow-list before anything is loaded, and initialises
   * nothing.
   *
   * @throws NotAllowedException if it is not allowed
   * @throws ClassNotFoundException if there is no such class
   */
  JavaType resolve(String tag, TypeFactory types) throws ClassNotFoundException {
    JavaType known = resolved.get(tag);
    if (known != null) {
      return known;
    }
    if (!allows(tag)) {
      throw new NotAllowedException(component(tag));
    }
    JavaType type = construct(tag, types);
    resolved.put(tag, type);
    return type;
  }

  private JavaType construct(String tag, TypeFactory types) throws ClassNotFoundException {
    if (tag.endsWith("[]")) {
      return types.constructArrayType(construct(tag.substring(0, tag.length() - 2), types));
    }
    if (tag.endsWith(">")) {
      JavaType constants = types.constructType(load(component(tag)));
      if (!constants.isEnumType()) {
        throw new ClassNotFoundException(constants.getRawClass().getName() + " is no enum");
      }
      return tag.startsWith(ENUM_SET)
          ? types.constructCollectionType(EnumSet.class, constants)
          : types.constructMapType(EnumMap.class, constants, types.constructType(Object.class));
    }
    Class<?> primitive = PRIMITIVES.get(tag);
    return types.constructType(primitive != null ? primitive : load(tag));
  }

  private Class<?> load(String name) throws ClassNotFoundException {
    try {
      return Class.forName(name, false, loader);
    } catch (LinkageError e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  /** A class stands in the data, or is to be written into it, that no option allows. */
  static final class NotAllowedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotAllowedException(String className) {
      super(className, null, false, false);
    }
  }
}
