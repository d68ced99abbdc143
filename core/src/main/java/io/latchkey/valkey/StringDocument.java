package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A session as one JSON document. The string under its first key has a fixed width: the {@link
 * SessionHeader}, and length and checksum of the bytes behind it.
 *
 * <pre>{@code
 * {"latchkey":"1 7Yc0Kp3xQm2LrT9a 1764000000000 0000001800000 0000000000000 0000000001-k3JbV0sQ9xTa y6EuUYtiNVvnV07qr3mOjHqwPVI1GN96 0000000059 75683f19","createdAt":1764000000000,"attributes":{"user":"user123"}}
 *              | header                                                                                                                length     CRC32C
 * }</pre>
 *
 * <p>Within the grace of a renewal, {@code "former":"<digest> <end> <token>"} comes first behind
 * the header. Once the session was given another id, {@code "idSince":1764000000000} comes behind
 * the time of creation.
 *
 * <p>So a read detects a damaged document without parsing it, and the attributes are decoded when
 * they are asked for.
 */
final class StringDocument {
  /** What every document of this version starts with. */
  static final String START = "{\"latchkey\":\"" + SessionHeader.FORMAT;

  /** Where the header starts. */
  static final int HEADER = START.length() - SessionHeader.FORMAT.length();

  /** Where the length of the body is. */
  private static final int LENGTH = HEADER + SessionHeader.LENGTH + 1;

  private static final int LENGTH_DIGITS = 10;
  private static final int CHECKSUM = LENGTH + LENGTH_DIGITS + 1;

  /** Where the part starts that length and checksum are of. */
  static final int BODY = CHECKSUM + 8 + 1;

  private static final byte[] START_BYTES = ByteWriter.ascii(START);
  private static final byte[] FORMER = ByteWriter.ascii(",\"former\":\"");
  private static final byte[] CREATED_AT = ByteWriter.ascii(",\"createdAt\":");
  private static final byte[] ID_SINCE = ByteWriter.ascii(",\"idSince\":");
  private static final byte[] ATTRIBUTES = ByteWriter.ascii(",\"attributes\":{");
  private static final int MAX_LONG_DIGITS = 20;
  private static final JsonBytes ATTRIBUTES_NAME = JsonBytes.of(ByteWriter.ascii("\"attributes\""));

  /** The header, the time of creation and the attributes. */
  private static final int KNOWN_FIELDS = 3;

  private StringDocument() {}

  /** The document of a session. */
  static byte[] encode(byte[] locator, Snapshot session, AttributeCodec codec) {
    Snapshot.Body body = session.body();
    List<JsonBytes> attributes = namesAndValues(body.attributes(), codec);
    List<JsonBytes> unknown = namesAndValues(body.unknown(), codec);
    FormerSecret former = body.former();
    ByteWriter out =
        new ByteWriter(
            BODY
                + (former == null ? 0 : FORMER.length + SessionHeader.FORMER_LENGTH + 1)
                + CREATED_AT.length
                + ID_SINCE.length
                + 2 * MAX_LONG_DIGITS
                + ATTRIBUTES.length
                + size(attributes)
                + size(unknown)
                + "}}".length());
    out.position = BODY;
    if (former != null) {
      out.put(FORMER);
      out.put(SessionHeader.former(former));
      out.put('"');
    }
    out.put(CREATED_AT);
    out.put(ByteWriter.ascii(Long.toString(body.createdAt())));
    if (body.idSince() != body.createdAt()) {
      out.put(ID_SINCE);
      out.put(ByteWriter.ascii(Long.toString(body.idSince())));
    }
    out.put(ATTRIBUTES);
    putFields(out, attributes, false);
    out.put('}');
    putFields(out, unknown, true);
    out.put('}');
    int end = out.position;

    out.position = 0;
    out.put(START_BYTES);
    out.position = HEADER;
    SessionHeader.write(locator, session, out);
    out.put(' ');
    out.putDigits(end - BODY, LENGTH_DIGITS);
    out.put(' ');
    out.putHex((int) checksum(out.bytes, end));
    out.put('"');
    return out.toArray(end);
  }

  /**
   * The session of a document.
   *
   * @throws UnreadableSessionException if it is not a document of this version, or damaged
   */
  static Snapshot decode(byte[] document, AttributeCodec codec) {
    if (!isDocument(document)) {
      throw SessionHeader.foreign();
    }
    if (ByteWriter.digits(document, LENGTH, LENGTH_DIGITS) != document.length - BODY) {
      throw SessionHeader.unreadable("is truncated, or longer than it was written");
    }
    if (checksum(document, document.length) != ByteWriter.hex(document, CHECKSUM)) {
      throw SessionHeader.unreadable("is damaged: its checksum does not fit");
    }
    if (document[LENGTH - 1] != ' ' || document[CHECKSUM - 1] != ' ' || document[BODY - 1] != '"') {
      throw SessionHeader.unreadable("has a damaged header");
    }
    return SessionHeader.read(document, HEADER, new LazyBody(document, codec));
  }

  /** Whether a document is of the session with that locator. */
  static boolean isOf(byte[] locator, byte[] document) {
    return isDocument(document) && SessionHeader.isOf(locator, document, HEADER);
  }

  /** Whether it is not the document of another session. What is no document proves nothing. */
  static boolean mayBeOf(byte[] locator, byte[] stored) {
    return !isDocument(stored) || SessionHeader.isOf(locator, stored, HEADER);
  }

  private static boolean isDocument(byte[] stored) {
    return stored.length > BODY && StoredLayout.startsWith(stored, START_BYTES);
  }

  /**
   * What the document that a session was read from starts with, up to its checksum. Of a session
   * that was not read from one it is the header alone, with zeros behind it.
   */
  static byte[] start(byte[] locator, Snapshot session) {
    if (session.body() instanceof LazyBody read) {
      return Arrays.copyOf(read.document, CHECKSUM - 1);
    }
    ByteWriter out = new ByteWriter(CHECKSUM - 1);
    out.position = HEADER;
    SessionHeader.write(locator, session, out);
    return out.bytes;
  }

  /**
   * The last index of {@link #start}, counted from the document's end as {@code GETRANGE} does it:
   * in a document that was cut off, or continued, it is another place. 0 of a session that was not
   * read from one.
   */
  static byte[] endOfStart(Snapshot session) {
    int index = session.body() instanceof LazyBody read ? CHECKSUM - 2 - read.document.length : 0;
    return ByteWriter.ascii(Integer.toString(index));
  }

  private static long checksum(byte[] document, int end) {
    CRC32C checksum = new CRC32C();
    checksum.update(document, BODY, end - BODY);
    return checksum.getValue();
  }

  private static List<JsonBytes> namesAndValues(
      Map<String, JsonBytes> fields, AttributeCodec codec) {
    List<JsonBytes> parts = new ArrayList<>(2 * fields.size());
    codec.forEachAsJson(
        fields,
        (name, value) -> {
          parts.add(name);
          parts.add(value);
        });
    return parts;
  }

  private static int size(List<JsonBytes> namesAndValues) {
    int size = namesAndValues.size(); // a comma or a colon before each
    for (JsonBytes part : namesAndValues) {
      size += part.length();
    }
    return size;
  }

  private static void putFields(ByteWriter out, List<JsonBytes> namesAndValues, boolean continued) {
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      if (continued || i > 0) {
        out.put(',');
      }
      out.put(namesAndValues.get(i));
      out.put(':');
      out.put(namesAndValues.get(i + 1));
    }
  }

  /** Parses the document when the first attribute, or the time of creation, is asked for. */
  private static final class LazyBody implements Snapshot.Body {
    private final byte[] document;
    private final AttributeCodec codec;
    private volatile Snapshot.@Nullable PlainBody parsed;

    LazyBody(byte[] document, AttributeCodec codec) {
      this.document = document;
      this.codec = codec;
    }

    @Override
    public long createdAt() {
      return parsed().createdAt();
    }

    @Override
    public long idSince() {
      return parsed().idSince();
    }

    /** At a fixed place, so nothing is parsed. */
    @Override
    public @Nullable FormerSecret former() {
      if (document.length < BODY + FORMER.length) {
        return null;
      }
      for (int i = 0; i < FORMER.length; i++) {
        if (document[BODY + i] != FORMER[i]) {
          return null;
        }
      }
      return SessionHeader.readFormer(document, BODY + FORMER.length);
    }

    @Override
    public Map<String, JsonBytes> attributes() {
      return parsed().attributes();
    }

    @Override
    public Map<String, JsonBytes> unknown() {
      return parsed().unknown();
    }

    private Snapshot.PlainBody parsed() {
      Snapshot.PlainBody body = parsed;
      if (body == null) {
        body = parse();
        parsed = body;
      }
      return body;
    }

    private Snapshot.PlainBody parse() {
      AttributeCodec.Nested document = codec.nested(JsonBytes.of(this.document), ATTRIBUTES_NAME);
      Map<String, JsonBytes> fields = document.outer();
      Map<String, JsonBytes> attributes = document.inner();
      JsonBytes createdAt = fields.get("createdAt");
      if (createdAt == null || attributes == null) {
        throw SessionHeader.unreadable("lacks a field that every version has");
      }
      JsonBytes idSince = fields.get("idSince");
      FormerSecret former = former();
      int known = KNOWN_FIELDS + (idSince == null ? 0 : 1) + (former == null ? 0 : 1);
      return new Snapshot.PlainBody(
          number(createdAt),
          number(idSince == null ? createdAt : idSince),
          former,
          attributes,
          fields.size() == known ? Map.of() : unknown(fields));
    }

    private static long number(JsonBytes json) {
      return ByteWriter.digits(json.array(), json.offset(), json.length());
    }

    private static Map<String, JsonBytes> unknown(Map<String, JsonBytes> fields) {
      Map<String, JsonBytes> unknown = new LinkedHashMap<>(fields);
      unknown
          .keySet()
          .removeAll(Set.of("latchkey", "former", "createdAt", "idSince", "attributes"));
      return Collections.unmodifiableMap(unknown);
    }
  }
}
