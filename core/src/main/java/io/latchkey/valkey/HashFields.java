package io.latchkey.valkey;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.Snapshot;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A session as the fields of a hash:
 *
 * <pre>{@code
 * latchkey  1 7Yc0Kp3xQm2LrT9a 1764000000000 0000001800000 0000000000000 0000000001-k3JbV0sQ9xTa y6EuUYtiNVvnV07qr3mOjHqwPVI1GN96 1764000000000 0000003
 * a:user    "user123"
 * a:cart    ["itemA","itemB"]
 * }</pre>
 *
 * <p>The field {@code latchkey} holds the {@link SessionHeader}, the time of creation, and how many
 * fields the hash has, itself included: a hash that lost one is not half a session, it is
 * unreadable. The other fields are the attributes, as JSON; a name is written as in a JSON string.
 * Once the session was given another id, {@code idSince} tells when, and within the grace of a
 * renewal {@code former} what the former id is known by. Fields that a later release adds are left
 * where they are.
 */
final class HashFields {
  private static final int CREATED_AT = SessionHeader.LENGTH + 1;
  private static final int WITHOUT_COUNT = CREATED_AT + SessionHeader.TIME_DIGITS;
  private static final int COUNT_DIGITS = 7;

  /** How long the header's field is. */
  static final int LENGTH = WITHOUT_COUNT + 1 + COUNT_DIGITS;

  private static final int MAX_TIME_DIGITS = 18;

  private static final byte[] ATTRIBUTE = ByteWriter.ascii("a:");
  private static final byte[] ID_SINCE_FIELD = ByteWriter.ascii("idSince");
  private static final byte[] FORMER_FIELD = ByteWriter.ascii("former");
  private static final byte[] HEADER_FIELD = ByteWriter.ascii("latchkey");

  private final AttributeCodec codec;

  HashFields(AttributeCodec codec) {
    this.codec = codec;
  }

  /** The header's field without the count, which the script adds. */
  static byte[] header(byte[] locator, Snapshot session) {
    ByteWriter out = new ByteWriter(WITHOUT_COUNT);
    SessionHeader.write(locator, session, out);
    out.put(' ');
    out.putDigits(session.body().createdAt(), SessionHeader.TIME_DIGITS);
    return out.bytes;
  }

  /** The field of an attribute. */
  byte[] name(String attribute) {
    JsonBytes quoted = codec.encodeName(attribute);
    ByteWriter out = new ByteWriter(ATTRIBUTE.length + quoted.length() - 2);
    out.put(ATTRIBUTE);
    out.put(new JsonBytes(quoted.array(), quoted.offset() + 1, quoted.length() - 2));
    return out.bytes;
  }

  /** All fields and values of a session but the header's. */
  List<byte[]> all(Snapshot session) {
    List<byte[]> all = new ArrayList<>();
    Snapshot.Body body = session.body();
    if (body.idSince() != body.createdAt()) {
      addIdSince(body, all);
    }
    if (body.former() != null) {
      addFormer(body.former(), all);
    }
    body.attributes()
        .forEach(
            (name, value) -> {
              all.add(name(name));
              all.add(value.toArray());
            });
    return all;
  }

  /** Adds what a rotation changes beside the header. */
  static void addIdChange(
      Snapshot expected, Snapshot next, List<byte[]> sets, List<byte[]> removals) {
    if (expected.body().idSince() != next.body().idSince()) {
      addIdSince(next.body(), sets);
    }
    FormerSecret former = next.body().former();
    if (!Objects.equals(expected.body().former(), former)) {
      if (former == null) {
        removals.add(FORMER_FIELD);
      } else {
        addFormer(former, sets);
      }
    }
  }

  private static void addIdSince(Snapshot.Body body, List<byte[]> fieldsAndValues) {
    fieldsAndValues.add(ID_SINCE_FIELD);
    fieldsAndValues.add(ByteWriter.ascii(Long.toString(body.idSince())));
  }

  private static void addFormer(FormerSecret former, List<byte[]> fieldsAndValues) {
    fieldsAndValues.add(FORMER_FIELD);
    fieldsAndValues.add(SessionHeader.former(former));
  }

  /** Fields and values in turn, as a script answers with them. */
  static List<Map.Entry<byte[], byte[]>> pairs(List<byte[]> fieldsAndValues) {
    List<Map.Entry<byte[], byte[]>> fields = new ArrayList<>(fieldsAndValues.size() / 2);
    for (int i = 0; i + 1 < fieldsAndValues.size(); i += 2) {
      fields.add(new AbstractMap.SimpleEntry<>(fieldsAndValues.get(i), fieldsAndValues.get(i + 1)));
    }
    return fields;
  }

  /** Whether a hash is of the session with that locator. */
  static boolean isOf(byte[] locator, Collection<Map.Entry<byte[], byte[]>> fields) {
    byte[] header = header(fields);
    return header != null && SessionHeader.isOf(locator, header, 0) && hasNames(fields);
  }

  /** Whether it is not the hash of another session. What has no header proves nothing. */
  static boolean mayBeOf(byte[] locator, Collection<Map.Entry<byte[], byte[]>> fields) {
    byte[] header = header(fields);
    return header == null || (SessionHeader.isOf(locator, header, 0) && hasNames(fields));
  }

  private static byte @Nullable [] header(Collection<Map.Entry<byte[], byte[]>> fields) {
    for (Map.Entry<byte[], byte[]> field : fields) {
      if (Arrays.equals(field.getKey(), HEADER_FIELD)) {
        return SessionHeader.isAt(field.getValue(), 0) ? field.getValue() : null;
      }
    }
    return null;
  }

  /**
   * Whether all fields have names as ours: a part of another answer, which took the place of a
   * field that is missing, has not. Ours begin with a small letter, and what scripts answer with a
   * proof does not.
   */
  private static boolean hasNames(Collection<Map.Entry<byte[], byte[]>> fields) {
    for (Map.Entry<byte[], byte[]> field : fields) {
      byte[] name = field.getKey();
      if (name.length == 0 || name[0] < 'a' || name[0] > 'z') {
        return false;
      }
    }
    return true;
  }

  /** The session of a hash, or null if it has no fields, as where there is none. */
  @Nullable Snapshot decode(Map<byte[], byte[]> hash) {
    return hash.isEmpty() ? null : decode(hash.entrySet());
  }

  /** The session of fields and values in turn, as a script answers with them. */
  Snapshot decode(List<byte[]> fieldsAndValues) {
    return decode(pairs(fieldsAndValues));
  }

  private Snapshot decode(Collection<Map.Entry<byte[], byte[]>> fields) {
    byte[] header = null;
    long idSince = -1;
    FormerSecret former = null;
    List<JsonBytes> names = new ArrayList<>(fields.size());
    List<JsonBytes> values = new ArrayList<>(fields.size());
    for (Map.Entry<byte[], byte[]> field : fields) {
      byte[] name = field.getKey();
      byte[] value = field.getValue();
      if (StoredLayout.startsWith(name, ATTRIBUTE)) {
        names.add(attribute(name));
        values.add(JsonBytes.of(value));
      } else if (Arrays.equals(name, HEADER_FIELD)) {
        header = value;
      } else if (Arrays.equals(name, ID_SINCE_FIELD)) {
        idSince = value.length > MAX_TIME_DIGITS ? -1 : ByteWriter.digits(value, 0, value.length);
      } else if (Arrays.equals(name, FORMER_FIELD)) {
        former = SessionHeader.readFormer(value, 0);
      }
    }
    if (header == null || header.length != LENGTH || !SessionHeader.isAt(header, 0)) {
      throw SessionHeader.foreign();
    }
    if (ByteWriter.digits(header, WITHOUT_COUNT + 1, COUNT_DIGITS) != fields.size()) {
      throw SessionHeader.unreadable("has not the fields that it was written with");
    }
    long createdAt = ByteWriter.digits(header, CREATED_AT, SessionHeader.TIME_DIGITS);
    if (createdAt < 0) {
      throw SessionHeader.unreadable("has a damaged header");
    }
    return SessionHeader.read(
        header,
        0,
        new Snapshot.PlainBody(
            createdAt,
            idSince < 0 ? createdAt : idSince,
            former,
            codec.fields(names, values),
            Map.of()));
  }

  private static JsonBytes attribute(byte[] name) {
    ByteWriter quoted = new ByteWriter(name.length - ATTRIBUTE.length + 2);
    quoted.put('"');
    quoted.put(new JsonBytes(name, ATTRIBUTE.length, name.length - ATTRIBUTE.length));
    quoted.put('"');
    return JsonBytes.of(quoted.bytes);
  }
}
