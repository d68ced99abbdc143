package io.latchkey.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.webflux.testing.Visitor;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

/**
 * The application as it runs for itself: with a class path that has the one dependency and lacks
 * the other, which is why it gets class loaders of its own.
 */
final class RunningShop implements AutoCloseable {
  private static final String SPRINGS_NAMESPACE = "spring.session.data.redis.namespace";

  /** The steps of docs/webflux.md are what lies between these. */
  @SuppressWarnings("ImmutableEnumChecker") // of lists and functions that nobody changes
  enum Variant {
    SPRING_SESSION(List.of(), SPRINGS_NAMESPACE, path -> !isLatchkey(path)),
    /** Another dependency, and another name for one property: Boot does the rest. */
    LATCHKEY_BY_BOOT(List.of(), "latchkey.namespace", path -> !isSpringSession(path)),
    /** Another dependency, and a class. */
    LATCHKEY(
        List.of("io.latchkey.migration.latchkey.SessionConfiguration"),
        SPRINGS_NAMESPACE,
        path -> !isSpringSession(path)),
    /** And with what the page adds to take sessions along. */
    LATCHKEY_MIGRATING(
        List.of("io.latchkey.migration.latchkey.MigratingSessionConfiguration"),
        SPRINGS_NAMESPACE,
        path -> !isSpringSession(path)),
    LATCHKEY_MIGRATING_BY_BOOT(
        List.of("io.latchkey.migration.latchkey.MigratingCustomizer"),
        "latchkey.namespace",
        path -> !isSpringSession(path));

    private final List<String> addedClasses;
    private final String namespaceProperty;
    private final Predicate<String> classPath;

    Variant(List<String> addedClasses, String namespaceProperty, Predicate<String> classPath) {
      this.addedClasses = addedClasses;
      this.namespaceProperty = namespaceProperty;
      this.classPath = classPath;
    }

    private static boolean isLatchkey(String path) {
      return path.contains("/latchkey-")
          || path.endsWith("/core/target/classes")
          || path.endsWith("/webflux-adapter/target/classes");
    }

    private static boolean isSpringSession(String path) {
      String name = path.substring(path.lastIndexOf('/') + 1);
      return name.startsWith("spring-session")
          || name.startsWith("spring-boot-session")
          || name.startsWith("spring-boot-starter-session")
          || name.startsWith("spring-data-")
          || name.startsWith("spring-boot-data-")
          || name.startsWith("spring-boot-starter-data-");
    }
  }

  /** The one that the application has its session in. */
  static final String COOKIE = "SHOP";

  private final URLClassLoader classes;
  private final Closeable application;

  private RunningShop(URLClassLoader classes, Closeable application) {
    this.classes = classes;
    this.application = application;
  }

  static RunningShop start(Variant variant, ValkeyServer server) {
    Map<String, Object> properties = new TreeMap<>();
    // The application's own application.properties.
    properties.put("spring.data.redis.url", server.uri().replace("valkey:", "redis:"));
    properties.put(variant.namespaceProperty, server.namespace());
    properties.put("spring.session.timeout", "20m");
    properties.put("server.reactive.session.cookie.name", COOKIE);
    properties.put("server.reactive.session.cookie.same-site", "strict");
    // How the test runs it.
    properties.put("server.port", "0");
    properties.put("spring.main.banner-mode", "off");
    properties.put("logging.level.root", "warn");

    var classes = new URLClassLoader(classPath(variant.classPath), platform());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classes);
    try {
      List<Class<?>> sources = new ArrayList<>();
      sources.add(classes.loadClass("io.latchkey.migration.shop.ShopApplication"));
      for (String added : variant.addedClasses) {
        sources.add(classes.loadClass(added));
      }
      Method start =
          classes
              .loadClass(ShopLauncher.class.getName())
              .getDeclaredMethod("start", Class[].class, Map.class);
      start.setAccessible(true);
      Object application = start.invoke(null, sources.toArray(new Class<?>[0]), properties);
      return new RunningShop(classes, (Closeable) application);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** Somebody who has not been here before. */
  Visitor visitor() {
    return new Visitor(COOKIE, ((IntSupplier) application).getAsInt());
  }

  /** Whether the application could use this class at all. */
  boolean has(String className) {
    try {
      Class.forName(className, false, classes);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    application.close();
    classes.close();
  }

  private static ClassLoader platform() {
    return ClassLoader.getPlatformClassLoader();
  }

  private static URL[] classPath(Predicate<String> wanted) {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (wanted.test(entry.replace(File.separatorChar, '/'))) {
        try {
          urls.add(Path.of(entry).toUri().toURL());
        } catch (MalformedURLException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    assertThat(urls).as("the class path, which a manifest hides").hasSizeGreaterThan(10);
    return urls.toArray(new URL[0]);
  }
}
