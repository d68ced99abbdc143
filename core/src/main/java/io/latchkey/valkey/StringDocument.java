package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.Marks;
import io.latchkey.internal.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A session as one JSON document. It starts with a head of fixed width, so that a script, or a
 * read, finds at known offsets what it needs:
 *
 * <pre>{@code
 * {"latchkey":"1 1764000000000 0001800000000 0000000000000 0000000001-k3JbV0sQ9xTa 0000000071 5f0c2a9e","createdAt":1764000000000,"attributes":{"user":"user123"}}
 *              |  last access   idle timeout  absolute end    version and mark       length   CRC32C
 * }</pre>
 *
 * <p>The times are epoch milliseconds, the timeout milliseconds, 0 for none. Length and checksum
 * are those of the bytes behind the head. So a read tells a damaged document without parsing it,
 * and attributes are decoded when someone asks for them.
 */
final class StringDocument {
  /** What every document of this version starts with. */
  static final String START = "{\"latchkey\":\"1 ";

  static final int ACCESS = START.length();
  static final int TIME_DIGITS = 13;
  static final int IDLE = ACCESS + TIME_DIGITS + 1;
  static final int ABSOLUTE = IDLE + TIME_DIGITS + 1;
  static final int VERSION = ABSOLUTE + TIME_DIGITS + 1;
  static final int VERSION_DIGITS = 10;
  static final int VERSION_LENGTH = VERSION_DIGITS + 1 + Marks.LENGTH;
  static final int MARK = VERSION + VERSION_DIGITS + 1;
  private static final int BODY_LENGTH = MARK + Marks.LENGTH + 1;
  private static final int LENGTH_DIGITS = 10;
  private static final int CHECKSUM = BODY_LENGTH + LENGTH_DIGITS + 1;
  private static final int CHECKSUM_DIGITS = 8;

  /** How many bytes the head has, its closing quote included. */
  static final int HEAD = CHECKSUM + CHECKSUM_DIGITS + 1;

  private static final byte[] START_BYTES = ascii(START);
  private static final byte[] CREATED_AT = ascii(",\"createdAt\":");
  private static final byte[] ATTRIBUTES = ascii(",\"attributes\":{");
  private static final byte[] HEX = ascii("0123456789abcdef");

  private StringDocument() {}

  /** The document of a session. */
  static byte[] encode(Snapshot session, AttributeCodec codec) {
    List<JsonBytes> attributes = namesAndValues(session.body().attributes(), codec);
    List<JsonBytes> unknown = namesAndValues(session.body().unknown(), codec);
    int size = HEAD + CREATED_AT.length + 20 + ATTRIBUTES.length + 2;
    size += attributes.size() + unknown.size(); // a colon or a comma each
    for (JsonBytes part : attributes) {
      size += part.length();
    }
    for (JsonBytes part : unknown) {
      size += part.length();
    }

    Writer out = new Writer(size);
    out.position = HEAD;
    out.put(CREATED_AT);
    out.put(ascii(Long.toString(session.body().createdAt())));
    out.put(ATTRIBUTES);
    out.putFields(attributes, false);
    out.put('}');
    out.putFields(unknown, true);
    out.put('}');
    int end = out.position;

    CRC32C checksum = new CRC32C();
    checksum.update(out.bytes, HEAD, end - HEAD);
    out.position = 0;
    out.put(START_BYTES);
    out.putDigits(session.lastAccessedAt(), TIME_DIGITS);
    out.put(' ');
    out.putDigits(session.idleMillis(), TIME_DIGITS);
    out.put(' ');
    out.putDigits(session.absoluteEnd(), TIME_DIGITS);
    out.put(' ');
    out.putDigits(session.version(), VERSION_DIGITS);
    out.put('-');
    out.put(ascii(session.mark()));
    out.put(' ');
    out.putDigits(end - HEAD, LENGTH_DIGITS);
    out.put(' ');
    out.putHex((int) checksum.getValue());
    out.put('"');
    return out.toArray(end);
  }

  /**
   * The session of a document.
   *
   * @throws UnreadableSessionException if it is not a document of this version, or damaged
   */
  static Snapshot decode(byte[] document, AttributeCodec codec) {
    if (document.length < HEAD || !startsWith(document, START_BYTES)) {
      throw unreadable("is not a document that this release of Latchkey can read");
    }
    long access = digits(document, ACCESS, TIME_DIGITS);
    long idle = digits(document, IDLE, TIME_DIGITS);
    long absolute = digits(document, ABSOLUTE, TIME_DIGITS);
    long version = digits(document, VERSION, VERSION_DIGITS);
    long length = digits(document, BODY_LENGTH, LENGTH_DIGITS);
    if ((access | idle | absolute | version | length) < 0
        || document[VERSION + VERSION_DIGITS] != '-'
        || document[HEAD - 1] != '"') {
      throw unreadable("has a damaged head");
    }
    if (length != document.length - HEAD) {
      throw unreadable("is truncated, or longer than it was written");
    }
    CRC32C checksum = new CRC32C();
    checksum.update(document, HEAD, document.length - HEAD);
    if (checksum.getValue() != hex(document, CHECKSUM)) {
      throw unreadable("is damaged: its checksum does not fit");
    }
    String mark = new String(document, MARK, Marks.LENGTH, StandardCharsets.ISO_8859_1);
    return new Snapshot(access, idle, absolute, version, mark, new LazyBody(document, codec));
  }

  /** Version and mark, as they stand in the head: what a write compares. */
  static byte[] version(Snapshot session) {
    Writer out = new Writer(VERSION_LENGTH);
    out.putDigits(session.version(), VERSION_DIGITS);
    out.put('-');
    out.put(ascii(session.mark()));
    return out.bytes;
  }

  /** A time as it stands in the head. */
  static byte[] time(long epochMillis) {
    Writer out = new Writer(TIME_DIGITS);
    out.putDigits(epochMillis, TIME_DIGITS);
    return out.bytes;
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static List<JsonBytes> namesAndValues(
      Map<String, JsonBytes> fields, AttributeCodec codec) {
    List<JsonBytes> parts = new ArrayList<>(2 * fields.size());
    fields.forEach(
        (name, value) -> {
          parts.add(codec.encodeName(name));
          parts.add(value);
        });
    return parts;
  }

  private static UnreadableSessionException unreadable(String why) {
    return new UnreadableSessionException("what is stored for the session " + why);
  }

  private static boolean startsWith(byte[] document, byte[] start) {
    for (int i = 0; i < start.length; i++) {
      if (document[i] != start[i]) {
        return false;
      }
    }
    return true;
  }

  /** The number at that offset, or -1 if there is none. */
  private static long digits(byte[] document, int offset, int count) {
    long number = 0;
    for (int i = offset; i < offset + count; i++) {
      int digit = document[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  private static long hex(byte[] document, int offset) {
    long number = 0;
    for (int i = offset; i < offset + CHECKSUM_DIGITS; i++) {
      int digit = Character.digit(document[i], 16);
      if (digit < 0) {
        return -1;
      }
      number = number << 4 | digit;
    }
    return number;
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
      Map<String, JsonBytes> fields = new LinkedHashMap<>(codec.fields(JsonBytes.of(document)));
      fields.remove("latchkey");
      JsonBytes createdAt = fields.remove("createdAt");
      JsonBytes attributes = fields.remove("attributes");
      if (createdAt == null || attributes == null) {
        throw unreadable("lacks a field that every version has");
      }
      long created = digits(createdAt.array(), createdAt.offset(), createdAt.length());
      return new Snapshot.PlainBody(
          created, codec.fields(attributes), Collections.unmodifiableMap(fields));
    }
  }

  /** Bytes of a document under construction. */
  private static final class Writer {
    byte[] bytes;
    int position;

    Writer(int size) {
      bytes = new byte[size];
    }

    void put(char c) {
      bytes[position++] = (byte) c;
    }

    void put(byte[] source) {
      System.arraycopy(source, 0, bytes, position, source.length);
      position += source.length;
    }

    void put(JsonBytes json) {
      System.arraycopy(json.array(), json.offset(), bytes, position, json.length());
      position += json.length();
    }

    void putFields(List<JsonBytes> namesAndValues, boolean continued) {
      for (int i = 0; i < namesAndValues.size(); i += 2) {
        if (continued || i > 0) {
          put(',');
        }
        put(namesAndValues.get(i));
        put(':');
        put(namesAndValues.get(i + 1));
      }
    }

    void putDigits(long number, int count) {
      long rest = number;
      for (int i = position + count - 1; i >= position; i--) {
        bytes[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
      position += count;
    }

    void putHex(int number) {
      for (int shift = 28; shift >= 0; shift -= 4) {
        bytes[position++] = HEX[number >>> shift & 15];
      }
    }

    byte[] toArray(int length) {
      return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
  }
}
