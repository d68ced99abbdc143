package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.Snapshot;
import io.latchkey.tck.ValkeyServer;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The STRING layout as other clients see it, as the Javadoc of the store promises it. */
@ExtendWith(ValkeyServer.class)
class StoredFormTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1764000000000L), ZoneOffset.UTC);

  private final ValkeyServer server;
  private final ValkeySessionStore store;

  StoredFormTest(ValkeyServer server) {
    this.server = server;
    this.store = builder().build();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void theKeyIsTheNamespaceTheTagAndTheDigestOfTheId() throws Exception {
    String id = created(store).id();
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(UTF_8));
    String key =
        server.namespace()
            + ":s:{"
            + id.substring(0, 4)
            + "}:"
            + Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    assertThat(server.command("TYPE", key)).isEqualTo("string");
  }

  @Test
  void neitherKeyNorValueHoldsMoreOfTheIdThanItsTag() {
    Session session = created(store);
    String secret = session.id().substring(4);
    assertThat(server.keys()).isNotEmpty().noneMatch(key -> key.contains(secret));
    assertThat(Stored.of(server, session).document()).doesNotContain(secret, session.id());
  }

  @Test
  void sinceWhenASessionHasAnIdIsWrittenOnceItHasAnother() {
    Session session = created(store);
    assertThat(Stored.of(server, session).document()).doesNotContain("idSince");
    Session rotated = value(store.rotateId(session));
    assertThat(Stored.of(server, rotated).document())
        .contains("\"createdAt\":1764000000000,\"idSince\":\"1764000000000\",\"attributes\"");
    Session saved = value(store.save(rotated.set("n", 1)));
    assertThat(Stored.of(server, saved).document()).contains("\"idSince\":\"1764000000000\"");
  }

  @Test
  void aPlainKeyIsTheNamespaceAndTheId() {
    try (ValkeySessionStore plain = builder().keys(Keys.PLAIN).build()) {
      Session session = created(plain);
      assertThat(server.keys()).contains(server.namespace() + ":" + session.id());
    }
  }

  @Test
  void otherClientsFindASessionUnderTheKeyThatTheyLookFor() {
    try (ValkeySessionStore plain = builder().namespace("session").keys(Keys.PLAIN).build()) {
      Session session = created(plain);
      Object found = server.command("GET", "session:" + session.id());
      assertThat(String.valueOf(found)).endsWith(",\"attributes\":{\"user\":\"user123\"}}");
      assertThat(value(plain.delete(session.id()))).isTrue();
    }
  }

  @Test
  void plainKeysKeepARotatedSession() {
    try (ValkeySessionStore plain = builder().keys(Keys.PLAIN).build()) {
      Session session = created(plain);
      Session rotated = value(plain.rotateId(session));
      assertThat(server.keys())
          .contains(server.namespace() + ":" + rotated.id())
          .doesNotContain(server.namespace() + ":" + session.id());
    }
  }

  @Test
  void theValueIsTheDocumentThatTheJavadocShows() {
    Map<String, ?> attributes = Map.of("cart", List.of("itemA", "itemB"));
    Session session = value(store.create(attributes));
    assertThat(Stored.of(server, session).document())
        .matches(
            "\\{\"latchkey\":\"1 1764000000000 0000001800000 0000000000000"
                + " 0000000001-[A-Za-z0-9_-]{12} 0000000067 [0-9a-f]{8}\""
                + ",\"createdAt\":1764000000000"
                + ",\"attributes\":\\{\"cart\":\\[\"itemA\",\"itemB\"]}}");
  }

  @Test
  void theValueParsesAsJsonWithTheAttributesInIt() {
    Map<String, ?> attributes =
        Map.of("name", "Zoë \"☃\" \\ \u0000", "count", 3, "tags", List.of("א", "👩‍💻"));
    JsonNode document = parsed(value(store.create(attributes)));
    assertThat(document.get("createdAt").asLong()).isEqualTo(1764000000000L);
    assertThat(document.get("attributes"))
        .isEqualTo(JsonMapper.shared().<JsonNode>valueToTree(attributes));
  }

  @Test
  void aSaveCountsTheVersionUpAndLeavesAnotherMark() {
    Session session = created(store);
    String before = Stored.of(server, session).document();
    value(store.save(session.set("n", 1)));
    String after = Stored.of(server, session).document();
    assertThat(versionOf(before)).startsWith("0000000001-");
    assertThat(versionOf(after)).startsWith("0000000002-").doesNotEndWith(versionOf(before));
  }

  @Test
  void fieldsOfALaterReleaseAreKeptBySave() {
    Session session = writtenByALaterRelease();
    value(store.save(session.set("n", 1)));
    assertKeepsWhatTheLaterReleaseWrote(session);
  }

  @Test
  void fieldsOfALaterReleaseAreKeptByUpdate() {
    Session session = writtenByALaterRelease();
    value(store.update(session.id(), current -> Mono.just(current.set("n", 1))));
    assertKeepsWhatTheLaterReleaseWrote(session);
  }

  @Test
  void fieldsOfALaterReleaseAreKeptByRotateId() {
    Session session = value(store.rotateId(writtenByALaterRelease().set("n", 1)));
    assertKeepsWhatTheLaterReleaseWrote(session);
  }

  private Session writtenByALaterRelease() {
    Session session = created(store);
    AttributeCodec codec = new AttributeCodec();
    Map<String, JsonBytes> unknown =
        codec.fields(
            JsonBytes.of("{\"owner\":{\"id\":[1,null]},\"la\\u00e9ter\":\"☃\"}".getBytes(UTF_8)));
    Snapshot later =
        new Snapshot(
            1764000000000L,
            Duration.ofMinutes(30).toMillis(),
            0,
            7,
            "laterRelease",
            new Snapshot.PlainBody(
                1764000000000L, Map.of("user", codec.encode("user", "user123")), unknown));
    Stored.of(server, session).replace(new String(StringDocument.encode(later, codec), UTF_8));
    return value(store.get(session.id()));
  }

  private void assertKeepsWhatTheLaterReleaseWrote(Session session) {
    JsonNode document = parsed(session);
    assertThat(document.get("owner").toString()).isEqualTo("{\"id\":[1,null]}");
    assertThat(document.get("laéter").asString()).isEqualTo("☃");
    assertThat(document.get("attributes").toString()).isEqualTo("{\"user\":\"user123\",\"n\":1}");
    assertThat(value(store.get(session.id())).names()).containsExactlyInAnyOrder("user", "n");
  }

  private JsonNode parsed(Session session) {
    return JsonMapper.shared().readTree(Stored.of(server, session).document());
  }

  private static String versionOf(String document) {
    return document.substring(
        StringDocument.HEAD + Head.VERSION,
        StringDocument.HEAD + Head.VERSION + Head.VERSION_LENGTH);
  }

  private ValkeySessionStore.Builder builder() {
    return ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).clock(CLOCK);
  }
}
