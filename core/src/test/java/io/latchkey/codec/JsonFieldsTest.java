package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.UnreadableSessionException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonFieldsTest {
  private static final JsonMapper JACKSON = JsonMapper.shared();

  private final AttributeCodec codec = new AttributeCodec();

  static LongStream seeds() {
    return LongStream.range(0, 500);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void findsTheSameFieldsAsJackson(long seed) {
    String json = new RandomJson(seed).object((int) (seed % 7), 4);
    JsonNode expected = JACKSON.readTree(json);
    Map<String, JsonBytes> fields = codec.fields(bytes(json));
    List<String> names = new ArrayList<>();
    expected.propertyNames().forEach(names::add);
    assertThat(fields.keySet()).containsExactlyElementsOf(names);
    fields.forEach(
        (name, value) ->
            assertThat(JACKSON.readTree(value.toArray())).isEqualTo(expected.get(name)));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void looksAtNoByteBesideTheViewThatItIsGiven(long seed) {
    String json = new RandomJson(seed).object(3, 3);
    byte[] before = "{\"x\":[\"".getBytes(UTF_8);
    byte[] all = ("{\"x\":[\"" + json + "\"]}}").getBytes(UTF_8);
    JsonBytes view = new JsonBytes(all, before.length, json.getBytes(UTF_8).length);
    assertThat(codec.fields(view)).isEqualTo(codec.fields(bytes(json)));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 5, 8, 13})
  void refusesWhatIsCutOffAnywhere(long seed) {
    byte[] json = new RandomJson(seed).object(4, 3).getBytes(UTF_8);
    for (int length = 0; length < json.length; length++) {
      JsonBytes cut = new JsonBytes(json, 0, length);
      assertThatThrownBy(() -> codec.fields(cut))
          .as("cut off at %d", length)
          .isInstanceOf(UnreadableSessionException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "[]",
        "\"text\"",
        "1",
        "null",
        "{}}",
        "{} {}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{1:2}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1]",
        "{\"a",
        "{\"a\\"
      })
  void refusesWhatIsNoObject(String json) {
    assertThatThrownBy(() -> codec.fields(bytes(json)))
        .isInstanceOf(UnreadableSessionException.class)
        .hasNoCause();
  }

  @Test
  void aNameWithEscapesIsTheNameThatWasMeant() {
    assertThat(codec.fields(bytes("{\"caf\\u00e9 \\\"x\\\"\":1,\"😀\":2}")))
        .containsOnlyKeys("café \"x\"", "😀");
  }

  @Test
  void theFieldsCannotBeChanged() {
    Map<String, JsonBytes> fields = codec.fields(bytes("{\"a\":1}"));
    assertThatThrownBy(fields::clear).isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void changesFieldsAsAnyMap(long seed) {
    RandomJson random = new RandomJson(seed);
    int size = (int) (seed % 30);
    // Where a name has to be decoded the fields lie in a hash table: most have plain names.
    String json =
        seed % 4 == 0
            ? random.object(size, 2)
            : IntStream.range(0, size)
                .mapToObj(i -> "\"name " + i + "\":" + random.object(1, 1))
                .collect(Collectors.joining(",", "{", "}"));
    Map<String, JsonBytes> before = codec.fields(bytes(json));
    Map<String, JsonBytes> expected = new LinkedHashMap<>(before);
    List<String> names = new ArrayList<>(before.keySet());
    names.addAll(List.of("new", "é", "a\"b", "x\\", "", "new\n"));
    Map<String, JsonBytes> changes = new LinkedHashMap<>();
    for (int i = 0; i < seed % 5; i++) {
      String name = names.get((int) ((seed * 31L + i * 17L) % names.size()));
      JsonBytes value = (seed + i) % 3 == 0 ? null : bytes(random.object(1, 1));
      changes.put(name, value);
      if (value == null) {
        expected.remove(name);
      } else {
        expected.put(name, value);
      }
    }
    Map<String, JsonBytes> changed = codec.changed(before, changes);
    assertThat(changed.entrySet()).containsExactlyElementsOf(expected.entrySet());
    assertThat(changed).isEqualTo(expected).hasSameHashCodeAs(expected);
    expected.forEach((name, value) -> assertThat(changed.get(name)).isEqualTo(value));
    assertThat(changed.get("not there")).isNull();
    assertThat(changed.keySet()).containsExactlyElementsOf(expected.keySet());

    StringJoiner written = new StringJoiner(",", "{", "}");
    codec.forEachAsJson(changed, (name, value) -> written.add(text(name) + ":" + text(value)));
    assertThat(codec.fields(bytes(written.toString()))).isEqualTo(expected);
  }

  /** The one in JSON looks like the other as it is. */
  @Test
  void aNewNameIsNotTakenForTheJsonOfAnother() {
    Map<String, JsonBytes> changes = new LinkedHashMap<>();
    changes.put("a\\", bytes("1"));
    changes.put("a\\\\", bytes("2"));
    assertThat(codec.changed(codec.fields(bytes("{\"b\":0}")), changes))
        .isEqualTo(Map.of("b", bytes("0"), "a\\", bytes("1"), "a\\\\", bytes("2")));
  }

  @Test
  void fieldsThatWereFoundOneByOneAreThoseOfAnObject() {
    List<JsonBytes> names = List.of(bytes("\"a\""), bytes("\"caf\\u00e9\""), bytes("\"é\""));
    List<JsonBytes> values = List.of(bytes("1"), bytes("[2]"), bytes("\"3\""));
    assertThat(codec.fields(names, values))
        .isEqualTo(codec.fields(bytes("{\"a\":1,\"café\":[2],\"é\":\"3\"}")));
    assertThat(codec.fields(names.subList(0, 1), values.subList(0, 1)))
        .isEqualTo(codec.fields(bytes("{\"a\":1}")));
    // As a client may write it that knows nothing of JSON.
    List<JsonBytes> damaged = List.of(bytes("\"a\"b\""));
    assertThatThrownBy(() -> codec.fields(damaged, values.subList(0, 1)))
        .isInstanceOf(UnreadableSessionException.class);
  }

  @Test
  void takesAnObjectApartThatLiesInAnother() {
    AttributeCodec.Nested nested =
        codec.nested(bytes("{\"a\":1, \"in\" : {\"in\":{\"b\":2}} ,\"c\":3}"), bytes("\"in\""));
    assertThat(nested.outer()).containsOnlyKeys("a", "in", "c");
    assertThat(nested.outer().get("in")).isEqualTo(bytes("{\"in\":{\"b\":2}}"));
    assertThat(nested.inner()).isEqualTo(Map.of("in", bytes("{\"b\":2}")));
    assertThat(codec.nested(bytes("{\"a\":1}"), bytes("\"in\"")).inner()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"in\":1}", "{\"in\":[]}", "{\"in\":{\"a\":1}", "{\"in\":{,}}"})
  void refusesWhereNoObjectLiesInAnother(String json) {
    assertThatThrownBy(() -> codec.nested(bytes(json), bytes("\"in\"")))
        .isInstanceOf(UnreadableSessionException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "\\u0061"})
  void twoFieldsOfOneNameAreRefused(String again) {
    assertThatThrownBy(() -> codec.fields(bytes("{\"a\":1,\"b\":2,\"" + again + "\":3}")))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageContaining("two fields of one name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "\\u0061"})
  void twoFieldsOfOneNameAreRefusedAmongMany(String again) {
    String many =
        IntStream.range(0, 100)
            .mapToObj(i -> "\"n" + i + "\":0,")
            .collect(Collectors.joining("", "{\"a\":1,", "\"" + again + "\":3}"));
    assertThatThrownBy(() -> codec.fields(bytes(many)))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageContaining("two fields of one name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "\\u0061"})
  void twoFieldsOfOneNameThatWereFoundOneByOneAreRefused(String again) {
    List<JsonBytes> names = List.of(bytes("\"a\""), bytes("\"" + again + "\""));
    assertThatThrownBy(() -> codec.fields(names, List.of(bytes("1"), bytes("2"))))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageContaining("two fields of one name");
  }

  private static String text(JsonBytes json) {
    return new String(json.toArray(), UTF_8);
  }

  private static JsonBytes bytes(String json) {
    return JsonBytes.of(json.getBytes(UTF_8));
  }
}
