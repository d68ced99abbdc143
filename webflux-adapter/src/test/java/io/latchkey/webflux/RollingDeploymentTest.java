package io.latchkey.webflux;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.Signals;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/**
 * Two versions of one application, each with its own classes, on one server: their requests
 * alternate on one session while the one replaces the other.
 */
@ParameterizedClass
@EnumSource
class RollingDeploymentTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final Map<String, String> VERSION_1 =
      Map.of(
          "shop.Cart",
          "package shop; public record Cart(java.util.List<Item> items, String note) {}",
          "shop.Item",
          "package shop; public record Item(String name, int pieces) {}",
          "shop.Status",
          "package shop; public enum Status { NEW, PAID }",
          "shop.Order",
          "package shop; public record Order(Status status) {}",
          "shop.Visitor",
          "package shop; public record Visitor(String name) {}",
          "shop.Preferences",
          "package shop; public class Preferences { private String theme = \"light\";"
              + " public String getTheme() { return theme; }"
              + " public void setTheme(String theme) { this.theme = theme; } }");

  /** A class moved, a field added, one removed, a constant added, a class added. */
  private static final Map<String, String> VERSION_2 =
      Map.of(
          "shop.Cart",
          "package shop; public record Cart(java.util.List<Item> items, String note, long total,"
              + " java.time.Instant since) {}",
          "shop.Item",
          "package shop; public record Item(String name) {}",
          "shop.Status",
          "package shop; public enum Status { NEW, PAID, SHIPPED }",
          "shop.Order",
          "package shop; public record Order(Status status) {}",
          "shop.people.Visitor",
          "package shop.people; public record Visitor(String name) {}",
          "shop.Preferences",
          "package shop; public class Preferences { private String theme = \"light\";"
              + " private String language = \"en\";"
              + " public String getTheme() { return theme; }"
              + " public void setTheme(String theme) { this.theme = theme; }"
              + " public String getLanguage() { return language; }"
              + " public void setLanguage(String language) { this.language = language; } }",
          "shop.Coupon",
          "package shop; public record Coupon(String code) {}");

  @TempDir static @Nullable Path folder;
  private static @Nullable ClassLoader first;
  private static @Nullable ClassLoader second;

  private final Version v1;
  private final Version v2;

  RollingDeploymentTest(Layout layout) throws Exception {
    v1 = new Version(requireNonNull(first), layout, "shop.Visitor");
    v2 = new Version(requireNonNull(second), layout, "shop.people.Visitor");
  }

  @BeforeAll
  static void compile() throws Exception {
    first = compiled("v1", VERSION_1);
    second = compiled("v2", VERSION_2);
  }

  @AfterEach
  void close() {
    v1.store.close();
    v2.store.close();
  }

  @Test
  void eachVersionReadsWhatTheOtherWrote() {
    String id = v1.created(v1.attributes());
    WebSession session = v2.retrieved(id);
    Object cart = attribute(session, "cart");
    assertThat(cart).hasToString("Cart[items=[Item[name=tea]], note=a note, total=0, since=null]");
    assertThat(cart.getClass().getClassLoader()).isSameAs(second);
    assertThat(attribute(session, "visitor")).hasToString("Visitor[name=ada]");
    assertThat(attribute(session, "visitor").getClass().getName()).isEqualTo("shop.people.Visitor");
    assertThat(attribute(session, "order")).hasToString("Order[status=NEW]");
    assertThat(call(attribute(session, "preferences"), "getLanguage")).isEqualTo("en");

    session.getAttributes().put("cart", v2.cart("milk", 5));
    session.getAttributes().put("visitor", v2.make("shop.people.Visitor", "grace"));
    save(session);
    session = v1.retrieved(id);
    assertThat(attribute(session, "cart"))
        .hasToString("Cart[items=[Item[name=milk, pieces=0]], note=a note]");
    assertThat(attribute(session, "visitor")).hasToString("Visitor[name=grace]");
    assertThat(attribute(session, "visitor").getClass().getName()).isEqualTo("shop.Visitor");
  }

  @Test
  void whatOneVersionDoesNotKnowSurvivesItsRequests() {
    String id = v1.created(v1.attributes());
    WebSession session = v2.retrieved(id);
    session.getAttributes().put("coupon", v2.make("shop.Coupon", "SAVE10"));
    session.getAttributes().put("order", v2.make("shop.Order", v2.status("SHIPPED")));
    save(session);

    for (int i = 0; i < 3; i++) {
      session = v1.retrieved(id);
      assertThat(session.getAttributes()).doesNotContainKeys("coupon", "order");
      assertThat(session.getAttributes()).hasSize(3).containsKeys("cart", "visitor");
      session.getAttributes().put("requests", i);
      save(session);
      session = v2.retrieved(id);
      assertThat(attribute(session, "coupon")).hasToString("Coupon[code=SAVE10]");
      assertThat(attribute(session, "order")).hasToString("Order[status=SHIPPED]");
      assertThat(session.<Object>getAttribute("requests")).isEqualTo(i);
      session.getAttributes().remove("requests");
      save(session);
    }
  }

  @Test
  void readingByOneVersionDoesNotTakeAwayTheFieldsThatItDoesNotKnow() {
    String id = v1.created(v1.attributes());
    WebSession session = v2.retrieved(id);
    session.getAttributes().put("cart", v2.cart("milk", 5));
    call(attribute(session, "preferences"), "setLanguage", "de");
    save(session);

    session = v1.retrieved(id);
    session.getAttributes().values().forEach(value -> assertThat(value).isNotNull());
    save(session);
    session = v1.retrieved(id);
    assertThat(call(attribute(session, "preferences"), "getTheme")).isEqualTo("light");
    session.getAttributes().put("other", 1);
    save(session);
    assertThat(v1.saves).hasSize(2);

    session = v2.retrieved(id);
    assertThat(attribute(session, "cart")).asString().contains("total=5");
    assertThat(call(attribute(session, "preferences"), "getLanguage")).isEqualTo("de");
  }

  @Test
  void changeByOneVersionWritesTheAttributeAsThatVersionKnowsIt() {
    String id = v2.created(Map.of("preferences", v2.make("shop.Preferences")));
    WebSession session = v2.retrieved(id);
    call(attribute(session, "preferences"), "setLanguage", "de");
    save(session);
    session = v1.retrieved(id);
    call(attribute(session, "preferences"), "setTheme", "dark");
    save(session);
    session = v2.retrieved(id);
    assertThat(call(attribute(session, "preferences"), "getTheme")).isEqualTo("dark");
    assertThat(call(attribute(session, "preferences"), "getLanguage")).isEqualTo("en");
  }

  private static Object attribute(WebSession session, String name) {
    return requireNonNull(session.<Object>getAttribute(name), name);
  }

  private static @Nullable Object call(Object target, String method, Object... arguments) {
    try {
      for (Method each : target.getClass().getMethods()) {
        if (each.getName().equals(method)) {
          return each.invoke(target, arguments);
        }
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    throw new IllegalArgumentException(method);
  }

  private static void save(WebSession session) {
    Signals.assertEmpty(session.save());
  }

  private static ClassLoader compiled(String name, Map<String, String> sources) throws Exception {
    Path base = requireNonNull(folder).resolve(name);
    Path classes = Files.createDirectories(base.resolve("classes"));
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = base.resolve(source.getKey().replace('.', '/') + ".java");
      Files.createDirectories(file.getParent());
      files.add(Files.writeString(file, source.getValue()));
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter output = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      List<String> options = List.of("-d", classes.toString(), "-proc:none", "--release", "17");
      assertThat(
              compiler
                  .getTask(
                      output,
                      manager,
                      null,
                      options,
                      null,
                      manager.getJavaFileObjectsFromPaths(files))
                  .call())
          .as("%s", output)
          .isTrue();
    }
    return new URLClassLoader(
        new URL[] {classes.toUri().toURL()}, RollingDeploymentTest.class.getClassLoader());
  }

  /** An instance of the application. */
  private static final class Version {
    final ValkeySessionStore store;
    final List<String> saves = new ArrayList<>();
    private final ClassLoader classes;
    private final LatchkeyWebSessionStore web;

    Version(ClassLoader classes, Layout layout, String visitor) throws Exception {
      this.classes = classes;
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      thread.setContextClassLoader(classes);
      try {
        store =
            ValkeySessionStore.builder(SERVER.uri())
                .namespace(SERVER.namespace())
                .layout(layout)
                .allow("shop")
                .attribute("visitor", classes.loadClass(visitor))
                .build();
      } finally {
        thread.setContextClassLoader(before);
      }
      web =
          new LatchkeyWebSessionStore(
              new ForwardingStore(store) {
                @Override
                public Mono<Session> save(Session session) {
                  saves.add("save");
                  return super.save(session);
                }
              });
    }

    Map<String, Object> attributes() {
      return Map.of(
          "cart", make("shop.Cart", List.of(make("shop.Item", "tea", 2)), "a note"),
          "order", make("shop.Order", status("NEW")),
          "visitor", make("shop.Visitor", "ada"),
          "preferences", make("shop.Preferences"));
    }

    Object cart(String item, long total) {
      return make(
          "shop.Cart", List.of(make("shop.Item", item)), "a note", total, java.time.Instant.EPOCH);
    }

    Object status(String name) {
      return Arrays.stream(load("shop.Status").getEnumConstants())
          .filter(constant -> constant.toString().equals(name))
          .findFirst()
          .orElseThrow();
    }

    Object make(String type, Object... arguments) {
      try {
        return load(type).getConstructors()[0].newInstance(arguments);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }

    private Class<?> load(String name) {
      try {
        return classes.loadClass(name);
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException(e);
      }
    }

    String created(Map<String, Object> attributes) {
      WebSession session = Signals.value(web.createWebSession());
      session.getAttributes().putAll(attributes);
      save(session);
      return session.getId();
    }

    WebSession retrieved(String id) {
      return Signals.value(web.retrieveSession(id));
    }
  }
}
