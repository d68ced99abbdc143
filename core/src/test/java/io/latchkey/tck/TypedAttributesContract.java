package io.latchkey.tck;

import static io.latchkey.tck.Signals.assertTellsNothing;
import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.SessionStore;
import io.latchkey.TypeRef;
import io.latchkey.UnreadablePolicy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** Attributes come back as the class they went in as, if that is allowed. */
abstract class TypedAttributesContract extends ContractTopic {
  private static final String SECRET = "top-secret";
  private static final String HERE = "io.latchkey.tck";

  TypedAttributesContract(SessionStoreContract kit) {
    super(kit);
  }

  @Override
  StoreOptions options() {
    return StoreOptions.DEFAULT.withAllowed(HERE);
  }

  enum Size {
    SMALL,
    LARGE {
      @Override
      int pieces() {
        return 2;
      }
    };

    int pieces() {
      return 1;
    }
  }

  sealed interface Login permits Guest, Member {}

  record Guest(String nickname) implements Login {}

  record Member(String name, Instant since) implements Login {}

  record Pair<A, B>(A first, B second) {}

  record Order(
      List<Samples.Item> items,
      Map<Size, Integer> sizes,
      Login by,
      Optional<Guest> guest,
      Object anything,
      Set<String> tags) {}

  /** A bean that can be changed. */
  public static class Basket {
    private List<Samples.Item> items = new ArrayList<>();

    /**
     * What is in it.
     *
     * @return a list that can be changed
     */
    public List<Samples.Item> getItems() {
      return items;
    }

    @SuppressWarnings("UnusedMethod") // Jackson calls it
    public void setItems(List<Samples.Item> items) {
      this.items = items;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Basket that && that.items.equals(items);
    }

    @Override
    public int hashCode() {
      return items.hashCode();
    }
  }

  static Stream<Arguments> typedValues() {
    return Stream.of(
        arguments("text", "a"),
        arguments("int", 42),
        arguments("small long", 42L),
        arguments("large long", Long.MAX_VALUE),
        arguments("short", (short) 1),
        arguments("byte", (byte) 1),
        arguments("character", 'c'),
        arguments("double", 0.1),
        arguments("no number", Double.NaN),
        arguments("float", 0.1f),
        arguments("small big integer", BigInteger.ONE),
        arguments("big integer", BigInteger.TEN.pow(60)),
        arguments("big decimal with its scale", new BigDecimal("1.10")),
        arguments("boolean", true),
        arguments("enum", Size.SMALL),
        arguments("enum with a body", Size.LARGE),
        arguments("instant", Instant.parse("2026-02-28T23:59:59.123456789Z")),
        arguments("duration", Duration.ofNanos(1_500_000_001)),
        arguments(
            "time with a zone", ZonedDateTime.of(2026, 7, 1, 0, 0, 0, 0, ZoneId.of("Asia/Tokyo"))),
        arguments("UUID", new UUID(1, 2)),
        arguments("optional", Optional.of(5L)),
        arguments("empty optional", Optional.empty()),
        arguments("list", new ArrayList<>(Arrays.asList(1, 2L, null, "a"))),
        arguments("set", new HashSet<>(Set.of(1L, 2L))),
        arguments("map", new HashMap<>(Map.of("a", 1L))),
        arguments("sorted map with numbers as keys", new TreeMap<>(Map.of(1, "a", 2, "b"))),
        arguments("map with records as keys", new LinkedHashMap<>(Map.of(new Guest("a"), 1))),
        arguments("enum map", new EnumMap<>(Map.of(Size.LARGE, 1L))),
        arguments("enum set", EnumSet.of(Size.LARGE)),
        arguments("record", new Guest("a")),
        arguments("generic record", new Pair<>(5L, new Pair<>(Size.LARGE, List.of(1L)))),
        arguments("records of a sealed interface", logins()),
        arguments("bean", basket()),
        arguments("all of it", order()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("typedValues")
  void valueComesBackAsItsClass(String description, Object value) {
    Session session = created(Map.of("value", value));
    Object back = stored(session).get("value").orElseThrow();
    assertThat(back).isEqualTo(value).hasSameClassAs(value);
    assertThat(session.get("value")).contains(value);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("typedValues")
  void valueInsideOthersComesBackAsItsClass(String description, Object value) {
    Map<String, Object> map = new HashMap<>(Map.of("list", new ArrayList<>(List.of(value))));
    Session session = created(Map.of("value", new Pair<>(map, value)));
    Pair<?, ?> back = (Pair<?, ?>) stored(session).get("value").orElseThrow();
    assertThat(back).isEqualTo(new Pair<>(map, value));
    assertThat(back.second()).hasSameClassAs(value);
    Object inList =
        ((List<?>) Objects.requireNonNull(((Map<?, ?>) back.first()).get("list"))).get(0);
    assertThat(inList).hasSameClassAs(value);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("typedValues")
  void typedValueIsReadAsTheClassThatIsAskedFor(String description, Object value) {
    Session session = created(Map.of("value", value));
    if (!(value instanceof Enum) && !(value instanceof EnumSet)) {
      assertThat(stored(session).get("value", value.getClass()).orElseThrow()).isEqualTo(value);
    }
    assertThat(stored(session).get("value", Object.class)).contains(value);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("typedValues")
  void typedValueSurvivesTheSaveOfAnother(String description, Object value) {
    Session session = created(Map.of("value", value));
    value(other().save(stored(session).set("another", 1)));
    value(store().rotateId(session));
    assertThat(session.get("value")).contains(value);
  }

  @Test
  void absentAttributeIsEmpty() {
    Session session = created(Map.of("a", 1));
    assertThat(session.get("b")).isEmpty();
    assertThat(session.remove("a").get("a")).isEmpty();
    assertThat(session.set("a", 2).get("a")).contains(2);
  }

  @Test
  void taggedNumberIsReadAsAnyNumberThatHoldsIt() {
    Session session = stored(created(Map.of("n", 5L, "list", List.of(5L, 6L))));
    assertThat(session.get("n", int.class)).contains(5);
    assertThat(session.get("n", Integer.class)).contains(5);
    assertThat(session.get("n", double.class)).contains(5.0);
    assertThat(session.get("list", new TypeRef<List<Long>>() {})).contains(List.of(5L, 6L));
    assertThat(session.get("list", new TypeRef<List<Integer>>() {})).contains(List.of(5, 6));
  }

  @Test
  void textThatLooksLikeATagComesBackAsItIs() {
    Map<String, Object> tag = new LinkedHashMap<>();
    tag.put("@type", "java.lang.Long");
    tag.put("@value", 5);
    List<Object> values = List.of("@type", tag, List.of("java.lang.Long", 5), Map.of("@value", 1));
    Session session = created(Map.of("list", values, "map", tag));
    assertThat(stored(session).get("list")).contains(values);
    assertThat(stored(session).get("map")).contains(tag);
    assertThat(stored(session).get("map", new TypeRef<Map<String, Object>>() {})).contains(tag);
  }

  // What is not allowed.

  static Stream<Arguments> notAllowed() {
    return Stream.of(
        arguments("a value", new Guest(SECRET)),
        arguments("a value in a list", List.of(SECRET, new Guest(SECRET))),
        arguments("a value deep down", Map.of("a", List.of(Map.of("b", new Guest(SECRET))))),
        arguments("a key", Map.of(new Guest(SECRET), 1)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("notAllowed")
  void classThatIsNotAllowedIsRefusedWhereverItIsSaved(String description, Object value) {
    SessionStore narrow = kit.open(StoreOptions.DEFAULT.withAllowed("shop"));
    Session session = created(Map.of("kept", 1));
    refused(narrow.create(Map.of("login", value)));
    refused(narrow.save(narrow.newSession().set("login", value)));
    refused(narrow.save(value(narrow.get(session.id())).set("login", value)));
    refused(narrow.rotateId(value(narrow.get(session.id())).set("login", value)));
    refused(narrow.update(session.id(), s -> Mono.just(s.set("login", value))));
    assertThat(stored(session).names()).containsExactly("kept");
  }

  private static void refused(Mono<?> save) {
    SessionAttributeException refusal = error(save, SessionAttributeException.class);
    assertThat(refusal.attributeName()).isEqualTo("login");
    assertThat(refusal)
        .hasMessageContainingAll("'login'", Guest.class.getName(), "allow(\"" + HERE + "\")");
    assertTellsNothing(refusal, SECRET);
  }

  @Test
  void packageDoesNotAllowAnotherWhoseNameBeginsLikeIt() {
    SessionStore narrow = kit.open(StoreOptions.DEFAULT.withAllowed("io.latchkey.tc"));
    error(narrow.create(Map.of("a", new Guest("a"))), SessionAttributeException.class);
    SessionStore wide = kit.open(StoreOptions.DEFAULT.withAllowed("io.latchkey"));
    value(wide.create(Map.of("a", new Guest("a"))));
    SessionStore nested =
        kit.open(StoreOptions.DEFAULT.withAllowed(TypedAttributesContract.class.getName()));
    value(nested.create(Map.of("a", new Guest("a"))));
  }

  @Test
  void withoutOptionsAnObjectIsStoredAndReadAsTheClassThatIsAskedFor() {
    SessionStore plain = kit.open(StoreOptions.DEFAULT);
    Session session = value(plain.create(Map.of("login", new Guest("a"), "list", logins())));
    Session read = value(plain.get(session.id()));
    assertThat(read.get("login", Guest.class)).contains(new Guest("a"));
    assertThat(read.get("login")).contains(Map.of("nickname", "a"));
  }

  // Attributes with a type of their own.

  @Test
  void registeredAttributeComesBackAsItsType() {
    SessionStore registered =
        kit.open(StoreOptions.DEFAULT.withAttribute("login", Login.class).withAllowed(HERE));
    Session session = value(registered.create(Map.of("login", new Guest("a"))));
    assertThat(value(registered.get(session.id())).get("login")).contains(new Guest("a"));
    SessionAttributeException refusal =
        error(registered.save(session.set("login", "no login")), SessionAttributeException.class);
    assertThat(refusal).hasMessageContainingAll("'login'", Login.class.getName(), "String");
  }

  @Test
  void classMayMoveUnderARegisteredAttribute() {
    SessionStore before = kit.open(StoreOptions.DEFAULT.withAttribute("guest", Guest.class));
    SessionStore after = kit.open(StoreOptions.DEFAULT.withAttribute("guest", MovedGuest.class));
    Session session = value(before.create(Map.of("guest", new Guest("a"))));
    Session moved = value(after.get(session.id()));
    assertThat(moved.get("guest")).contains(new MovedGuest("a", 0));
    value(after.save(moved.set("guest", new MovedGuest("b", 1))));
    assertThat(value(before.get(session.id())).get("guest")).contains(new Guest("b"));
  }

  record MovedGuest(String nickname, int visits) {}

  // What cannot be read.

  @Test
  void attributeThatCannotBeReadIsAbsentAndKeptAsItIs() {
    SessionStore narrow = kit.open(StoreOptions.DEFAULT.withAllowed("shop"));
    Session session = created(Map.of("login", new Guest("a"), "n", 1));
    Session read = value(narrow.get(session.id()));
    assertThat(read.get("login")).isEmpty();
    assertThat(read.get("n")).contains(1);
    assertThat(read.names()).contains("login");
    value(narrow.save(read.set("n", 2)));
    assertThat(stored(session).get("login")).contains(new Guest("a"));
    assertThat(stored(session).get("n")).contains(2);
  }

  @Test
  void attributeThatCannotBeReadCanBeOverwrittenAndRemoved() {
    SessionStore narrow = kit.open(StoreOptions.DEFAULT.withAllowed("shop"));
    Session session = created(Map.of("a", new Guest("a"), "b", new Guest("b")));
    value(narrow.save(value(narrow.get(session.id())).set("a", "new").remove("b")));
    assertThat(stored(session).names()).containsExactly("a");
    assertThat(stored(session).get("a")).contains("new");
  }

  @Test
  void attributeThatCannotBeReadIsAnErrorIfTheOptionsSaySo() {
    SessionStore failing =
        kit.open(
            StoreOptions.DEFAULT
                .withAllowed("shop")
                .withUnreadableAttributes(UnreadablePolicy.FAIL));
    Session session = created(Map.of("login", new Guest(SECRET), "n", 1));
    Session read = value(failing.get(session.id()));
    assertThatThrownBy(() -> read.get("login"))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContainingAll("'login'", Guest.class.getName())
        .satisfies(error -> assertTellsNothing(error, SECRET));
    assertThat(read.get("n")).contains(1);
    assertThat(read.get("login", Guest.class)).contains(new Guest(SECRET));
  }

  private static List<Login> logins() {
    return new ArrayList<>(List.of(new Guest("a"), new Member("b", Instant.EPOCH)));
  }

  private static Basket basket() {
    Basket basket = new Basket();
    basket.getItems().add(new Samples.Item("ring", 1, new BigDecimal("9.90")));
    return basket;
  }

  private static Order order() {
    return new Order(
        List.of(new Samples.Item("ring", 1, new BigDecimal("9.90"))),
        Map.of(Size.LARGE, 1),
        new Member("ada", Instant.EPOCH),
        Optional.of(new Guest("a")),
        new Pair<>(1L, 2.5f),
        Set.of("a"));
  }
}
