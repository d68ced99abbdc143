package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.IdSince;
import io.latchkey.internal.Snapshot;
import java.nio.charset.StandardCharsets;
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
 * A session as one JSON document. A string of fixed width stands under its first key: the {@link
 * Head}, and length and checksum of the bytes behind it.
 *
 * <pre>{@code
 * {"latchkey":"1 1764000000000 0000001800000 0000000000000 0000000001-k3JbV0sQ9xTa 0000000059 75683f19","createdAt":1764000000000,"attributes":{"user":"user123"}}
 *              | head                                                            length     CRC32C
 *              format version
 * }</pre>
 *
 * <p>Once the session was given another id, {@code "idSince":"1764000000000"} stands behind the
 * time of creation; where that id was renewed, with the secret that it was made from.
 *
 * <p>So a read tells a damaged document without parsing it, and the attributes are decoded when
 * someone asks for them.
 */
final class StringDocument {
  /** What every document of this version starts with. */
  static final String START = "{\"latchkey\":\"1 ";

  /** What stands under the old key of a renewed session instead, before the new key and "}. */
  static final String MOVED = "{\"latchkey\":\"> ";

  /** Where the head starts. */
  static final int HEAD = START.length();

  /** Where the length of the body stands. */
  static final int LENGTH = HEAD + Head.LENGTH + 1;

  static final int LENGTH_DIGITS = 10;
  private static final int CHECKSUM = LENGTH + LENGTH_DIGITS + 1;

  /** Where the part starts that length and checksum are of. */
  static final int BODY = CHECKSUM + 8 + 1;

  private static final byte[] START_BYTES = ByteWriter.ascii(START);
  private static final byte[] MOVED_BYTES = ByteWriter.ascii(MOVED);
  private static final byte[] CREATED_AT = ByteWriter.ascii(",\"createdAt\":");
  private static final byte[] ID_SINCE = ByteWriter.ascii(",\"idSince\":\"");
  private static final byte[] ATTRIBUTES = ByteWriter.ascii(",\"attributes\":{");
  private static final int MAX_LONG_DIGITS = 20;
  private static final JsonBytes ATTRIBUTES_NAME = JsonBytes.of(ByteWriter.ascii("\"attributes\""));

  /** The head, the time of creation and the attributes. */
  private static final int KNOWN_FIELDS = 3;

  private StringDocument() {}

  /** The document of a session. */
  static byte[] encode(Snapshot session, AttributeCodec codec) {
    List<JsonBytes> attributes = namesAndValues(session.body().attributes(), codec);
    List<JsonBytes> unknown = namesAndValues(session.body().unknown(), codec);
    IdSince since = session.body().idSince();
    byte[] idSince = since == null ? null : ByteWriter.ascii(since.text());
    ByteWriter out =
        new ByteWriter(
            BODY
                + CREATED_AT.length
                + MAX_LONG_DIGITS
                + (idSince == null ? 0 : ID_SINCE.length + idSince.length + 1)
                + ATTRIBUTES.length
                + size(attributes)
                + size(unknown)
                + "}}".length());
    out.position = BODY;
    out.put(CREATED_AT);
    out.put(ByteWriter.ascii(Long.toString(session.body().createdAt())));
    if (idSince != null) {
      out.put(ID_SINCE);
      out.put(idSince);
      out.put('"');
    }
    out.put(ATTRIBUTES);
    putFields(out, attributes, false);
    out.put('}');
    putFields(out, unknown, true);
    out.put('}');
    int end = out.position;

    out.position = 0;
    out.put(START_BYTES);
    Head.write(session, out);
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
    if (document.length <= BODY || !startsWith(document, START_BYTES)) {
      throw Head.foreign();
    }
    if (ByteWriter.digits(document, LENGTH, LENGTH_DIGITS) != document.length - BODY) {
      throw Head.unreadable("is truncated, or longer than it was written");
    }
    if (checksum(document, document.length) != ByteWriter.hex(document, CHECKSUM)) {
      throw Head.unreadable("is damaged: its checksum does not fit");
    }
    if (document[LENGTH - 1] != ' ' || document[CHECKSUM - 1] != ' ' || document[BODY - 1] != '"') {
      throw Head.unreadable("has a damaged head");
    }
    return Head.read(document, HEAD, new LazyBody(document, codec));
  }

  /**
   * What the document that a session was read from starts with, up to its checksum. Of a session
   * that was not read from one it is the head alone, with zeros behind it.
   */
  static byte[] start(Snapshot session) {
    if (session.body() instanceof LazyBody read) {
      return Arrays.copyOf(read.document, CHECKSUM - 1);
    }
    ByteWriter out = new ByteWriter(CHECKSUM - 1);
    out.put(START_BYTES);
    Head.write(session, out);
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

  /** The key where the session lies now, if it was renewed and this is what its old key holds. */
  static byte @Nullable [] movedTo(byte[] document) {
    return document.length > MOVED_BYTES.length + 2 && startsWith(document, MOVED_BYTES)
        ? Arrays.copyOfRange(document, MOVED_BYTES.length, document.length - 2)
        : null;
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

  private static boolean startsWith(byte[] document, byte[] start) {
    for (int i = 0; i < start.length; i++) {
      if (document[i] != start[i]) {
        return false;
      }
    }
    return true;
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
    public @Nullable IdSince idSince() {
      return parsed().idSince();
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
        throw Head.unreadable("lacks a field that every version has");
      }
      JsonBytes since = fields.get("idSince");
      int known = since == null ? KNOWN_FIELDS : KNOWN_FIELDS + 1;
      return new Snapshot.PlainBody(
          ByteWriter.digits(createdAt.array(), createdAt.offset(), createdAt.length()),
          idSince(since),
          attributes,
          fields.size() == known ? Map.of() : unknown(fields));
    }

    private static Map<String, JsonBytes> unknown(Map<String, JsonBytes> fields) {
      Map<String, JsonBytes> unknown = new LinkedHashMap<>(fields);
      unknown.keySet().removeAll(Set.of("latchkey", "createdAt", "idSince", "attributes"));
      return Collections.unmodifiableMap(unknown);
    }

    private static @Nullable IdSince idSince(@Nullable JsonBytes quoted) {
      return quoted == null || quoted.length() < 2
          ? null
          : IdSince.parse(
              new String(
                  quoted.array(),
                  quoted.offset() + 1,
                  quoted.length() - 2,
                  StandardCharsets.ISO_8859_1));
    }
  }
}
