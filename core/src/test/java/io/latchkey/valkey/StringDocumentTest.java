package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.SecretDigest;
import io.latchkey.internal.SessionIds;
import io.latchkey.internal.Snapshot;
import io.latchkey.internal.Snapshot.PlainBody;
import io.latchkey.internal.WriteToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class StringDocumentTest {
  private static final JsonMapper JACKSON = JsonMapper.shared();

  /** The session that the Javadoc of ValkeySessionStore shows, and its document. */
  private static final byte[] LOCATOR = "7Yc0Kp3xQm2LrT9a".getBytes(UTF_8);

  private static final String DIGEST = "y6EuUYtiNVvnV07qr3mOjHqwPVI1GN96";

  private static final Snapshot SHOWN =
      new Snapshot(
          1764000000000L,
          1800000,
          0,
          1,
          "k3JbV0sQ9xTa",
          requireNonNull(SecretDigest.read(DIGEST.getBytes(UTF_8), 0)),
          new PlainBody(1764000000000L, Map.of("user", json("\"user123\"")), Map.of()));

  private static final String DOCUMENT =
      "{\"latchkey\":\"1 7Yc0Kp3xQm2LrT9a 1764000000000 0000001800000 0000000000000"
          + " 0000000001-k3JbV0sQ9xTa y6EuUYtiNVvnV07qr3mOjHqwPVI1GN96 0000000059 75683f19\",\"createdAt\":1764000000000"
          + ",\"attributes\":{\"user\":\"user123\"}}";

  private final AttributeCodec codec = new AttributeCodec();

  // The form.

  @Test
  void isThisTextToTheByte() {
    assertThat(new String(encode(SHOWN, codec), UTF_8)).isEqualTo(DOCUMENT);
  }

  @Test
  void theHeadersFieldsAreWhereTheScriptsLookForThem() {
    String header = DOCUMENT.substring(StringDocument.HEADER);
    assertThat(header.substring(SessionHeader.LOCATOR)).startsWith("7Yc0Kp3xQm2LrT9a ");
    assertThat(header.substring(SessionHeader.ACCESS)).startsWith("1764000000000 ");
    assertThat(header.substring(SessionHeader.IDLE)).startsWith("0000001800000 ");
    assertThat(header.substring(SessionHeader.ABSOLUTE)).startsWith("0000000000000 ");
    assertThat(header.substring(SessionHeader.VERSION)).startsWith("0000000001-k3JbV0sQ9xTa ");
    assertThat(header.substring(SessionHeader.TOKEN)).startsWith("k3JbV0sQ9xTa ");
    assertThat(header.substring(SessionHeader.DIGEST)).startsWith(DIGEST + " 0000000059 ");
    assertThat(DOCUMENT.substring(StringDocument.BODY)).startsWith(",\"createdAt\"");
  }

  @Test
  void theJavadocOfTheDocumentShowsThisVeryDocument() throws Exception {
    assertThat(source("StringDocument.java")).contains(DOCUMENT);
  }

  @Test
  void theJavadocOfTheStoreShowsADocumentThatCanBeRead() throws Exception {
    String shown =
        source("ValkeySessionStore.java")
            .lines()
            .filter(line -> line.contains("SET latchkey:"))
            .map(line -> line.substring(line.indexOf('\'') + 1, line.lastIndexOf('\'')))
            .findFirst()
            .orElseThrow();
    Snapshot session = StringDocument.decode(shown.getBytes(UTF_8), codec);
    assertThat(session.body().attributes()).containsOnlyKeys("user", "cart");
  }

  @Test
  void isJsonThatAnyLanguageParses() {
    JsonNode tree = JACKSON.readTree(encode(SHOWN, codec));
    assertThat(tree.propertyNames()).containsExactly("latchkey", "createdAt", "attributes");
    assertThat(tree.get("attributes").get("user").asString()).isEqualTo("user123");
  }

  // There and back.

  static LongStream seeds() {
    return LongStream.range(0, 300);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsWrittenIsReadAgain(long seed) {
    Snapshot session = random(seed);
    Snapshot read = StringDocument.decode(encode(session, codec), codec);
    assertSame(read, session);
    assertThat(read.lastAccessedAt()).isEqualTo(session.lastAccessedAt());
    assertThat(read.idleMillis()).isEqualTo(session.idleMillis());
    assertThat(read.absoluteEnd()).isEqualTo(session.absoluteEnd());
    assertThat(read.version()).isEqualTo(session.version());
    assertThat(read.token()).isEqualTo(session.token());
    assertThat(SessionHeader.version(read)).isEqualTo(SessionHeader.version(session));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsReadIsWrittenAgainToTheByte(long seed) {
    byte[] document = encode(random(seed), codec);
    Snapshot read = StringDocument.decode(document, codec);
    assertThat(encode(read, codec)).isEqualTo(document);
    assertThat(JACKSON.readTree(document).isObject()).isTrue();
  }

  // Damage.

  @ParameterizedTest
  @ValueSource(strings = {"0", "9", "a", "\"", "\\", "}", "{", ",", " ", "\n", "\u0000"})
  void aDamagedByteIsNoticedAtOnceOrChangesNoAttribute(String damage) {
    assertNoticedOrHarmless((byte) damage.charAt(0));
  }

  @ParameterizedTest
  @ValueSource(bytes = {-1, -128, 0x7f})
  void aDamagedByteOutsideOfAsciiIsNoticedAtOnceOrChangesNoAttribute(byte damage) {
    assertNoticedOrHarmless(damage);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void aFlippedBitIsNoticedAtOnceOrChangesNoAttribute(int bit) {
    byte[] document = encode(random(7), codec);
    for (int i = 0; i < document.length; i++) {
      byte[] damaged = document.clone();
      damaged[i] ^= (byte) (1 << bit);
      assertNoticedOrHarmless(damaged, document, i);
    }
  }

  @Test
  void aDocumentCutOffAnywhereIsUnreadable() {
    byte[] document = encode(random(11), codec);
    for (int length = 0; length < document.length; length++) {
      assertUnreadable(new String(document, 0, length, UTF_8));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\n", "}", "\u0000", "x"})
  void aDocumentWithSomethingBehindItIsUnreadable(String rest) {
    assertUnreadable(encoded() + rest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "0", "9", "10", "a"})
  void aDocumentOfAnotherVersionIsUnreadable(String version) {
    assertUnreadable(encoded().replace("{\"latchkey\":\"1 ", "{\"latchkey\":\"" + version + " "));
  }

  @Test
  void aDocumentThatSomebodyPrintedPrettilyIsUnreadable() {
    JsonNode tree = JACKSON.readTree(encoded());
    assertUnreadable(JACKSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree));
  }

  @Test
  void aDocumentThatSomebodyReorderedIsUnreadable() {
    Map<String, Object> fields = new LinkedHashMap<>();
    JsonNode tree = JACKSON.readTree(encoded());
    fields.put("attributes", tree.get("attributes"));
    fields.put("createdAt", tree.get("createdAt"));
    fields.put("latchkey", tree.get("latchkey"));
    assertUnreadable(JACKSON.writeValueAsString(fields));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "OK",
        "null",
        "{}",
        "[]",
        "{\"latchkey\":1}",
        "{\"latchkey\":\"1 \"}",
        "\uFFFF"
      })
  void whatIsNoDocumentAtAllIsUnreadable(String foreign) {
    assertUnreadable(foreign);
    assertUnreadable(foreign + " ".repeat(200));
  }

  private void assertNoticedOrHarmless(byte damage) {
    byte[] document = encode(random(5), codec);
    for (int i = 0; i < document.length; i++) {
      byte[] damaged = document.clone();
      damaged[i] = damage;
      if (damaged[i] != document[i]) {
        assertNoticedOrHarmless(damaged, document, i);
      }
    }
  }

  /** Later is too late: the session has been given out when somebody asks for an attribute. */
  private void assertNoticedOrHarmless(byte[] damaged, byte[] document, int position) {
    Snapshot read;
    try {
      read = StringDocument.decode(damaged, codec);
    } catch (UnreadableSessionException noticed) {
      return;
    }
    assertThat(position).as("damage in the body").isLessThan(StringDocument.BODY);
    assertThatCode(() -> read.body().attributes())
        .as("damage at %d, noticed too late", position)
        .doesNotThrowAnyException();
    assertSame(read, StringDocument.decode(document, codec));
  }

  private void assertUnreadable(String document) {
    assertThatThrownBy(() -> StringDocument.decode(document.getBytes(UTF_8), codec))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageStartingWith("what is stored for the session ")
        .hasNoCause();
  }

  private static void assertSame(Snapshot read, Snapshot written) {
    assertThat(read.body().createdAt()).isEqualTo(written.body().createdAt());
    assertThat(read.body().idSince()).isEqualTo(written.body().idSince());
    assertThat(read.body().former()).isEqualTo(written.body().former());
    assertThat(read.body().attributes()).isEqualTo(written.body().attributes());
    assertThat(read.body().unknown()).isEqualTo(written.body().unknown());
  }

  private String encoded() {
    return new String(encode(SHOWN, codec), UTF_8);
  }

  private Snapshot random(long seed) {
    Random random = new Random(seed);
    return new Snapshot(
        random.nextLong(10_000_000_000_000L),
        random.nextLong(10_000_000_000_000L),
        random.nextLong(10_000_000_000_000L),
        random.nextLong(10_000_000_000L),
        WriteToken.next(),
        new SessionIds().next().digest(),
        new PlainBody(
            random.nextLong(10_000_000_000_000L),
            random.nextLong(10_000_000_000_000L),
            random.nextBoolean() ? null : former(random),
            fields(random, ""),
            fields(random, "later-")));
  }

  private static FormerSecret former(Random random) {
    return new FormerSecret(
        new SessionIds().next().digest(), random.nextLong(10_000_000_000_000L), WriteToken.next());
  }

  private static byte[] encode(Snapshot session, AttributeCodec codec) {
    return StringDocument.encode(LOCATOR, session, codec);
  }

  private Map<String, JsonBytes> fields(Random random, String prefix) {
    Map<String, JsonBytes> fields = new LinkedHashMap<>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      String name = prefix + Character.toString(0x1F600 + random.nextInt(70)) + "\"\\\n" + i;
      fields.put(name, codec.encode(name, Map.of("é", random.nextInt(), "b", name)));
    }
    return fields;
  }

  private static JsonBytes json(String text) {
    return JsonBytes.of(text.getBytes(UTF_8));
  }

  private static String source(String file) throws Exception {
    return Files.readString(Path.of("src/main/java/io/latchkey/valkey", file));
  }
}
