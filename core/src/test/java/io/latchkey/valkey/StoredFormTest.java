package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.Snapshot;
import io.latchkey.tck.ValkeyServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
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
  void theKeyIsTheNamespaceAndTheLocator() {
    Session session = created(store);
    String key = server.namespace() + ":" + session.id().substring(0, 16);
    assertThat(server.command("TYPE", key)).isEqualTo("string");
    assertThat(session.handle()).isEqualTo(session.id().substring(0, 16));
  }

  @Test
  void sinceWhenASessionHasAnIdIsWrittenOnceItHasAnother() {
    Session session = created(store);
    assertThat(Stored.of(server, session).document()).doesNotContain("idSince");
    try (ValkeySessionStore later =
        builder().clock(Clock.offset(CLOCK, Duration.ofSeconds(1))).build()) {
      value(later.rotateId(value(later.get(session.id()))));
    }
    String document = Stored.of(server, session).document();
    assertThat(document)
        .contains("\"createdAt\":1764000000000,\"idSince\":1764000001000,\"attributes\"");
  }

  @Test
  void theValueIsTheDocumentThatTheJavadocShows() {
    Map<String, ?> attributes = Map.of("cart", List.of("itemA", "itemB"));
    Session session = value(store.create(attributes));
    assertThat(Stored.of(server, session).document())
        .matches(
            "\\{\"latchkey\":\"1 "
                + session.handle()
                + " 1764000000000 0000001800000 0000000000000 0000000001-[A-Za-z0-9_-]{12}"
                + " [A-Za-z0-9_-]{32} 0000000067 [0-9a-f]{8}\""
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
  void aSaveCountsTheVersionUpAndLeavesAnotherToken() {
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
    SessionId id = requireNonNull(SessionId.parse(session.id()));
    Snapshot later =
        new Snapshot(
            1764000000000L,
            Duration.ofMinutes(30).toMillis(),
            0,
            7,
            "laterRelease",
            id.digest(),
            new Snapshot.PlainBody(
                1764000000000L, Map.of("user", codec.encode("user", "user123")), unknown));
    Stored.of(server, session)
        .replace(new String(StringDocument.encode(id.locatorBytes(), later, codec), UTF_8));
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
        StringDocument.HEADER + SessionHeader.VERSION,
        StringDocument.HEADER + SessionHeader.VERSION + SessionHeader.VERSION_LENGTH);
  }

  private ValkeySessionStore.Builder builder() {
    return ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).clock(CLOCK);
  }
}
