package io.latchkey.tck;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.TypeRef;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Values and ids with which stores are tried, each with a description that may be printed. */
final class Samples {
  private Samples() {}

  enum Colour {
    RED,
    GREEN
  }

  record Item(String name, int pieces, BigDecimal price) {}

  record Cart(List<Item> items, Instant since, Colour colour, Map<String, Item> byName) {}

  /** Texts that must come back as they went in, as values and as names of attributes. */
  static Stream<Arguments> texts() {
    return Stream.of(
        arguments("empty", ""),
        arguments("one space", " "),
        arguments("letters beyond ASCII", "Stra\u00dfe \u0141\u00f3d\u017a"),
        arguments("emoji", "\ud83d\ude00\ud83d\udc69\u200d\ud83d\udcbb"),
        arguments("right to left", "\u05e9\u05dc\u05d5\u05dd \u202e\u0645\u0631\u062d\u0628\u0627"),
        arguments("combining marks", "e\u0301\u0308"),
        arguments("NUL", "a\u0000b\u0000"),
        arguments("control characters", controlCharacters()),
        arguments("line separators", "\u2028\u2029\u0085\r\n"),
        arguments("byte order mark and noncharacter", "\ufeff\uffff"),
        arguments("quotes and backslashes", "\"'\\/\\\"\\u0041"),
        arguments("JSON", "{\"a\":[1,null]}"),
        arguments("wire protocol", "\r\n$5\r\nhello\r\n*1\r\n"),
        arguments("Lua pattern", "%s %1 .* [^a]$"),
        arguments("a prototype's name", "__proto__"),
        arguments("a type's name", "@class"),
        arguments("the product's name", "latchkey"),
        arguments("a number", "007"));
  }

  static Stream<Arguments> longTexts() {
    return Stream.of(
        arguments("500 KB of ASCII", "x".repeat(500_000)),
        arguments("500 KB of emoji", "\ud83d\ude00".repeat(125_000)));
  }

  /** Texts that no encoding of Unicode has. */
  static Stream<Arguments> brokenTexts() {
    return Stream.of(
        arguments("high surrogate at the end", "a\ud83d"),
        arguments("low surrogate at the start", "\ude00a"),
        arguments("surrogates in the wrong order", "a\ude00\ud83db"),
        arguments("high surrogate before a letter", "\ud83da"));
  }

  static Stream<Arguments> plainValues() {
    return Stream.of(
        arguments("int", 42),
        arguments("smallest int", Integer.MIN_VALUE),
        arguments("largest long", Long.MAX_VALUE),
        arguments("smallest long", Long.MIN_VALUE),
        arguments("double", 0.1),
        arguments("smallest double", Double.MIN_VALUE),
        arguments("largest double", Double.MAX_VALUE),
        arguments("big integer", new BigInteger("9".repeat(60))),
        arguments("big decimal", new BigDecimal("12345678901234567890.12345678901")),
        arguments("true", true),
        arguments("false", false),
        arguments("enum", Colour.GREEN),
        arguments("instant", Instant.parse("2026-02-28T23:59:59.123456789Z")),
        arguments("date", LocalDate.of(2028, 2, 29)),
        arguments("duration", Duration.ofNanos(1_500_000_001)),
        arguments("UUID", new UUID(1, 2)),
        arguments("URI", URI.create("https://example.org/a?b=c#d")),
        arguments("bytes", new byte[] {0, 1, -1, 127, -128}),
        arguments("strings", new String[] {"a", "", "b"}),
        arguments("record", new Item("key ring", 2, new BigDecimal("9.99"))),
        arguments("record of records", cart()));
  }

  static Stream<Arguments> genericValues() {
    return Stream.of(
        arguments("list", List.of("itemA", "itemB"), new TypeRef<List<String>>() {}),
        arguments("empty list", List.of(), new TypeRef<List<String>>() {}),
        arguments("set", Set.of(1, 2, 3), new TypeRef<Set<Integer>>() {}),
        arguments("map", Map.of("a", 1, "", 2), new TypeRef<Map<String, Integer>>() {}),
        arguments("empty map", Map.of(), new TypeRef<Map<String, Integer>>() {}),
        arguments(
            "map of lists of longs",
            Map.of("a", List.of(1L, Long.MAX_VALUE)),
            new TypeRef<Map<String, List<Long>>>() {}),
        arguments("list of records", cart().items(), new TypeRef<List<Item>>() {}),
        arguments(
            "map with enums as keys",
            Map.of(Colour.RED, cart()),
            new TypeRef<Map<Colour, Cart>>() {}),
        arguments("not generic at all", 42, new TypeRef<Integer>() {}),
        arguments("nested lists", nested(100), new TypeRef<List<Object>>() {}));
  }

  /** Ids that no session can have. */
  static Stream<Arguments> malformedIds() {
    String most = "a".repeat(39);
    return Stream.of(
        arguments("empty", ""),
        arguments("one character", "a"),
        arguments("16 characters, a handle", "a".repeat(16)),
        arguments("39 characters", most),
        arguments("41 characters", most + "aa"),
        arguments("64 characters", "a".repeat(64)),
        arguments("a million characters", "a".repeat(1_000_000)),
        arguments("plus", most + "+"),
        arguments("slash", most + "/"),
        arguments("padding", most + "="),
        arguments("space", most + " "),
        arguments("space before", " " + most),
        arguments("line feed", most + "\n"),
        arguments("NUL", most + "\u0000"),
        arguments("colon", most + ":"),
        arguments("brace", "{" + most),
        arguments("glob", "*" + most),
        arguments("letter beyond ASCII", most + "\u00e4"),
        arguments("digit beyond ASCII", most + "\u0663"),
        arguments("full-width letter", most + "\uff21"),
        arguments("emoji", "a".repeat(38) + "\ud83d\ude00"),
        arguments("lone surrogate", most + "\ud83d"));
  }

  private static Cart cart() {
    Item ring = new Item("key ring \ud83d\udd11", 2, new BigDecimal("9.99"));
    Item nothing = new Item("", 0, BigDecimal.ZERO);
    return new Cart(
        List.of(ring, nothing), Instant.ofEpochMilli(1), Colour.RED, Map.of("ring", ring));
  }

  private static List<Object> nested(int depth) {
    return depth == 0 ? List.of() : List.of(nested(depth - 1), "x");
  }

  private static String controlCharacters() {
    return IntStream.range(1, 32)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .append('\u007f')
        .toString();
  }
}
