package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.latchkey.SessionAttributeException;
import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.latchkey.internal.Snapshot;
import io.latchkey.internal.Snapshot.PlainBody;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** What the fuzz tests call, which stand in another package. */
public final class FuzzTargets {
  private static final AttributeCodec CODEC = new AttributeCodec();
  private static final SessionId ID = new SessionIds().next();
  private static final Snapshot SESSION =
      new Snapshot(
          1764000000000L,
          1800000,
          0,
          1,
          "k3JbV0sQ9xTa",
          ID.digest(),
          new PlainBody(
              1764000000000L,
              1764000000001L,
              new FormerSecret(ID.digest(), 1764000000002L, "k3JbV0sQ9xTa"),
              Map.of("user", JsonBytes.of("\"ada\"".getBytes(UTF_8))),
              Map.of()));

  private FuzzTargets() {}

  /** A document as it is stored. */
  public static byte[] document() {
    return StringDocument.encode(ID.locatorBytes(), SESSION, CODEC);
  }

  /** A document with another body, and a length and a checksum that fit it. */
  public static byte[] documentOf(byte[] body) {
    byte[] document = Arrays.copyOf(document(), StringDocument.BODY + body.length);
    System.arraycopy(body, 0, document, StringDocument.BODY, body.length);
    CRC32C checksum = new CRC32C();
    checksum.update(body);
    byte[] numbers = "%010d %08x".formatted(body.length, checksum.getValue()).getBytes(ISO_8859_1);
    System.arraycopy(
        numbers, 0, document, StringDocument.BODY - 1 - numbers.length, numbers.length);
    return document;
  }

  /** Reads all that there is in a document. */
  public static void readDocument(byte[] document) {
    try {
      read(StringDocument.decode(document, CODEC));
    } catch (UnreadableSessionException e) {
      // The one error that there may be.
    }
  }

  /** Reads a hash with a header that fits it; the other fields and values stand line by line. */
  public static void readHash(byte[] lines) {
    List<byte[]> fields = new ArrayList<>();
    for (String line : new String(lines, ISO_8859_1).split("\n", -1)) {
      fields.add(line.getBytes(ISO_8859_1));
    }
    if (fields.size() % 2 == 1) {
      fields.add(new byte[0]);
    }
    String header = new String(HashFields.header(ID.locatorBytes(), SESSION), ISO_8859_1);
    String count = " %07d".formatted(fields.size() / 2 + 1);
    fields.add("latchkey".getBytes(ISO_8859_1));
    fields.add((header + count).getBytes(ISO_8859_1));
    try {
      read(new HashFields(CODEC).decode(fields));
    } catch (UnreadableSessionException e) {
      // The one error that there may be.
    }
  }

  private static void read(Snapshot session) {
    session.body().createdAt();
    session.body().idSince();
    session.body().former();
    session.body().unknown();
    session
        .body()
        .attributes()
        .forEach(
            (name, json) -> {
              try {
                CODEC.decode(name, json);
              } catch (SessionAttributeException e) {
                // Of one attribute alone.
              }
            });
  }

  /** Parses a URI. */
  public static void parseUri(String uri) {
    try {
      ValkeyUri.parse(uri, Duration.ofSeconds(1));
    } catch (IllegalArgumentException e) {
      // The one error that there may be.
    }
  }
}
