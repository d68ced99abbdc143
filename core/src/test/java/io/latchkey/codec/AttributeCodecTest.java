package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.SessionAttributeException;
import io.latchkey.TypeRef;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AttributeCodecTest {
  /** Part of every value here, and of no message. */
  private static final String SECRET = "s3cret";

  private final AttributeCodec codec = new AttributeCodec();

  // Values that come back as they went in.

  static LongStream seeds() {
    return LongStream.range(0, 300);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aTreeComesBackAsItWentIn(long seed) {
    JsonNode tree = JsonMapper.shared().readTree(new RandomJson(seed).value(5));
    assertThat(roundTrip(tree, JsonNode.class)).isEqualTo(tree);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aTextOfAnyCharactersComesBackAsItWentIn(long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(50); i > 0; i--) {
      int c = random.nextInt(Character.MAX_CODE_POINT + 1);
      text.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? c - 0xD800 : c);
    }
    assertThat(roundTrip(text.toString(), String.class)).isEqualTo(text.toString());
  }

  static Stream<Arguments> values() {
    return Stream.of(
        arguments("", String.class),
        arguments("x".repeat(1 << 20), String.class),
        arguments(Integer.MIN_VALUE, Integer.class),
        arguments(Long.MAX_VALUE, Long.class),
        arguments((byte) -128, Byte.class),
        arguments('\u20ac', Character.class),
        arguments(0.1, Double.class),
        arguments(Double.MIN_VALUE, Double.class),
        arguments(Double.MAX_VALUE, Double.class),
        arguments(-0.0, Double.class),
        arguments(3.4028235e38f, Float.class),
        arguments(Double.NaN, Double.class),
        arguments(Double.NEGATIVE_INFINITY, Double.class),
        arguments(new BigDecimal("1234567890.12345678901234567890"), BigDecimal.class),
        arguments(BigInteger.TWO.pow(200), BigInteger.class),
        arguments(true, Boolean.class),
        arguments(DayOfWeek.FRIDAY, DayOfWeek.class),
        arguments(UUID.fromString("5f0c2a9e-0000-4000-8000-000000000001"), UUID.class),
        arguments(Instant.parse("2026-11-24T10:15:30.123456789Z"), Instant.class),
        arguments(Duration.ofNanos(1), Duration.class),
        arguments(LocalDate.of(2026, 11, 24), LocalDate.class),
        arguments(Optional.of("x"), new TypeRef<Optional<String>>() {}.type()),
        arguments(List.of("itemA", "itemB"), new TypeRef<List<String>>() {}.type()),
        arguments(Set.of(1, 2), new TypeRef<Set<Integer>>() {}.type()),
        arguments(Map.of("a", List.of(1L)), new TypeRef<Map<String, List<Long>>>() {}.type()),
        arguments(new Item("book", 2), Item.class));
  }

  @ParameterizedTest
  @MethodSource("values")
  void aValueComesBackAsItWentIn(Object value, Type type) {
    Object back = codec.decode("cart", codec.encode("cart", value), type);
    assertThat(back).isEqualTo(value);
  }

  /** The short way past Jackson has to find the same texts, and the same errors. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\"",
        "\"text\"",
        " \"text\"",
        "\"text\" ",
        "\"~ !\\u007f\"",
        "\"\u007f\"",
        "\"a\\\"b\"",
        "\"a\\\\\"",
        "\"\\u00e9\"",
        "\"\u00e9\"",
        "\"\u65e5\u672c\"",
        "\"a\tb\"",
        "\"",
        "\"text",
        "text\"",
        "\"a\"b\"",
        "\"a\\\"",
        "1",
        "true",
        "null",
        "{}"
      })
  void aTextIsReadAsJacksonReadsIt(String json) {
    byte[] padded = ("\"x\"," + json + ",\"y\"").getBytes(UTF_8);
    JsonBytes view = new JsonBytes(padded, 4, padded.length - 8);
    Object expected;
    try {
      expected = JsonMapper.shared().readValue(json, Object.class);
    } catch (JacksonException e) {
      assertThatThrownBy(() -> codec.decode("name", view))
          .isInstanceOf(SessionAttributeException.class);
      assertThatThrownBy(() -> codec.decode("name", view, String.class))
          .isInstanceOf(SessionAttributeException.class);
      return;
    }
    assertThat(codec.decode("name", view)).isEqualTo(expected);
    if (expected instanceof String || expected == null) {
      assertThat(codec.<String>decode("name", view, String.class)).isEqualTo(expected);
    } else {
      assertThatThrownBy(() -> codec.decode("name", view, String.class))
          .isInstanceOf(SessionAttributeException.class);
    }
  }

  @Test
  void bytesComeBackAsTheyWentIn() {
    byte[] bytes = {0, -1, 127, -128};
    assertThat(roundTrip(bytes, byte[].class)).isEqualTo(bytes);
  }

  @Test
  void aFieldThatALaterVersionOfTheClassHasIsPassedOver() {
    JsonBytes json = codec.encode("item", Map.of("name", "book", "count", 2, "colour", "red"));
    assertThat(codec.<Item>decode("item", json, Item.class)).isEqualTo(new Item("book", 2));
  }

  // Texts, or any value, that Jackson can write and not read again, or not write at all.

  static Stream<Arguments> atTheLimits() {
    return Stream.of(
        arguments("a high surrogate alone", "x\uD83D", String.class),
        arguments("a low surrogate alone", "\uDE00x", String.class),
        arguments("surrogates the wrong way round", "\uDE00\uD83D", String.class),
        arguments("a number of 2000 digits", BigInteger.TEN.pow(2000), BigInteger.class),
        arguments("a key of 100000 letters", Map.of("x".repeat(100_000), 1), Map.class),
        arguments("lists in lists, 400 deep", nested(400), List.class),
        arguments("lists in lists, 600 deep", nested(600), List.class),
        arguments("lists in lists, 100000 deep", nested(100_000), List.class));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("atTheLimits")
  void aValueComesBackAsItWentInOrIsRefusedAtOnce(String what, Object value, Class<?> type) {
    JsonBytes json;
    try {
      json = codec.encode("cart", value);
    } catch (SessionAttributeException e) {
      assertThat(e).hasNoCause().hasMessageContaining("'cart'");
      return;
    }
    assertThat(codec.<Object>decode("cart", json, type)).as(what).isEqualTo(value);
  }

  // Errors.

  static Stream<Arguments> wrongTypes() {
    return Stream.of(
        arguments(SECRET, "a JSON string", Integer.class),
        arguments(SECRET, "a JSON string", LocalDate.class),
        arguments(SECRET, "a JSON string", DayOfWeek.class),
        arguments(SECRET, "a JSON string", Boolean.class),
        arguments(SECRET, "a JSON string", Item.class),
        arguments("", "a JSON string", Integer.class),
        arguments("", "a JSON string", Item.class),
        arguments("12", "a JSON string", Integer.class),
        arguments("true", "a JSON string", Boolean.class),
        arguments(9876543, "a JSON number", String.class),
        arguments(9876543, "a JSON number", Byte.class),
        arguments(9876543, "a JSON number", Boolean.class),
        arguments(1, "a JSON number", DayOfWeek.class),
        arguments(98765.43, "a JSON number", Integer.class),
        arguments(1e300, "a JSON number", Long.class),
        arguments(true, "a JSON boolean", String.class),
        arguments(false, "a JSON boolean", Integer.class),
        arguments(List.of(SECRET), "a JSON array", String.class),
        arguments(List.of(SECRET), "a JSON array", Map.class),
        arguments(List.of(SECRET), "a JSON array", new TypeRef<List<Integer>>() {}.type()),
        arguments(Map.of(SECRET, SECRET), "a JSON object", List.class),
        arguments(Map.of("name", Map.of(SECRET, 1)), "a JSON object", Item.class),
        arguments(Map.of("name", "book", "count", -1), "a JSON object", Item.class));
  }

  @ParameterizedTest
  @MethodSource("wrongTypes")
  void aWrongTypeIsNamedBesideTheRightOneAndTheValueIsNot(Object value, String kind, Type asked) {
    JsonBytes json = codec.encode("cart", value);
    SessionAttributeException error =
        catchThrowableOfType(
            SessionAttributeException.class, () -> codec.decode("cart", json, asked));
    assertThat(error)
        .hasMessage("attribute 'cart' is %s and cannot be read as %s", kind, asked.getTypeName())
        .hasNoCause();
    assertThat(error.attributeName()).isEqualTo("cart");
    assertThat(printed(error)).doesNotContain(SECRET, "98765");
  }

  static Stream<Object> unwritable() {
    List<Object> inItself = new ArrayList<>(List.of(SECRET));
    inItself.add(inItself);
    return Stream.of(
        new Object(),
        new Failing(),
        inItself,
        List.of(SECRET, new Failing()),
        Map.of(SECRET, new Object()));
  }

  @ParameterizedTest
  @MethodSource("unwritable")
  void whatCannotBeWrittenIsRefusedByNameAndClass(Object value) {
    assertThatThrownBy(() -> codec.encode("cart", value))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContainingAll("'cart'", value.getClass().getName())
        .hasNoCause()
        .satisfies(error -> assertThat(printed(error)).doesNotContain(SECRET));
  }

  @Test
  void theViewOnAValueDoesNotPrintIt() {
    assertThat(codec.encode("cart", SECRET)).hasToString("JsonBytes[length=8]");
  }

  private <T> T roundTrip(Object value, Class<T> type) {
    T back = codec.decode("cart", codec.encode("cart", value), type);
    assertThat(back).isNotNull();
    return Objects.requireNonNull(back);
  }

  private static List<?> nested(int depth) {
    List<?> list = List.of();
    for (int i = 1; i < depth; i++) {
      list = Arrays.asList(list);
    }
    return list;
  }

  private static String printed(Throwable error) {
    StringWriter text = new StringWriter();
    error.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  /** As an application has them. */
  record Item(String name, int count) {
    Item {
      if (count < 0) {
        throw new IllegalArgumentException(SECRET);
      }
    }
  }

  /** Tells its value in an exception. */
  static final class Failing {
    @SuppressWarnings("DoNotCallSuggester") // Jackson calls it
    public String getName() {
      throw new IllegalStateException(SECRET);
    }
  }
}
