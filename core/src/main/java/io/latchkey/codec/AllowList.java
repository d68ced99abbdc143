package io.latchkey.codec;

import java.util.Set;

/**
 * Which classes stored data may name. It judges by the name alone, so that a class which nobody
 * allowed is never loaded. Immutable.
 */
final class AllowList {
  /**
   * The JDK's values and collections that a session may hold as they are. Each is made by Jackson
   * out of plain data: none of them opens a file or a connection, looks up a host or runs code.
   */
  private static final Set<String> JDK =
      Set.of(
          "java.lang.Boolean",
          "java.lang.Byte",
          "java.lang.Character",
          "java.lang.Double",
          "java.lang.Float",
          "java.lang.Integer",
          "java.lang.Long",
          "java.lang.Object",
          "java.lang.Short",
          "java.lang.String",
          "java.math.BigDecimal",
          "java.math.BigInteger",
          "java.net.URI",
          "java.time.DayOfWeek",
          "java.time.Duration",
          "java.time.Instant",
          "java.time.LocalDate",
          "java.time.LocalDateTime",
          "java.time.LocalTime",
          "java.time.Month",
          "java.time.MonthDay",
          "java.time.OffsetDateTime",
          "java.time.OffsetTime",
          "java.time.Period",
          "java.time.Year",
          "java.time.YearMonth",
          "java.time.ZoneId",
          "java.time.ZoneOffset",
          "java.time.ZonedDateTime",
          "java.time.temporal.ChronoUnit",
          "java.util.ArrayDeque",
          "java.util.ArrayList",
          "java.util.Currency",
          "java.util.Date",
          "java.util.EnumMap",
          "java.util.EnumSet",
          "java.util.HashMap",
          "java.util.HashSet",
          "java.util.LinkedHashMap",
          "java.util.LinkedHashSet",
          "java.util.LinkedList",
          "java.util.Locale",
          "java.util.Optional",
          "java.util.OptionalDouble",
          "java.util.OptionalInt",
          "java.util.OptionalLong",
          "java.util.TimeZone",
          "java.util.TreeMap",
          "java.util.TreeSet",
          "java.util.UUID",
          "java.util.Vector",
          "java.util.concurrent.ConcurrentHashMap",
          "java.util.concurrent.ConcurrentLinkedDeque",
          "java.util.concurrent.ConcurrentLinkedQueue",
          "java.util.concurrent.ConcurrentSkipListMap",
          "java.util.concurrent.ConcurrentSkipListSet",
          "java.util.concurrent.CopyOnWriteArrayList",
          "java.util.concurrent.CopyOnWriteArraySet",
          "java.util.concurrent.TimeUnit",
          "java.util.concurrent.atomic.AtomicBoolean",
          "java.util.concurrent.atomic.AtomicInteger",
          "java.util.concurrent.atomic.AtomicLong",
          "java.util.concurrent.atomic.AtomicReference");

  private static final Set<String> TOO_WIDE = Set.of("com", "org", "net", "io", "java", "javax");

  private final Set<String> named;

  AllowList(Set<String> named) {
    this.named = Set.copyOf(named);
  }

  /** Whether stored data may name that class. */
  boolean allows(String className) {
    return JDK.contains(className) || allowsByOption(className);
  }

  /**
   * Whether an option allows that class: it, a class that it is nested in, or a package that it is
   * in, near or far.
   */
  boolean allowsByOption(String className) {
    if (named.isEmpty()) {
      return false;
    }
    if (named.contains(className)) {
      return true;
    }
    for (int i = className.length() - 1; i > 0; i--) {
      char c = className.charAt(i);
      if ((c == '.' || c == '$') && named.contains(className.substring(0, i))) {
        return true;
      }
    }
    return false;
  }

  /** Checks what {@code allow} was given. */
  static String checked(String packageOrClass) {
    if (!isName(packageOrClass)) {
      throw new IllegalArgumentException(
          "allow takes the names of packages and classes, such as shop or shop.Cart or"
              + " shop.Cart$Item, without wildcards, but was given '"
              + packageOrClass
              + "'");
    }
    if (TOO_WIDE.contains(packageOrClass)) {
      throw new IllegalArgumentException(
          "allow(\""
              + packageOrClass
              + "\") would allow nearly every class there is: name the application's own packages");
    }
    if (isPlatform(packageOrClass) && !isClassName(packageOrClass)) {
      throw new IllegalArgumentException(
          "allow(\""
              + packageOrClass
              + "\") is a package of the JDK: name its classes one by one, such as"
              + " java.util.BitSet; the usual ones are allowed already");
    }
    return packageOrClass;
  }

  private static boolean isPlatform(String name) {
    return name.startsWith("java.")
        || name.startsWith("javax.")
        || name.startsWith("jdk.")
        || name.startsWith("sun.")
        || name.equals("sun")
        || name.equals("jdk")
        || name.startsWith("com.sun.");
  }

  private static boolean isClassName(String name) {
    return Character.isUpperCase(name.charAt(name.lastIndexOf('.') + 1));
  }

  private static boolean isName(String name) {
    boolean start = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '.' && !start) {
        start = true;
      } else if (start ? Character.isJavaIdentifierStart(c) : Character.isJavaIdentifierPart(c)) {
        start = false;
      } else {
        return false;
      }
    }
    return !start;
  }
}
