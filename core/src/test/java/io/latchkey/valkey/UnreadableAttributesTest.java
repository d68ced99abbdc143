package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.value;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.UnreadablePolicy;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.Snapshot;
import io.latchkey.tck.ValkeyServer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

/** An attribute that cannot be read as what it was: counted, told once, and kept byte for byte. */
@ExtendWith(ValkeyServer.class)
class UnreadableAttributesTest {
  private static final String SECRET = "top-secret";
  private static final String GONE =
      "{\"@type\" : \"shop.Gone\",  \"name\":\"" + SECRET + "\", \"n\":1.10}";
  private static final String FOREIGN =
      "{\"@type\":\"com.example.Foreign\",\"name\":\"" + SECRET + "\"}";

  private final ValkeyServer server;
  private final ValkeySessionStore store;
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  UnreadableAttributesTest(ValkeyServer server) {
    this.server = server;
    this.store = builder().build();
  }

  private ValkeySessionStore.Builder builder() {
    return ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).allow("shop");
  }

  @BeforeEach
  void listen() {
    logged.start();
    logger().addAppender(logged);
  }

  @AfterEach
  void close() {
    logger().detachAppender(logged);
    store.close();
  }

  @Test
  void itIsCountedAndToldOnceWithoutItsValue() {
    Session session = written();
    assertThat(session.get("gone")).isEmpty();
    assertThat(session.get("gone")).isEmpty();
    assertThat(session.get("foreign")).isEmpty();
    assertThat(session.get("user")).contains("ada");
    assertThat(store.stats().unreadableAttributes()).isEqualTo(3);
    assertThat(store.stats().unreadable()).isZero();
    assertThat(logged.list).hasSize(2).allMatch(event -> event.getLevel() == Level.WARN);
    assertThat(logged.list.get(0).getFormattedMessage())
        .contains("'gone'", "there is no class shop.Gone");
    assertThat(logged.list.get(1).getFormattedMessage())
        .contains("'foreign'", "com.example.Foreign", "allow");
    assertThat(logged.list.toString()).doesNotContain(SECRET, session.id());
  }

  @Test
  void itIsCountedWhereItIsAnErrorToo() {
    try (ValkeySessionStore failing =
        builder().unreadableAttributes(UnreadablePolicy.FAIL).build()) {
      Session session = value(failing.get(written().id()));
      try {
        session.get("gone");
      } catch (io.latchkey.SessionAttributeException e) {
        assertThat(e).hasMessageContaining("shop.Gone").hasNoCause();
        assertThat(e.getMessage()).doesNotContain(SECRET);
      }
      assertThat(failing.stats().unreadableAttributes()).isEqualTo(1);
    }
  }

  @Test
  void itsBytesSurviveTheSaveOfAnother() {
    Session session = written();
    assertThat(session.get("gone")).isEmpty();
    Session saved = value(store.save(session.set("user", "grace")));
    assertThat(Stored.of(server, saved).document())
        .contains("\"gone\":" + GONE, "\"foreign\":" + FOREIGN);
    Session rotated = value(store.rotateId(saved.set("user", "kim")));
    assertThat(Stored.of(server, rotated).document())
        .contains("\"gone\":" + GONE, "\"foreign\":" + FOREIGN);
  }

  /** Somebody who may write to the store can make length and checksum fit. */
  @Test
  void aBodyThatSomebodyForgedIsAnErrorOfTheAttribute() {
    Session session = value(store.create(Map.of()));
    byte[] header = Stored.of(server, session).document().getBytes(StandardCharsets.UTF_8);
    byte[] forged =
        FuzzTargets.documentOf(
            ",\"createdAt\":1,\"attributes\":{\"user\":1,\"user\":2}}"
                .getBytes(StandardCharsets.UTF_8));
    System.arraycopy(header, 0, forged, 0, StringDocument.HEADER + SessionHeader.LENGTH);
    Stored.of(server, session).replace(new String(forged, StandardCharsets.UTF_8));
    Session read = value(store.get(session.id()));
    assertThatThrownBy(() -> read.get("user")).isInstanceOf(SessionAttributeException.class);
    assertThatThrownBy(() -> read.get("user", Integer.class))
        .isInstanceOf(SessionAttributeException.class);
  }

  /** A document as another instance, or another version of the application, wrote it. */
  private Session written() {
    Session session = value(store.create(Map.of()));
    Map<String, JsonBytes> attributes = new LinkedHashMap<>();
    attributes.put("gone", json(GONE));
    attributes.put("foreign", json(FOREIGN));
    attributes.put("user", json("\"ada\""));
    long now = session.createdAt().toEpochMilli();
    SessionId id = requireNonNull(SessionId.parse(session.id()));
    Snapshot snapshot =
        new Snapshot(
            now,
            600_000,
            0,
            7,
            "LzPVeJHN-Oox",
            id.digest(),
            new Snapshot.PlainBody(now, attributes, Map.of()));
    byte[] document = StringDocument.encode(id.locatorBytes(), snapshot, new AttributeCodec());
    Stored.of(server, session).replace(new String(document, StandardCharsets.UTF_8));
    return value(store.get(session.id()));
  }

  private static JsonBytes json(String text) {
    return JsonBytes.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("io.latchkey.attributes");
  }
}
