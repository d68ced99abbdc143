package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.latchkey.SessionAttributeException;
import io.latchkey.TypeRef;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/** Whatever is stored, and whatever a value does: there is a value or one kind of error, soon. */
class HostileValuesTest {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final String HERE = "io.latchkey.codec.HostileValuesTest$";

  enum Colour {
    RED
  }

  record Item(String name, int count, Object more) {}

  record Refusing(String name) {
    Refusing {
      throw new IllegalStateException(name);
    }
  }

  record Erring(String name) {
    Erring {
      throw new AssertionError(name);
    }
  }

  record Overflowing(String name) {
    Overflowing {
      name = overflow(name);
    }

    @SuppressWarnings("InfiniteRecursion") // so it is to be
    static String overflow(String name) {
      return overflow(name).strip();
    }
  }

  record Unlinked(String name) {
    Unlinked {
      throw new NoClassDefFoundError(name);
    }
  }

  static final class Uninitialised {
    static final String VALUE = fail();

    public String name = VALUE;

    private static String fail() {
      throw new IllegalStateException("static");
    }
  }

  @JsonDeserialize(using = Wrong.Deserializer.class)
  record Wrong(String name) {
    static final class Deserializer extends ValueDeserializer<Object> {
      @Override
      public Object deserialize(JsonParser parser, DeserializationContext context) {
        parser.skipChildren();
        return 5;
      }
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
  interface Named {}

  record Name(String name) implements Named {}

  record Linked(@Nullable Linked next, List<Linked> others, Map<Instant, Named> named) {}

  private static final AttributeCodec CODEC = codec();

  private static AttributeCodec codec() {
    AttributeOptions options = new AttributeOptions();
    for (Class<?> nested : HostileValuesTest.class.getDeclaredClasses()) {
      options.allow(nested.getName());
    }
    return options.codec();
  }

  static Stream<Type> types() {
    return Stream.concat(
        Stream.of(
            Object.class,
            String.class,
            CharSequence.class,
            char.class,
            boolean.class,
            byte.class,
            int.class,
            Integer.class,
            long.class,
            Long.class,
            float.class,
            Double.class,
            Number.class,
            BigInteger.class,
            BigDecimal.class,
            AtomicLong.class,
            UUID.class,
            URI.class,
            Instant.class,
            Duration.class,
            Period.class,
            LocalDate.class,
            LocalDateTime.class,
            OffsetDateTime.class,
            ZonedDateTime.class,
            Year.class,
            MonthDay.class,
            ZoneId.class,
            ZoneOffset.class,
            TimeZone.class,
            TimeUnit.class,
            Date.class,
            Locale.class,
            Currency.class,
            Class.class,
            Void.class,
            void.class,
            Override.class,
            Optional.class,
            OptionalInt.class,
            AtomicReference.class,
            List.class,
            Set.class,
            Map.class,
            ArrayDeque.class,
            SortedSet.class,
            TreeSet.class,
            SortedMap.class,
            TreeMap.class,
            EnumSet.class,
            EnumMap.class,
            ConcurrentHashMap.class,
            ConcurrentSkipListSet.class,
            CopyOnWriteArrayList.class,
            CopyOnWriteArraySet.class,
            byte[].class,
            int[].class,
            int[][].class,
            String[].class,
            Object[].class,
            JsonNode.class,
            Thread.class,
            Runnable.class,
            Colour.class,
            Item.class,
            Linked.class,
            Named.class,
            Refusing.class,
            Erring.class,
            Overflowing.class,
            Unlinked.class,
            Uninitialised.class,
            Wrong.class),
        Stream.of(
                new TypeRef<List<Integer>>() {},
                new TypeRef<List<Uninitialised>>() {},
                new TypeRef<List<Wrong>>() {},
                new TypeRef<TreeSet<Object>>() {},
                new TypeRef<TreeMap<Colour, Item>>() {},
                new TypeRef<EnumMap<Colour, Item>>() {},
                new TypeRef<EnumSet<Colour>>() {},
                new TypeRef<Map<BigInteger, Object>>() {},
                new TypeRef<Map<BigDecimal, Object>>() {},
                new TypeRef<Map<Instant, Object>>() {},
                new TypeRef<Map<UUID, Object>>() {},
                new TypeRef<Map<Duration, Object>>() {},
                new TypeRef<Map<Class<?>, Object>>() {},
                new TypeRef<ConcurrentHashMap<String, Object>>() {},
                new TypeRef<Optional<List<Instant>>>() {},
                new TypeRef<AtomicReference<Item>>() {},
                new TypeRef<Map.Entry<String, Integer>>() {},
                new TypeRef<List<? extends Named>>() {})
            .map(TypeRef::type));
  }

  static Stream<JsonBytes> values() {
    Stream<String> plain =
        Stream.of(
            "",
            " ",
            "x",
            "\"",
            "\"x",
            "{",
            "[",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "1 2",
            "null",
            "true",
            "0",
            "-",
            "-0",
            "-1",
            "1.5",
            "1e999",
            "-1e999",
            "1e1000000000",
            "1e-1000000000",
            "-1.5E+2147483647",
            "1e99999999999999999999",
            "9".repeat(1_000),
            "9".repeat(1_001),
            "0." + "9".repeat(1_500),
            "9223372036854775808",
            "\"\"",
            "\" \"",
            "\"x\"",
            "\"-1\"",
            "\"1e1000000000\"",
            "\"NaN\"",
            "\"P99999999999999999999D\"",
            "\"PT9223372036854775807S\"",
            "\"PT-9223372036854775808.999999999S\"",
            "\"+1000000000-12-31T23:59:59.999999999Z\"",
            "\"+9999999999-12-31T23:59:59Z\"",
            "\"2026-02-30\"",
            "\"Mars/Olympus\"",
            "\"GMT+99:99\"",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\"java.lang.Object\"",
            "\"RED\"",
            "[]",
            "[null]",
            "[null,null]",
            "[1,\"a\",null,true,{},[]]",
            "[{},{}]",
            "[[1],[2]]",
            "[\"RED\",\"BLUE\",null]",
            "{}",
            "{\"\":null}",
            "{\"a\":1,\"a\":2}",
            "{\"name\":null}",
            "{\"name\":\"x\"}",
            "{\"name\":\"x\",\"count\":null,\"more\":{\"@type\":5}}",
            "{\"name\":\"x\",\"count\":1e1000000000}",
            "{\"count\":9999999999}",
            "{\"next\":{\"next\":null},\"others\":[null],\"named\":{\"x\":null}}",
            "{\"RED\":{\"name\":1}}",
            "{\"1e1000000000\":1}",
            "{\"" + "9".repeat(2_000) + "\":1}",
            "{\"@type\":null}",
            "{\"@type\":5}",
            "{\"@type\":{}}",
            "{\"@type\":\"\"}",
            "{\"@type\":\"[]\",\"@value\":[]}",
            "{\"@type\":\"int\",\"@value\":null}",
            "{\"@type\":\"int\"}",
            "{\"@type\":\"int[]\",\"@value\":[null]}",
            "{\"@type\":\"int" + "[]".repeat(260) + "\",\"@value\":[]}",
            "{\"@type\":\"int" + "[]".repeat(248) + "\",\"@value\":[]}",
            "{\"@type\":\"int" + "[]".repeat(240) + "\",\"@value\":[[]]}",
            "{\"@type\":\"void[]\",\"@value\":[]}",
            "{\"@type\":\"java.lang.Object\"}",
            "{\"@type\":\"java.lang.Object\",\"@value\":5}",
            "{\"@type\":\"java.util.EnumSet<>\",\"@value\":[]}",
            "{\"@type\":\"java.util.EnumSet<java.lang.String>\",\"@value\":[]}",
            "{\"@type\":\"java.util.EnumSet<HEREColour>\",\"@value\":[null]}",
            "{\"@type\":\"java.util.EnumMap<HEREColour>\",\"@value\":{\"BLUE\":1}}",
            "{\"@type\":\"java.util.EnumMap<HEREColour>\",\"@entries\":[null,1]}",
            "{\"@type\":\"java.util.EnumMap<HEREColour>\",\"@entries\":[1,1]}",
            "{\"@type\":\"java.util.EnumMap<HEREColour>\",\"@entries\":[\"RED\",1]}",
            "{\"@type\":\"java.util.EnumSet\",\"@value\":[]}",
            "{\"@type\":\"java.util.EnumMap\",\"@value\":{}}",
            "{\"@type\":\"java.util.HashMap\",\"@entries\":null}",
            "{\"@type\":\"java.util.HashMap\",\"@entries\":[1]}",
            "{\"@type\":\"java.util.HashMap\",\"@entries\":{}}",
            "{\"@type\":\"java.util.ArrayList\",\"@entries\":[1,2]}",
            "{\"@type\":\"java.util.TreeMap\",\"@entries\":[1,2,\"a\",3]}",
            "{\"@type\":\"java.util.TreeMap\",\"@entries\":[null,3]}",
            "{\"@type\":\"java.util.TreeSet\",\"@value\":[1,\"a\"]}",
            "{\"@type\":\"java.util.TreeSet\",\"@value\":[null]}",
            "{\"@type\":\"java.util.TreeSet\",\"@value\":[{},{}]}",
            "{\"@type\":\"java.util.concurrent.ConcurrentHashMap\",\"@value\":{\"a\":null}}",
            "{\"@type\":\"java.util.concurrent.ConcurrentHashMap\",\"@entries\":[null,null]}",
            "{\"@type\":\"java.util.concurrent.ConcurrentSkipListSet\",\"@value\":[null,1]}",
            "{\"@type\":\"java.util.concurrent.ConcurrentLinkedQueue\",\"@value\":[null]}",
            "{\"@type\":\"java.util.ArrayDeque\",\"@value\":[null]}",
            "{\"@type\":\"java.util.Optional\",\"@value\":{\"@type\":\"java.util.Optional\"}}",
            "{\"@type\":\"java.util.concurrent.atomic.AtomicReference\",\"@value\":[{\"@type\":\"x\"}]}",
            "{\"@type\":\"java.util.UUID\",\"@value\":\"-----\"}",
            "{\"@type\":\"java.util.UUID\",\"@value\":[1]}",
            "{\"@type\":\"java.net.URI\",\"@value\":\"a b\"}",
            "{\"@type\":\"java.util.Currency\",\"@value\":\"XXXX\"}",
            "{\"@type\":\"java.util.Locale\",\"@value\":\"_\\u0000_\"}",
            "{\"@type\":\"java.util.TimeZone\",\"@value\":\"\"}",
            "{\"@type\":\"java.time.ZoneId\",\"@value\":\"\"}",
            "{\"@type\":\"java.time.Year\",\"@value\":99999999999}",
            "{\"@type\":\"java.time.Instant\",\"@value\":1e1000000000}",
            "{\"@type\":\"java.time.Instant\",\"@value\":9223372036854775807}",
            "{\"@type\":\"java.time.Duration\",\"@value\":1e-1000000000}",
            "{\"@type\":\"java.time.Duration\",\"@value\":9223372036854775808}",
            "{\"@type\":\"java.time.Month\",\"@value\":13}",
            "{\"@type\":\"java.time.LocalDate\",\"@value\":[9999999999,1,1]}",
            "{\"@type\":\"java.time.LocalDateTime\",\"@value\":[1,1]}",
            "{\"@type\":\"java.util.Date\",\"@value\":1e1000000000}",
            "{\"@type\":\"java.math.BigInteger\",\"@value\":1e1000000000}",
            "{\"@type\":\"java.math.BigInteger\",\"@value\":1.5e100000}",
            "{\"@type\":\"java.math.BigDecimal\",\"@value\":1e99999999999}",
            "{\"@type\":\"java.lang.Character\",\"@value\":\"xx\"}",
            "{\"@type\":\"java.lang.Character\",\"@value\":-1}",
            "{\"@type\":\"HEREItem\",\"name\":[],\"count\":\"x\"}",
            "{\"@type\":\"HEREItem\",\"@value\":[]}",
            "{\"@type\":\"HEREItem[]\",\"@value\":[{\"@type\":\"HEREName\"}]}",
            "{\"@type\":\"HERERefusing\",\"name\":\"x\"}",
            "{\"@type\":\"HEREErring\",\"name\":\"x\"}",
            "{\"@type\":\"HEREOverflowing\",\"name\":\"x\"}",
            "{\"@type\":\"HEREUnlinked\",\"name\":\"x\"}",
            "{\"@type\":\"HEREUninitialised\",\"name\":\"x\"}",
            "{\"@type\":\"HEREWrong\",\"name\":\"x\"}",
            "[{\"@type\":\"HEREWrong\"}]",
            "{\"@type\":\"HERENamed\"}",
            "{\"@class\":\"HEREName\",\"name\":\"x\"}",
            "{\"@class\":\"HEREItem\"}",
            "{\"@class\":null}",
            "{\"@class\":\"java.util.ArrayList<" + "java.util.ArrayList<".repeat(1_500) + "\"}",
            "{\"@type\":\"HERE".repeat(3) + "\"}",
            "[".repeat(100) + "]".repeat(100),
            "[".repeat(100_000) + "]".repeat(100_000),
            "[".repeat(100_000),
            "{\"a\":".repeat(100_000),
            "{\"next\":".repeat(500) + "null" + "}".repeat(500),
            "{\"@type\":\"java.util.Optional\",\"@value\":".repeat(500) + "null" + "}".repeat(500),
            "{\"@type\":\"java.util.HashMap\",\"@entries\":[".repeat(500) + "]}".repeat(500));
    return Stream.concat(
            plain.map(json -> json.replace("HERE", HERE).getBytes(UTF_8)),
            Stream.of("\"\u00ff\"", "\"\u00c0\u0080\"", "\u00ef\u00bb\u00bf1", "\u00fe\u00ff\u0000")
                .map(json -> json.getBytes(ISO_8859_1)))
        .map(JsonBytes::of);
  }

  @ParameterizedTest
  @MethodSource("types")
  void whateverIsStoredReadingItAsATypeGivesThatOrASessionAttributeException(Type type) {
    values().forEach(json -> assertThat(tried(() -> CODEC.decode("a", json, type))).isTrue());
  }

  @Test
  void whateverIsStoredReadingItAsWhatItIsGivesThatOrASessionAttributeException() {
    values().forEach(json -> assertThat(tried(() -> CODEC.decode("a", json))).isTrue());
  }

  @Test
  void whateverIsStoredComparingWithItGivesAnAnswer() {
    values()
        .forEach(json -> assertThat(CODEC.isUnchanged("a", new Item("x", 1, 2), json)).isFalse());
  }

  /** Whether it gave a value, or an error of ours. */
  private static boolean tried(Runnable read) {
    try {
      read.run();
    } catch (SessionAttributeException e) {
      assertThat(e).hasNoCause();
    }
    return true;
  }

  @Test
  void aValueOfAnotherClassThanItsOwnDeserializerShouldMakeIsRefused() {
    assertThatThrownBy(() -> CODEC.decode("a", bytes("{}"), Wrong.class))
        .isInstanceOf(SessionAttributeException.class);
  }

  // Time.

  static Stream<Arguments> large() {
    int n = 400_000;
    return Stream.of(
        arguments("a tag of arrays", tagged("int" + "[]".repeat(n / 2), "[]")),
        arguments("a tag of points", tagged(".".repeat(n), "[]")),
        arguments("a tag of classes", tagged(HERE + "$Item".repeat(n / 5), "[]")),
        arguments("a tag of braces", tagged("java.util.EnumSet<".repeat(n / 18), "[]")),
        arguments("a class", "{\"@class\":\"" + HERE + "$x".repeat(n / 2) + "\"}"),
        arguments("digits", "9".repeat(n)),
        arguments("digits behind a point", "0." + "9".repeat(n)),
        arguments("digits of an exponent", "1e" + "9".repeat(n)),
        arguments("digits in a text", "\"" + "9".repeat(n) + "\""),
        arguments("letters in a text", "\"" + "PT9S+-:/_".repeat(n / 9) + "\""),
        arguments("a duration", "\"PT" + "9".repeat(n) + "S\""),
        arguments("a time", "\"2026-01-01T00:00:00." + "9".repeat(n) + "Z\""),
        arguments("dashes", "\"" + "-".repeat(n) + "\""),
        arguments("a digits' tag", tagged("java.math.BigDecimal", "9".repeat(n))),
        arguments("a key of digits", "{\"" + "9".repeat(n) + "\":1}"),
        arguments("a large exponent", tagged("java.time.Instant", "1e1000000000")),
        arguments("a larger exponent", tagged("java.math.BigInteger", "1e99999")),
        arguments("the largest exponent", tagged("java.time.Duration", "-1e2147483647")),
        arguments("open arrays", "[".repeat(n)),
        arguments("open objects", "{\"a\":".repeat(n / 5)),
        arguments("ones", "[" + "1,".repeat(n / 2) + "1]"),
        arguments("maps", "[" + "{},".repeat(n / 3) + "1]"),
        arguments("keys", many(i -> "\"k" + i + "\":1", "{", "}")),
        arguments("keys of one hash", many(i -> "\"" + sameHash(i) + "\":1", "{", "}")),
        arguments("keys of one length", many(i -> "\"%016d\":1".formatted(i), "{", "}")),
        arguments("one key", many(i -> "\"k\":1", "{", "}")),
        arguments("texts of one hash", many(i -> "\"" + sameHash(i) + "\"", "[", "]")),
        arguments(
            "a set of one hash",
            tagged("java.util.HashSet", many(i -> "\"" + sameHash(i) + "\"", "[", "]"))),
        arguments(
            "entries of one hash",
            "{\"@type\":\"java.util.HashMap\",\"@entries\":"
                + many(i -> "\"" + sameHash(i) + "\",1", "[", "]")
                + "}"),
        arguments(
            "a list that copies itself",
            tagged("java.util.concurrent.CopyOnWriteArrayList", many(i -> "1", "[", "]"))),
        arguments(
            "a set that copies itself",
            tagged("java.util.concurrent.CopyOnWriteArraySet", many(String::valueOf, "[", "]"))));
  }

  private static String tagged(String tag, String value) {
    return "{\"@type\":\"" + tag + "\",\"@value\":" + value + "}";
  }

  private static String many(IntFunction<String> part, String open, String end) {
    return IntStream.range(0, 50_000).mapToObj(part).collect(Collectors.joining(",", open, end));
  }

  /** Texts of 32 letters, all of which have the same hash. */
  private static String sameHash(int i) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 16; bit++) {
      text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("large")
  void whatIsLargeTakesNoMoreThanLinearTime(String what, String json) {
    JsonBytes value = bytes(json);
    tried(() -> CODEC.decode("a", value));
    types()
        .forEach(
            type ->
                assertThat(quickest(() -> tried(() -> CODEC.decode("a", value, type))))
                    .as(what + " as " + type)
                    .isLessThan(Duration.ofSeconds(1)));
    assertThat(quickest(() -> tried(() -> CODEC.decode("a", value))))
        .as(what)
        .isLessThan(Duration.ofSeconds(1));
  }

  /** Time of the processor: what else runs on the machine is no finding. */
  private static Duration quickest(Runnable run) {
    Duration best = Duration.ofDays(1);
    for (int i = 0; i < 3 && best.toMillis() > 900; i++) {
      long start = THREADS.getCurrentThreadCpuTime();
      run.run();
      Duration took = Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - start);
      best = took.compareTo(best) < 0 ? took : best;
    }
    return best;
  }

  private static JsonBytes bytes(String json) {
    return JsonBytes.of(json.getBytes(UTF_8));
  }
}
