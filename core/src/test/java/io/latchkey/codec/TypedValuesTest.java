package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;
import io.latchkey.AttributeFormat;
import io.latchkey.SessionAttributeException;
import io.latchkey.TypeRef;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.json.JsonMapper;

/** Values come back as the class they went in as, wherever they stand. */
@SuppressWarnings({"ArrayRecordComponent", "EqualsGetClass", "JavaUtilDate", "JdkObsolete"})
class TypedValuesTest {
  private static final String HERE = "io.latchkey.codec.TypedValuesTest";

  private final AttributeCodec codec = codec(HERE);

  enum Colour {
    RED,
    GREEN {
      @Override
      boolean isCold() {
        return true;
      }
    };

    boolean isCold() {
      return false;
    }
  }

  record Item(String name, int pieces, BigDecimal price) {}

  record Cart(List<Item> items, Instant since, Colour colour, Map<Colour, Item> byColour) {}

  record Pair<A, B>(A first, B second) {}

  record Anything(Object value, List<Object> list, Comparable<?> comparable, Number number) {}

  record Choices(Set<String> set, Collection<Integer> collection, Iterable<Integer> iterable) {}

  record Perhaps(Optional<Item> item, Optional<Object> anything, OptionalInt number) {}

  sealed interface Login permits Guest, Member {}

  record Guest(String nickname) implements Login {}

  record Member(String name, Instant since) implements Login {}

  record Visit(Login login, List<Login> before, Login[] others) {}

  /** A bean that is no record, with a subclass. */
  static class Person {
    private String name = "";
    private @Nullable Person friend;
    private List<Person> family = new ArrayList<>();

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }

    public @Nullable Person getFriend() {
      return friend;
    }

    public void setFriend(@Nullable Person friend) {
      this.friend = friend;
    }

    public List<Person> getFamily() {
      return family;
    }

    public void setFamily(List<Person> family) {
      this.family = family;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other != null
          && other.getClass() == getClass()
          && ((Person) other).name.equals(name)
          && Objects.equals(((Person) other).friend, friend)
          && ((Person) other).family.equals(family);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }

    static Person named(String name) {
      Person person = new Person();
      person.name = name;
      return person;
    }
  }

  static final class Clerk extends Person {
    private int desk;

    public int getDesk() {
      return desk;
    }

    public void setDesk(int desk) {
      this.desk = desk;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return super.equals(other) && ((Clerk) Objects.requireNonNull(other)).desk == desk;
    }

    @Override
    public int hashCode() {
      return super.hashCode();
    }
  }

  /** Takes any names at all. */
  static final class Preferences {
    private final Map<String, Object> all = new LinkedHashMap<>();

    @JsonAnyGetter
    public Map<String, Object> all() {
      return all;
    }

    @JsonAnySetter
    public void set(String name, Object value) {
      all.put(name, value);
    }

    Preferences with(String name, Object value) {
      all.put(name, value);
      return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Preferences that && that.all.equals(all);
    }

    @Override
    public int hashCode() {
      return all.hashCode();
    }
  }

  record Named(@JsonProperty("@type") String type, @JsonProperty("@value") String value) {}

  record Wrapped(@JsonValue String text) {}

  record Whole(@JsonUnwrapped Inner inner, String rest) {}

  record Inner(String a, Object b) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({@JsonSubTypes.Type(value = Circle.class, name = "circle")})
  interface Shape {}

  record Circle(double radius) implements Shape {}

  record Drawing(List<Shape> shapes, Shape main) {}

  static class Basket extends ArrayList<Item> {
    private static final long serialVersionUID = 1L;
  }

  /** No record and no bean, but for a constructor whose parameters have names. */
  static final class Point {
    private final int x;
    private final int y;

    public Point(int x, int y) {
      this.x = x;
      this.y = y;
    }

    public int getX() {
      return x;
    }

    public int getY() {
      return y;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Point that && that.x == x && that.y == y;
    }

    @Override
    public int hashCode() {
      return 31 * x + y;
    }
  }

  @JsonSerialize(using = MoneySerializer.class)
  record Money(long cents) {}

  static final class MoneySerializer extends ValueSerializer<Money> {
    @Override
    public void serialize(Money value, JsonGenerator generator, SerializationContext context) {
      generator.writeStartObject();
      generator.writeNumberProperty("cents", value.cents());
      generator.writeEndObject();
    }
  }

  static Stream<Object> values() {
    return Stream.of(
        "text",
        "",
        true,
        1,
        5L,
        Long.MAX_VALUE,
        (short) 7,
        (byte) -3,
        'c',
        1.5,
        1.5f,
        Double.NaN,
        Double.NEGATIVE_INFINITY,
        Float.NaN,
        new BigInteger("5"),
        BigInteger.TWO.pow(200),
        new BigDecimal("1.10"),
        new BigDecimal("1E+3"),
        new BigDecimal("12345678901234567890.123456789012345678901"),
        Colour.RED,
        Colour.GREEN,
        DayOfWeek.FRIDAY,
        Instant.parse("2026-11-24T10:15:30.123456789Z"),
        Duration.ofNanos(1_500_000_001),
        Period.of(1, 2, 3),
        LocalDate.of(2028, 2, 29),
        LocalTime.of(23, 59, 59, 1),
        LocalDateTime.of(2026, 1, 2, 3, 4, 5, 6),
        OffsetDateTime.parse("2026-01-02T03:04:05.000000006+05:30"),
        OffsetTime.parse("03:04:05+05:30"),
        ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 1, ZoneId.of("Europe/Paris")),
        ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 1, ZoneId.of("UTC")),
        ZonedDateTime.of(2026, 7, 1, 12, 0, 0, 1, ZoneOffset.ofHours(2)),
        Year.of(2026),
        YearMonth.of(2026, 1),
        MonthDay.of(2, 29),
        ZoneId.of("Europe/Paris"),
        ZoneOffset.ofHours(2),
        new Date(1_764_000_000_123L),
        TimeZone.getTimeZone("Europe/Paris"),
        new UUID(1, 2),
        URI.create("https://example.org/a?b=c#d"),
        Locale.forLanguageTag("de-CH"),
        Locale.forLanguageTag("zh-Hant-TW"),
        Currency.getInstance("CHF"),
        Optional.of("x"),
        Optional.of(5L),
        Optional.of(Optional.of(new Guest("a"))),
        Optional.empty(),
        OptionalInt.of(5),
        OptionalInt.empty(),
        OptionalLong.of(5),
        OptionalDouble.of(0.5),
        new ArrayList<>(List.of(1, 2L, "a")),
        new LinkedList<>(List.of(1, 2L)),
        new CopyOnWriteArrayList<>(List.of(1)),
        new HashSet<>(Set.of(1L)),
        new LinkedHashSet<>(List.of(3, 1, 2)),
        new TreeSet<>(Set.of("b", "a")),
        new HashMap<>(Map.of("a", 1L)),
        new LinkedHashMap<>(Map.of("a", new BigDecimal("1.0"))),
        new TreeMap<>(Map.of("a", 1, "b", List.of(2L))),
        new ConcurrentHashMap<>(Map.of("a", 1)),
        new HashMap<>(Map.of(1, "one", 2L, "two")),
        new HashMap<>(Map.of(Colour.RED, new Guest("a"))),
        new LinkedHashMap<>(Map.of(new Guest("a"), new UUID(1, 2))),
        new TreeMap<>(Map.of(2, "b", 1, "a")),
        new EnumMap<>(Map.of(Colour.GREEN, 5L)),
        EnumSet.of(Colour.RED),
        EnumSet.noneOf(Colour.class),
        EnumSet.allOf(DayOfWeek.class),
        nulls(),
        item(),
        cart(),
        new Pair<>(1L, new Pair<>(item(), List.of(Colour.RED))),
        new Anything(5L, List.of(1L, item()), 3L, 4L),
        new Anything("a", List.of(), "b", 1.5),
        new Anything(Map.of(), List.of(), new UUID(1, 2), new BigDecimal("1.0")),
        new Choices(new LinkedHashSet<>(List.of("z", "a")), List.of(1), List.of(2)),
        new Choices(Set.of(), new HashSet<>(Set.of(1)), new TreeSet<>(Set.of(1))),
        new Perhaps(Optional.of(item()), Optional.of(5L), OptionalInt.of(1)),
        new Perhaps(Optional.empty(), Optional.empty(), OptionalInt.empty()),
        new Guest("a"),
        List.of(new Guest("a"), new Member("b", Instant.EPOCH)),
        person(),
        clerk(),
        List.of(clerk(), person()),
        new Preferences().with("theme", "dark").with("sizes", List.of(1L, 2L)),
        new Wrapped("text"),
        List.of(new Wrapped("text")),
        new Whole(new Inner("x", 5L), "rest"),
        new Circle(1.5),
        List.of(new Circle(1.5)),
        new Drawing(List.of(new Circle(1)), new Circle(2)),
        basket(),
        new Pair<>(basket(), "x"),
        new Point(1, 2),
        new Money(5),
        List.of(new Money(5)));
  }

  @ParameterizedTest
  @MethodSource("values")
  void valueComesBackAsItsClass(Object value) {
    assertSame(roundTrip(value), value);
  }

  @ParameterizedTest
  @MethodSource("values")
  void valueInAListComesBackAsItsClass(Object value) {
    Object back = roundTrip(new ArrayList<>(Arrays.asList(value, "x", value)));
    assertThat(back).isInstanceOf(ArrayList.class);
    assertSame(((List<?>) back).get(0), value);
    assertSame(((List<?>) back).get(2), value);
  }

  @ParameterizedTest
  @MethodSource("values")
  void valueInAMapComesBackAsItsClass(Object value) {
    Object back = roundTrip(new HashMap<>(Map.of("k", value)));
    assertThat(back).isInstanceOf(HashMap.class);
    assertSame(Objects.requireNonNull(((Map<?, ?>) back).get("k")), value);
  }

  @ParameterizedTest
  @MethodSource("values")
  void valueInARecordComesBackAsItsClass(Object value) {
    Object back = roundTrip(new Pair<>(value, List.of(value)));
    assertSame(((Pair<?, ?>) back).first(), value);
    assertSame(Objects.requireNonNull(((List<?>) ((Pair<?, ?>) back).second()).get(0)), value);
  }

  @ParameterizedTest
  @MethodSource("values")
  void valueIsReadAsTheClassThatIsAskedFor(Object value) {
    if (value instanceof Collection || value instanceof Map) {
      return; // that of a private class nobody asks for
    }
    JsonBytes json = codec.encode("a", value);
    Class<?> type = value instanceof Enum<?> e ? e.getDeclaringClass() : value.getClass();
    if (value instanceof TimeZone) {
      type = TimeZone.class;
    } else if (value instanceof ZoneId) {
      type = ZoneId.class;
    }
    Object back = codec.decode("a", json, type);
    assertSame(Objects.requireNonNull(back), value);
  }

  /** Except for what has equality by identity. */
  private static void assertSame(Object back, Object value) {
    assertThat(back).isEqualTo(value);
    if (value instanceof List && !value.getClass().getName().startsWith("java.util.Immutable")) {
      assertThat(back).hasSameClassAs(value);
    } else if (!(value instanceof List)) {
      assertThat(back).hasSameClassAs(value);
    }
  }

  // What is written.

  static Stream<Arguments> forms() {
    return Stream.of(
        arguments("a", "\"a\""),
        arguments(5, "5"),
        arguments(3_000_000_000L, "3000000000"),
        arguments(5L, "{'@type':'java.lang.Long','@value':5}"),
        arguments(List.of(1, "a"), "[1,'a']"),
        arguments(Map.of("a", List.of()), "{'a':[]}"),
        arguments(new TreeMap<>(Map.of("a", 1)), "{'@type':'java.util.TreeMap','@value':{'a':1}}"),
        arguments(
            new HashMap<>(Map.of(1, "a")), "{'@type':'java.util.HashMap','@entries':[1,'a']}"),
        arguments(Set.of(1), "{'@type':'java.util.LinkedHashSet','@value':[1]}"),
        arguments(new byte[] {1}, "{'@type':'byte[]','@value':'AQ=='}"),
        arguments(new int[] {1}, "{'@type':'int[]','@value':[1]}"),
        arguments(
            new Item[] {item()},
            "{'@type':'" + HERE + "$Item[]','@value':[{'name':'a','pieces':2,'price':9.90}]}"),
        arguments(
            EnumSet.of(Colour.RED),
            "{'@type':'java.util.EnumSet<" + HERE + "$Colour>','@value':['RED']}"),
        arguments(item(), "{'@type':'" + HERE + "$Item','name':'a','pieces':2,'price':9.90}"),
        arguments(
            new Pair<>(item(), 1),
            "{'@type':'"
                + HERE
                + "$Pair','first':{'@type':'"
                + HERE
                + "$Item','name':'a','pieces':2,'price':9.90},'second':1}"));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void tagStandsOnlyWhereJsonDoesNotSayItAlready(Object value, String form) {
    assertThat(text(codec.encode("a", value))).isEqualTo(form.replace('\'', '"'));
  }

  @Test
  void declaredTypesNeedNoTag() {
    assertThat(text(codec.encode("a", cart()))).containsOnlyOnce("@type").doesNotContain("@value");
    assertThat(text(codec.encode("a", person()))).containsOnlyOnce("@type");
  }

  @Test
  void subclassUnderADeclaredClassHasATag() {
    Person person = person();
    person.setFriend(clerk());
    assertThat(text(codec.encode("a", person))).contains("\"friend\":{\"@type\":");
    assertSame(roundTrip(person), person);
  }

  @Test
  void arraysComeBack() {
    assertThat(roundTrip(new byte[] {1, -1})).isEqualTo(new byte[] {1, -1});
    assertThat(roundTrip(new long[] {1, -1})).isEqualTo(new long[] {1, -1});
    assertThat(roundTrip(new char[] {'a'})).isEqualTo(new char[] {'a'});
    assertThat(roundTrip(new String[] {"a"})).isEqualTo(new String[] {"a"});
    assertThat(roundTrip(new Long[] {1L})).isEqualTo(new Long[] {1L});
    assertThat(roundTrip(new int[][] {{1}, {2, 3}})).isEqualTo(new int[][] {{1}, {2, 3}});
    assertThat(roundTrip(new Object[] {1L, "a", item()})).isEqualTo(new Object[] {1L, "a", item()});
    assertThat(roundTrip(new Item[] {item()})).isEqualTo(new Item[] {item()});
    Visit visit = new Visit(new Guest("a"), List.of(new Guest("b")), new Login[] {new Guest("c")});
    Visit back = (Visit) roundTrip(visit);
    assertThat(back.others()).isEqualTo(visit.others());
    assertThat(back.before()).isEqualTo(visit.before());
    assertThat(back.login()).isEqualTo(visit.login());
  }

  static Stream<Arguments> othersOfTheJdk() {
    return Stream.of(
        arguments(List.of(1), ArrayList.class),
        arguments(Arrays.asList(1, 2), ArrayList.class),
        arguments(Collections.unmodifiableList(new LinkedList<>(List.of(1))), ArrayList.class),
        arguments(Collections.emptyList(), ArrayList.class),
        arguments(new ArrayList<>(List.of(1, 2)).subList(0, 1), ArrayList.class),
        arguments(Stream.of(1).toList(), ArrayList.class),
        arguments(Set.of(1), LinkedHashSet.class),
        arguments(Collections.unmodifiableSet(new HashSet<>(Set.of(1))), LinkedHashSet.class),
        arguments(Collections.unmodifiableSortedSet(new TreeSet<>(Set.of(1))), TreeSet.class),
        arguments(Map.of("a", 1), LinkedHashMap.class),
        arguments(Map.of(1, 1), LinkedHashMap.class),
        arguments(Collections.unmodifiableMap(new HashMap<>(Map.of("a", 1))), LinkedHashMap.class),
        arguments(Collections.unmodifiableSortedMap(new TreeMap<>(Map.of(1, 1))), TreeMap.class),
        arguments(doubleBrace(), HashMap.class),
        arguments(new EnumMap<>(Colour.class), LinkedHashMap.class));
  }

  @ParameterizedTest
  @MethodSource("othersOfTheJdk")
  void collectionOfAPrivateClassComesBackAsOneThatIsAsGood(Object value, Class<?> type) {
    assertThat(roundTrip(value)).isEqualTo(value).isExactlyInstanceOf(type);
  }

  @Test
  void dequeComesBackInItsOrder() {
    Object back = roundTrip(new ArrayDeque<>(List.of(1, 2L)));
    assertThat(back).isInstanceOf(ArrayDeque.class);
    assertThat(new ArrayList<>((ArrayDeque<?>) back)).isEqualTo(List.of(1, 2L));
  }

  // Nothing that a visitor types becomes a tag.

  static Stream<Object> lookalikes() {
    Map<String, Object> tag = new LinkedHashMap<>();
    tag.put("@type", "java.lang.Long");
    tag.put("@value", 5);
    Map<String, Object> bean = new LinkedHashMap<>();
    bean.put("@type", HERE + "$Item");
    bean.put("name", "x");
    return Stream.of(
        List.of("java.lang.Long", 5),
        List.of("@type", "java.lang.Long"),
        "@type",
        "{\"@type\":\"java.lang.Long\",\"@value\":5}",
        tag,
        bean,
        new LinkedHashMap<>(Map.of("@value", 5)),
        new LinkedHashMap<>(Map.of("@entries", List.of(1, 2))),
        new LinkedHashMap<>(Map.of("a", tag)),
        new HashMap<>(tag),
        new TreeMap<>(tag),
        new ArrayList<>(List.of(tag, bean)),
        new LinkedHashMap<>(Map.of("a", new ArrayList<>(List.of(new LinkedHashMap<>(tag))))),
        new Preferences().with("@type", "java.lang.Long").with("@value", 5),
        new Preferences().with("@value", 5),
        new Preferences().with("a", tag),
        new Pair<>(tag, new Preferences().with("@type", "x")),
        new Pair<>(new Preferences().with("@type", HERE + "$Item"), 1),
        new Named("java.lang.Long", "5"),
        List.of(new Named("a", "b")),
        new Anything(tag, List.of(tag), "x", 1),
        new LinkedHashMap<>(Map.of(1, tag)),
        Optional.of(tag),
        new Whole(new Inner("x", tag), "rest"));
  }

  @ParameterizedTest
  @MethodSource("lookalikes")
  void valueThatLooksLikeATagIsNone(Object value) {
    assertThat(roundTrip(value)).isEqualTo(value);
    JsonBytes json = codec.encode("a", value);
    if (!(value instanceof Collection || value instanceof Map || value instanceof Optional)) {
      assertThat(codec.<Object>decode("a", json, value.getClass())).isEqualTo(value);
    }
  }

  @ParameterizedTest
  @MethodSource("lookalikes")
  void valueThatLooksLikeATagIsNoneUnderItsRegisteredType(Object value) {
    AttributeOptions options = new AttributeOptions();
    options.allow(HERE);
    options.attribute(
        "a", value.getClass().getName().startsWith("java") ? Object.class : value.getClass());
    AttributeCodec own = options.codec();
    assertThat(own.decode("a", own.encode("a", value))).isEqualTo(value);
  }

  @Test
  void treeThatLooksLikeATagIsNone() {
    AttributeCodec trees = codec(HERE, "tools.jackson.databind.node");
    JsonNode tree = JsonMapper.shared().readTree("{\"@type\":\"java.lang.Long\",\"@value\":5}");
    assertThat(trees.decode("a", trees.encode("a", tree))).isEqualTo(tree);
    Object list = trees.decode("a", trees.encode("a", List.of(tree, new Pair<>(tree, tree))));
    assertThat(list).isEqualTo(List.of(tree, new Pair<>(tree, tree)));
    assertThat(trees.<Object>decode("a", trees.encode("a", tree), JsonNode.class)).isEqualTo(tree);
  }

  static class Address {
    private String street = "";

    public String getStreet() {
      return street;
    }

    public void setStreet(String street) {
      this.street = street;
    }
  }

  static final class OwnMap extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1L;
  }

  record Delivery(Address to, Map<String, Object> notes) {}

  @Test
  void textThatLooksLikeATagDoesNotAskForMoreClassesToBeAllowed() {
    AttributeCodec narrow = codec(HERE + "$Delivery");
    Address address = new Address();
    address.setStreet("@type");
    OwnMap notes = new OwnMap();
    notes.put("@type", "java.lang.Long");
    Delivery back =
        (Delivery)
            Objects.requireNonNull(
                narrow.decode("a", narrow.encode("a", new Delivery(address, notes))));
    assertThat(back.to().getStreet()).isEqualTo("@type");
    assertThat(back.notes()).isEqualTo(notes);
    AttributeCodec lenient = new AttributeCodec();
    assertThat(lenient.decode("a", lenient.encode("a", List.of(address))))
        .isEqualTo(List.of(Map.of("street", "@type")));
    List<Address> asked =
        lenient.decode(
            "a", lenient.encode("a", List.of(address)), new TypeRef<List<Address>>() {}.type());
    assertThat(Objects.requireNonNull(asked).get(0).getStreet()).isEqualTo("@type");
  }

  /** Written by somebody who does not care. */
  @JsonSerialize(using = RawSerializer.class)
  static class Raw {
    private String name = "";

    @JsonProperty("@type")
    public String getName() {
      return name;
    }

    @JsonProperty("@type")
    public void setName(String name) {
      this.name = name;
    }
  }

  static final class RawSerializer extends ValueSerializer<Raw> {
    @Override
    public void serialize(Raw value, JsonGenerator generator, SerializationContext context) {
      generator.writeRawValue(value.getName());
    }
  }

  record Raws(Raw raw, Object any) {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"@type\":\"java.lang.Long\",\"@value\":5}",
        "{\"\\u0040type\":\"java.lang.Long\",\"@value\":5}",
        "{\"@\\u0074ype\":\"java.lang.Long\",\"@\\u0076alue\":5}"
      })
  void tagThatAnotherWriterHidesIsNone(String json) {
    Raw raw = new Raw();
    raw.setName(json);
    Raws back = (Raws) roundTrip(new Raws(raw, raw));
    assertThat(back.raw().getName()).isEqualTo("java.lang.Long");
    assertThat(back.any()).isInstanceOf(Raw.class);
    assertThat((List<?>) roundTrip(List.of(raw))).hasOnlyElementsOfType(Raw.class);
  }

  @JsonDeserialize(as = AToken.class)
  interface Token {
    String text();
  }

  record AToken(String text) implements Token {}

  record TokenHolder(Token token) {}

  @Test
  void interfaceThatSaysHowItIsReadNeedsNoTag() {
    AttributeCodec lenient = new AttributeCodec();
    Token token = new AToken("a");
    assertThat(lenient.<Token>decode("a", lenient.encode("a", token), Token.class))
        .isEqualTo(token);
    TokenHolder holder = new TokenHolder(token);
    assertThat(lenient.<Object>decode("a", lenient.encode("a", holder), TokenHolder.class))
        .isEqualTo(holder);
    assertThat(roundTrip(holder)).isEqualTo(holder);
  }

  // What may not be written.

  record Unlisted(int a) {}

  record Holder(Object value) {}

  static Stream<Object> unlisted() {
    return Stream.of(
        new Unlisted(1),
        List.of(new Unlisted(1)),
        Map.of("a", List.of(Map.of("b", new Unlisted(1)))),
        Map.of(new Unlisted(1), "a"),
        Optional.of(new Unlisted(1)),
        new Unlisted[] {new Unlisted(1)},
        new Holder(new Unlisted(1)));
  }

  @ParameterizedTest
  @MethodSource("unlisted")
  void classThatIsNotAllowedIsRefusedWithItsNameAndTheOption(Object value) {
    AttributeCodec narrow = codec(HERE + "$Holder");
    SessionAttributeException error =
        catchThrowableOfType(SessionAttributeException.class, () -> narrow.encode("cart", value));
    assertThat(error)
        .hasMessageContainingAll(
            "'cart'",
            HERE + "$Unlisted is not allowed",
            "allow(\"io.latchkey.codec\")",
            "attribute(\"cart\", TypedValuesTest.Unlisted.class)")
        .hasNoCause();
    assertThat(error.attributeName()).isEqualTo("cart");
  }

  @Test
  void withoutOptionsNothingIsRefused() {
    AttributeCodec lenient = new AttributeCodec();
    assertThat(text(lenient.encode("a", new Unlisted(1)))).isEqualTo("{\"a\":1}");
    assertThat(text(lenient.encode("a", List.of(new Unlisted(1))))).isEqualTo("[{\"a\":1}]");
    assertThatThrownBy(() -> lenient.encodeExactly("a", new Unlisted(1), null))
        .isInstanceOf(SessionAttributeException.class);
  }

  static final class Unmakeable {
    private final String name;

    Unmakeable(Object first, String name) {
      this.name = name;
    }

    public String getName() {
      return name;
    }
  }

  @Test
  void classThatCouldNotBeReadAgainIsRefused() {
    assertThatThrownBy(() -> codec.encode("a", List.of(new Unmakeable("x", "y"))))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContainingAll("'a'", "Unmakeable", "constructor");
  }

  @Test
  void sortedSetWithAnOrderOfItsOwnIsRefused() {
    TreeSet<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    assertThatThrownBy(() -> codec.encode("a", set))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContaining("comparator");
  }

  // Registered attributes.

  @Test
  void registeredAttributeNeedsNoTag() {
    AttributeOptions options = new AttributeOptions();
    options.attribute("item", Item.class);
    options.attribute("person", Person.class);
    options.attribute("n", long.class);
    options.attribute("items", new TypeRef<List<Item>>() {});
    options.attribute("login", Login.class);
    options.allow(HERE);
    AttributeCodec own = options.codec();
    for (Map.Entry<String, Object> each :
        Map.of(
                "item", item(),
                "person", person(),
                "n", 5L,
                "items", List.of(item()))
            .entrySet()) {
      JsonBytes json = own.encode(each.getKey(), each.getValue());
      assertThat(text(json)).doesNotContain("@type");
      assertThat(own.decode(each.getKey(), json)).isEqualTo(each.getValue());
    }
    assertThat(own.decode("login", own.encode("login", new Guest("a")))).isEqualTo(new Guest("a"));
    assertThat(own.decode("person", own.encode("person", clerk()))).isEqualTo(clerk());
    assertThatThrownBy(() -> own.encode("item", "no item"))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContainingAll("'item'", "$Item", "java.lang.String");
  }

  @Test
  void nameOfARegisteredAttributeIsNoValueOfItsType() {
    AttributeOptions options = new AttributeOptions();
    options.attribute("item", Item.class);
    AttributeCodec own = options.codec();
    assertThat(own.decodeName(own.encodeName("item"))).isEqualTo("item");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "user",
        "a b.c/d~",
        "\"",
        "\\",
        "a\nb",
        "\u0000",
        "\u007f",
        "\u0080",
        "\u00fc",
        "\u20ac",
        "\ud83d\ude00"
      })
  void nameIsWrittenAsJacksonWritesText(String name) {
    JsonBytes quoted = new AttributeCodec().encodeName(name);
    assertThat(text(quoted)).isEqualTo(JsonMapper.shared().writeValueAsString(name));
    assertThat(new AttributeCodec().decodeName(quoted)).isEqualTo(name);
  }

  static Stream<Object> plainValues() {
    return Stream.of(
        "",
        "user",
        "a b.c/d~",
        "\"",
        "\\",
        "a\nb",
        "\u0000",
        "\u007f",
        "\u00fc",
        "\ud83d\ude00",
        true,
        false,
        0,
        -1,
        Integer.MIN_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE + 1L,
        Integer.MIN_VALUE - 1L,
        Long.MIN_VALUE);
  }

  @ParameterizedTest
  @MethodSource("plainValues")
  void plainValueIsWrittenAsJacksonWritesIt(Object value) {
    assertThat(text(codec.encode("a", value)))
        .isEqualTo(JsonMapper.shared().writeValueAsString(value));
    assertThat(codec.decode("a", codec.encode("a", value))).isEqualTo(value);
  }

  @Test
  void evenTextsCanHaveAFormatOfTheirOwn() {
    AttributeOptions options = new AttributeOptions();
    options.format(allowed -> new Quoting(), "java.lang.String");
    assertThat(text(options.codec().encode("a", "b"))).contains("own");
  }

  private static final class Quoting implements AttributeFormat {
    @Override
    public byte[] write(Object value) {
      return "\"own\"".getBytes(UTF_8);
    }

    @Override
    public Object read(byte[] json) {
      return "own";
    }
  }

  // In place.

  static Stream<Arguments> sameInAnotherOrder() {
    return Stream.of(
        arguments(new LinkedHashSet<>(List.of(1, 2)), new LinkedHashSet<>(List.of(2, 1))),
        arguments(map("a", 1, "b", 2), map("b", 2, "a", 1)),
        arguments(map(1, "a", 2, map("x", 1, "y", 2)), map(2, map("y", 2, "x", 1), 1, "a")),
        arguments(
            new Choices(new LinkedHashSet<>(List.of("a", "b")), List.of(), List.of()),
            new Choices(new LinkedHashSet<>(List.of("b", "a")), List.of(), List.of())),
        arguments(
            List.of(new LinkedHashSet<>(List.of(map("a", 1L, "b", 2L), "x"))),
            List.of(new LinkedHashSet<>(List.of("x", map("b", 2L, "a", 1L))))));
  }

  @ParameterizedTest
  @MethodSource("sameInAnotherOrder")
  void orderOfSetsAndMapsIsNoChange(Object stored, Object now) {
    assertThat(codec.encode("a", now)).isNotEqualTo(codec.encode("a", stored));
    assertThat(codec.isUnchanged("a", now, codec.encode("a", stored))).isTrue();
  }

  @ParameterizedTest
  @MethodSource("values")
  void whatWasOnlyReadIsUnchanged(Object value) {
    JsonBytes json = codec.encode("a", value);
    assertThat(codec.isUnchanged("a", Objects.requireNonNull(codec.decode("a", json)), json))
        .isTrue();
  }

  @Test
  void changeInPlaceIsAChange() {
    Person person = person();
    JsonBytes json = codec.encode("a", person);
    person.getFamily().add(clerk());
    assertThat(codec.isUnchanged("a", person, json)).isFalse();
    List<Object> list = new ArrayList<>(List.of(1, 2));
    json = codec.encode("a", list);
    Collections.swap(list, 0, 1);
    assertThat(codec.isUnchanged("a", list, json)).isFalse();
    list.add(list);
    assertThat(codec.isUnchanged("a", list, json)).isFalse();
  }

  private Object roundTrip(Object value) {
    return Objects.requireNonNull(codec.decode("a", codec.encode("a", value)));
  }

  private static AttributeCodec codec(String... allowed) {
    AttributeOptions options = new AttributeOptions();
    options.allow(allowed);
    return options.codec();
  }

  private static String text(JsonBytes json) {
    return new String(json.toArray(), UTF_8);
  }

  private static Item item() {
    return new Item("a", 2, new BigDecimal("9.90"));
  }

  private static Cart cart() {
    return new Cart(List.of(item()), Instant.EPOCH, Colour.GREEN, Map.of(Colour.RED, item()));
  }

  private static Person person() {
    Person person = Person.named("ada");
    person.setFriend(Person.named("grace"));
    return person;
  }

  private static Clerk clerk() {
    Clerk clerk = new Clerk();
    clerk.setName("kim");
    clerk.setDesk(5);
    return clerk;
  }

  private static Basket basket() {
    Basket basket = new Basket();
    basket.add(item());
    return basket;
  }

  private static List<@Nullable Object> nulls() {
    return new ArrayList<>(Arrays.asList(null, 1L, null));
  }

  @SuppressWarnings({"DoubleBraceInitialization", "serial"})
  private static Map<String, Integer> doubleBrace() {
    return new HashMap<>() {
      {
        put("a", 1);
      }
    };
  }

  private static Map<Object, Object> map(Object... keysAndValues) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }
}
