package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import io.latchkey.webflux.SessionStoreExceptionHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The properties, what the IDE is told of them, and the options of the store that they set. */
class LatchkeyPropertiesTest {
  /** Objects that only a customizer can give. */
  private static final Set<String> OPTIONS_WITHOUT_PROPERTY =
      Set.of(
          "clock",
          "resources",
          "migrate-from",
          "format",
          // Two values in one.
          "acknowledged-by",
          // How it is connected is for connection details, or a customizer, to say.
          "credentials",
          "sentinel-credentials",
          "trust-certificates",
          "trust-manager",
          "client-certificate",
          "key-manager",
          "server-name",
          "client-name");

  private static final Set<String> PROPERTIES_OF_BOOT_ALONE =
      Set.of("uri", "enabled", "check-on-startup", "retry-after");

  private final ReactiveWebApplicationContextRunner web =
      BootContexts.web()
          .withPropertyValues("latchkey.check-on-startup=off")
          .withUserConfiguration(BuilderWatch.class);

  @Test
  void ideKnowsOnePropertyForEveryOptionOfTheStore() {
    Set<String> options = new TreeSet<>();
    for (Class<?> builder :
        List.of(ValkeySessionStore.Builder.class, LatchkeyWebSessionStore.Builder.class)) {
      Stream.of(builder.getMethods())
          .filter(method -> method.getReturnType() == builder)
          .map(method -> kebab(method.getName()))
          .forEach(options::add);
    }
    options.removeAll(OPTIONS_WITHOUT_PROPERTY);
    // One attribute at a time there, a map here.
    options.remove("attribute");
    options.add("attributes");

    Set<String> properties = new TreeSet<>(metadata().keySet());
    properties.removeAll(PROPERTIES_OF_BOOT_ALONE);

    assertThat(properties).isEqualTo(options);
  }

  @Test
  void everyPropertyIsExplainedInTheIde() {
    metadata()
        .forEach(
            (name, property) ->
                assertThat(property.path("description").asString()).as(name).endsWith("."));
  }

  @Test
  void propertiesThatAreLeftOutLeaveTheStoresDefaults() {
    web.run(
        context ->
            assertThat(context.getBean(BuilderWatch.class).options)
                .isEqualTo(options(ValkeySessionStore.builder("valkey://localhost:6379/0"))));
  }

  @ParameterizedTest
  @MethodSource("propertiesWithADefault")
  void defaultThatTheIdeShowsIsTheStores(String property) {
    web.withPropertyValues(
            "latchkey."
                + property
                + "="
                + Objects.requireNonNull(metadata().get(property)).path("defaultValue").asString())
        .run(
            context ->
                assertThat(context.getBean(BuilderWatch.class).options)
                    .isEqualTo(options(ValkeySessionStore.builder("valkey://localhost:6379/0"))));
  }

  static Stream<String> propertiesWithADefault() {
    return metadata().entrySet().stream()
        .filter(property -> property.getValue().has("defaultValue"))
        .map(Map.Entry::getKey)
        .filter(name -> !PROPERTIES_OF_BOOT_ALONE.contains(name));
  }

  @ParameterizedTest
  @CsvSource({
    "namespace, shop, namespace, shop",
    "layout, hash, layout, HASH",
    "idle-timeout, 90, idleMillis, 90000",
    "idle-timeout, -1, idleMillis, 0",
    "absolute-timeout, 12h, absoluteMillis, 43200000",
    "absolute-timeout, -1, absoluteMillis, 0",
    "touch-interval, 5, touchMillis, 5000",
    "touch-interval, 0, touchMillis, 0",
    "rotation-grace, 10, graceMillis, 10000",
    "conflicts, reject, conflicts, REJECT",
    "unreadable, absent, unreadable, ABSENT",
    "unreadable-attributes, fail, unreadableAttributes, FAIL",
    "max-session-size, 2MB, maxSessionSize, 2097152",
    "max-session-size, 600000, maxSessionSize, 600000",
    "max-attribute-size, 4KB, maxAttributeSize, 4096",
    "max-attributes, 7, maxAttributes, 7",
    "max-answer-size, 16MB, maxAnswerSize, 16777216",
    "connections, 4, connectionCount, 4",
    "command-timeout, 500, commandTimeout, PT0.5S",
    "read-from-replicas, true, fromReplicas, true"
  })
  void propertySetsItsOptionAndNoOther(
      String property, String value, String field, String expected) {
    Map<String, String> all = options(ValkeySessionStore.builder("valkey://localhost:6379/0"));
    all.put(field, expected);

    web.withPropertyValues("latchkey." + property + "=" + value)
        .run(context -> assertThat(context.getBean(BuilderWatch.class).options).isEqualTo(all));
  }

  @ParameterizedTest
  @CsvSource({
    "latchkey.namespace, a b",
    "latchkey.idle-timeout, 0",
    "latchkey.absolute-timeout, 0",
    "latchkey.touch-interval, -1",
    "latchkey.touch-interval, 2h",
    "latchkey.rotation-grace, 1h",
    "latchkey.max-session-size, 0",
    "latchkey.max-session-size, 1TB",
    "latchkey.max-attribute-size, -1B",
    "latchkey.max-attribute-size, 2MB",
    "latchkey.max-attributes, 0",
    "latchkey.max-answer-size, 1KB",
    "latchkey.max-answer-size, 512KB",
    "latchkey.connections, 0",
    "latchkey.command-timeout, 0",
    "latchkey.allow, java",
    "latchkey.renew-after, 0",
    "latchkey.renewal-grace, 1h",
    "latchkey.retry-after, 0",
    "server.reactive.session.cookie.max-age, 0",
    "server.reactive.session.cookie.path, shop",
    "spring.session.timeout, 0",
    "spring.session.timeout, soon",
    "server.reactive.session.timeout, 0"
  })
  void wrongValueIsAnErrorThatNamesItsProperty(String property, String value) {
    web.withPropertyValues(property + "=" + value)
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .satisfies(
                        root ->
                            assertThat(invalid(context.getStartupFailure()).getName())
                                .isEqualTo(property)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"layout", "connections", "idle-timeout", "check-on-startup"})
  void valueThatIsNoneIsBootsUsualBindingFailure(String property) {
    web.withPropertyValues("latchkey." + property + "=nonsense")
        .run(
            context ->
                assertThat(context).getFailure().hasStackTraceContaining("latchkey." + property));
  }

  @Test
  void addressThatCannotBeReadIsToldWithoutIt() {
    web.withPropertyValues("latchkey.uri=http://ada:hunter2@example.org")
        .run(
            context -> {
              Throwable failure = Objects.requireNonNull(context.getStartupFailure());
              var analysis = Objects.requireNonNull(new LatchkeyFailureAnalyzer().analyze(failure));
              assertThat(analysis.getDescription())
                  .contains("latchkey.uri", "valkey://")
                  .doesNotContain("hunter2", "ada");
              assertThat(analysis.getAction()).contains("latchkey.uri");
              assertThat(failure).hasStackTraceContaining("latchkey.uri");
              assertThat(stackTrace(failure)).doesNotContain("hunter2");
            });
  }

  @Test
  void sessionTimeoutsOfBootAreHonouredInTheirOrder() {
    var boot = web.withPropertyValues("server.reactive.session.timeout=50m");
    var springSession = boot.withPropertyValues("spring.session.timeout=2400");
    var own = springSession.withPropertyValues("latchkey.idle-timeout=10m");

    boot.run(context -> assertThat(idleTimeout(context)).isEqualTo(Duration.ofMinutes(50)));
    springSession.run(
        context -> assertThat(idleTimeout(context)).isEqualTo(Duration.ofMinutes(40)));
    own.run(context -> assertThat(idleTimeout(context)).isEqualTo(Duration.ofMinutes(10)));
  }

  @Test
  void negativeTimeoutOfBootIsNone() {
    web.withPropertyValues("server.reactive.session.timeout=-1")
        .run(context -> assertThat(idleTimeout(context)).isEqualTo(Session.NEVER_IDLE));
  }

  @Test
  void noPropertyIsPrintedByAccident() {
    web.withPropertyValues("latchkey.uri=valkey://ada:hunter2@localhost:6379")
        .run(
            context -> {
              assertThat(context.getBean(LatchkeyProperties.class))
                  .asString()
                  .doesNotContain("hunter2");
              assertThat(context.getBean(LatchkeyConnectionDetails.class))
                  .asString()
                  .doesNotContain("hunter2");
            });
  }

  @Test
  void cookiePropertiesThatContradictEachOtherAreAnError() {
    web.withPropertyValues(
            "server.reactive.session.cookie.secure=false",
            "server.reactive.session.cookie.same-site=none")
        .run(
            context -> {
              var analysis =
                  Objects.requireNonNull(
                      new LatchkeyFailureAnalyzer()
                          .analyze(Objects.requireNonNull(context.getStartupFailure())));
              assertThat(analysis.getDescription()).contains("sameSite");
              assertThat(analysis.getAction()).contains("server.reactive.session.cookie.*");
            });
  }

  @Test
  void defaultOfTheGraceThatTheIdeShowsIsTheWebStores() {
    JsonNode property = Objects.requireNonNull(metadata().get("renewal-grace"));

    assertThat(DurationStyle.detectAndParse(property.path("defaultValue").asString()))
        .isEqualTo(LatchkeyWebSessionStore.DEFAULT_RENEWAL_GRACE);
  }

  @Test
  void defaultTimeToWaitThatTheIdeShowsIsTheHandlers() {
    JsonNode property = Objects.requireNonNull(metadata().get("retry-after"));

    assertThat(DurationStyle.detectAndParse(property.path("defaultValue").asString()))
        .isEqualTo(SessionStoreExceptionHandler.DEFAULT_RETRY_AFTER);
  }

  private static Duration idleTimeout(ApplicationContext context) {
    return context.getBean(SessionStore.class).newSession().idleTimeout();
  }

  private static InvalidConfigurationPropertyValueException invalid(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause != null) {
      if (cause instanceof InvalidConfigurationPropertyValueException found) {
        return found;
      }
      cause = cause.getCause();
    }
    throw new AssertionError("not an invalid property value", failure);
  }

  private static String stackTrace(Throwable failure) {
    var text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static Map<String, JsonNode> metadata() {
    try (InputStream json =
        LatchkeyProperties.class.getResourceAsStream(
            "/META-INF/spring-configuration-metadata.json")) {
      Map<String, JsonNode> properties = new TreeMap<>();
      for (JsonNode property : JsonMapper.shared().readTree(json).path("properties")) {
        String name = property.path("name").asString();
        if (name.startsWith("latchkey.")) {
          properties.put(name.substring("latchkey.".length()), property);
        }
      }
      return properties;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String kebab(String camelCase) {
    return camelCase.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  /** All that a builder holds. */
  private static Map<String, String> options(ValkeySessionStore.Builder builder) {
    Map<String, String> options = new LinkedHashMap<>();
    for (Field field : Arrays.asList(builder.getClass().getDeclaredFields())) {
      // What is allowed differs from application to application, and these two are no text.
      if (!Modifier.isStatic(field.getModifiers())
          && !Set.of("attributes", "connection").contains(field.getName())) {
        options.put(field.getName(), String.valueOf(value(builder, field.getName())));
      }
    }
    Object connection = value(builder, "connection");
    options.put("maxAnswerSize", String.valueOf(value(connection, "maxAnswerSize")));
    return options;
  }

  private static Object value(Object owner, String name) {
    try {
      Field field = owner.getClass().getDeclaredField(name);
      field.setAccessible(true);
      return field.get(owner);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sees the builder after the properties. */
  @Configuration(proxyBeanMethods = false)
  static class BuilderWatch {
    Map<String, String> options = Map.of();

    @Bean
    LatchkeyBuilderCustomizer watch() {
      return builder -> options = options(builder);
    }
  }
}
