package io.latchkey.valkey;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.IdSince;
import io.latchkey.internal.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session as the fields of a hash:
 *
 * <pre>{@code
 * latchkey  1 1764000000000 0000001800000 0000000000000 0000000001-k3JbV0sQ9xTa 1764000000000 0000003
 * a:user    "user123"
 * a:cart    ["itemA","itemB"]
 * }</pre>
 *
 * <p>The field {@code latchkey} holds the format's version, the {@link Head}, the time of creation,
 * and how many fields the hash has, itself included: a hash that lost one is not half a session, it
 * is unreadable. The other fields are the attributes, as JSON; a name stands as in a JSON string.
 * Once the session was given another id, {@code idSince} tells when, and where that id was renewed
 * the secret that it was made from. Fields that a later release adds are left where they are.
 */
final class HashFields {
  /** What the head's field starts with. */
  static final String START = "1 ";

  /** The only field under the old key of a renewed session: the new key. */
  static final String MOVED = "moved";

  /** Where the head starts in it. */
  static final int HEAD = START.length();

  private static final int CREATED_AT = HEAD + Head.LENGTH + 1;
  private static final int WITHOUT_COUNT = CREATED_AT + Head.TIME_DIGITS;
  static final int COUNT_DIGITS = 7;

  /** How long the field is. */
  static final int LENGTH = WITHOUT_COUNT + 1 + COUNT_DIGITS;

  private static final byte[] ATTRIBUTE = ByteWriter.ascii("a:");
  private static final byte[] MOVED_FIELD = ByteWriter.ascii(MOVED);
  private static final byte[] ID_SINCE_FIELD = ByteWriter.ascii("idSince");
  private static final byte[] HEAD_FIELD = ByteWriter.ascii("latchkey");

  private final AttributeCodec codec;

  HashFields(AttributeCodec codec) {
    this.codec = codec;
  }

  /** The head's field without the count, which the script adds. */
  static byte[] head(Snapshot session) {
    ByteWriter out = new ByteWriter(WITHOUT_COUNT);
    out.put(ByteWriter.ascii(START));
    Head.write(session, out);
    out.put(' ');
    out.putDigits(session.body().createdAt(), Head.TIME_DIGITS);
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

  /** Adds the field and value that tell since when the session has its id, if it has another. */
  static void addIdSince(Snapshot session, List<byte[]> fieldsAndValues) {
    IdSince since = session.body().idSince();
    if (since != null) {
      fieldsAndValues.add(ID_SINCE_FIELD);
      fieldsAndValues.add(ByteWriter.ascii(since.text()));
    }
  }

  /** The session of a hash, or null if it has no fields, as where there is none. */
  @Nullable Snapshot decode(Map<byte[], byte[]> hash) {
    return hash.isEmpty() ? null : decode(hash.entrySet());
  }

  /** The session of fields and values in turn, as a script answers with them. */
  Snapshot decode(List<byte[]> fieldsAndValues) {
    List<Map.Entry<byte[], byte[]>> fields = new ArrayList<>();
    for (int i = 0; i + 1 < fieldsAndValues.size(); i += 2) {
      fields.add(new AbstractMap.SimpleEntry<>(fieldsAndValues.get(i), fieldsAndValues.get(i + 1)));
    }
    return decode(fields);
  }

  /** The key where the session lies now, if it was renewed and this is what its old key holds. */
  static byte @Nullable [] movedTo(Map<byte[], byte[]> hash) {
    if (hash.size() != 1) {
      return null;
    }
    Map.Entry<byte[], byte[]> only = hash.entrySet().iterator().next();
    return Arrays.equals(only.getKey(), MOVED_FIELD) ? only.getValue() : null;
  }

  private Snapshot decode(Collection<Map.Entry<byte[], byte[]>> fields) {
    byte[] head = null;
    IdSince since = null;
    List<JsonBytes> names = new ArrayList<>(fields.size());
    List<JsonBytes> values = new ArrayList<>(fields.size());
    for (Map.Entry<byte[], byte[]> field : fields) {
      byte[] name = field.getKey();
      if (startsWith(name, ATTRIBUTE)) {
        names.add(attribute(name));
        values.add(JsonBytes.of(field.getValue()));
      } else if (name.length == HEAD_FIELD.length && startsWith(name, HEAD_FIELD)) {
        head = field.getValue();
      } else if (Arrays.equals(name, ID_SINCE_FIELD)) {
        since = IdSince.parse(new String(field.getValue(), StandardCharsets.ISO_8859_1));
      }
    }
    if (head == null || head.length != LENGTH || !startsWith(head, ByteWriter.ascii(START))) {
      throw Head.foreign();
    }
    if (ByteWriter.digits(head, WITHOUT_COUNT + 1, COUNT_DIGITS) != fields.size()) {
      throw Head.unreadable("has not the fields that it was written with");
    }
    long createdAt = ByteWriter.digits(head, CREATED_AT, Head.TIME_DIGITS);
    if (createdAt < 0) {
      throw Head.unreadable("has a damaged head");
    }
    return Head.read(
        head,
        HEAD,
        new Snapshot.PlainBody(createdAt, since, codec.fields(names, values), Map.of()));
  }

  private static JsonBytes attribute(byte[] name) {
    ByteWriter quoted = new ByteWriter(name.length - ATTRIBUTE.length + 2);
    quoted.put('"');
    quoted.put(new JsonBytes(name, ATTRIBUTE.length, name.length - ATTRIBUTE.length));
    quoted.put('"');
    return JsonBytes.of(quoted.bytes);
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    if (bytes.length < start.length) {
      return false;
    }
    for (int i = 0; i < start.length; i++) {
      if (bytes[i] != start[i]) {
        return false;
      }
    }
    return true;
  }
}
