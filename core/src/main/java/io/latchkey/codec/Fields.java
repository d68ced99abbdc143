package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.latchkey.UnreadableSessionException;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object in their order, as they stand there: names as JSON strings beside
 * their values. A name becomes a text only when somebody asks for it, and most are written again as
 * they were read.
 *
 * <p>A name is found by looking at each, which for the ten or twenty of a session takes less than a
 * hash table that is made for one request. Where there are more, or where a name is not written as
 * it is, there is a hash table instead: see {@link #of}.
 */
final class Fields extends AbstractMap<String, JsonBytes> {
  /** More than this are looked up by their hash. */
  private static final int MOST = 24;

  private static final Fields NONE = new Fields(new JsonBytes[0], new JsonBytes[0], 0);

  private final JsonBytes[] names;
  private final JsonBytes[] values;
  private final int count;

  private Fields(JsonBytes[] names, JsonBytes[] values, int count) {
    this.names = names;
    this.values = values;
    this.count = count;
  }

  /**
   * The first so many of those fields.
   *
   * @param names JSON strings, quotes included
   * @param values their values
   * @param count how many there are
   * @param unescape decodes a JSON string
   * @return an unmodifiable map, which takes the arrays over
   * @throws UnreadableSessionException if two of them have the same name, however it is written:
   *     readers would not agree on which of them counts
   */
  static Map<String, JsonBytes> of(
      JsonBytes[] names, JsonBytes[] values, int count, Function<JsonBytes, String> unescape) {
    boolean plain = count <= MOST;
    for (int i = 0; plain && i < count; i++) {
      plain = isPlain(names[i]);
      if (plain && indexOf(names, i, names[i]) >= 0) {
        throw twice();
      }
    }
    if (plain) {
      return new Fields(names, values, count);
    }
    Map<String, JsonBytes> fields = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String name = isPlain(names[i]) ? text(names[i]) : unescape.apply(names[i]);
      if (fields.put(name, values[i]) != null) {
        throw twice();
      }
    }
    return Collections.unmodifiableMap(fields);
  }

  private static UnreadableSessionException twice() {
    return new UnreadableSessionException(
        "the stored session has two fields of one name. Check what else writes to its key.");
  }

  /**
   * Those fields, some of them changed.
   *
   * @param changes new values by name, null for a field to be taken out
   * @param codec encodes the names of new ones
   * @return an unmodifiable map
   */
  static Map<String, JsonBytes> changed(
      Map<String, JsonBytes> before,
      Map<String, @Nullable JsonBytes> changes,
      AttributeCodec codec) {
    Map<String, JsonBytes> from = before.isEmpty() ? NONE : before;
    return from instanceof Fields fields && fields.count + changes.size() <= MOST
        ? fields.with(changes, codec)
        : Collections.unmodifiableMap(merged(before, changes));
  }

  private static Map<String, JsonBytes> merged(
      Map<String, JsonBytes> before, Map<String, @Nullable JsonBytes> changes) {
    Map<String, JsonBytes> merged = new LinkedHashMap<>(before);
    changes.forEach(
        (name, json) -> {
          if (json == null) {
            merged.remove(name);
          } else {
            merged.put(name, json);
          }
        });
    return merged;
  }

  private Map<String, JsonBytes> with(
      Map<String, @Nullable JsonBytes> changes, AttributeCodec codec) {
    JsonBytes[] newNames = Arrays.copyOf(names, count + changes.size());
    JsonBytes[] newValues = Arrays.copyOf(values, count + changes.size());
    int newCount = count;
    for (Map.Entry<String, @Nullable JsonBytes> change : changes.entrySet()) {
      JsonBytes value = change.getValue();
      int i = indexOf(newNames, newCount, change.getKey());
      if (value != null) {
        if (i < 0) {
          i = newCount++;
          newNames[i] = codec.encodeName(change.getKey());
          if (!isPlain(newNames[i])) {
            return Collections.unmodifiableMap(merged(this, changes));
          }
        }
        newValues[i] = value;
      } else if (i >= 0) {
        newCount--;
        System.arraycopy(newNames, i + 1, newNames, i, newCount - i);
        System.arraycopy(newValues, i + 1, newValues, i, newCount - i);
      }
    }
    return new Fields(newNames, newValues, newCount);
  }

  /** Whether what stands between the quotes is the name, in ASCII. */
  private static boolean isPlain(JsonBytes name) {
    byte[] json = name.array();
    for (int i = name.offset() + 1; i < name.offset() + name.length() - 1; i++) {
      if (json[i] < ' ' || json[i] == '\\' || json[i] == '"') {
        return false;
      }
    }
    return true;
  }

  private static int indexOf(JsonBytes[] names, int count, JsonBytes name) {
    for (int i = 0; i < count; i++) {
      if (names[i].length() == name.length() && names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static int indexOf(JsonBytes[] names, int count, String name) {
    for (int i = 0; i < count; i++) {
      if (names[i].length() - 2 == name.length() && isName(names[i], name)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isName(JsonBytes quoted, String name) {
    byte[] json = quoted.array();
    int start = quoted.offset() + 1;
    for (int i = 0; i < name.length(); i++) {
      if (json[start + i] != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static String text(JsonBytes quoted) {
    return new String(quoted.array(), quoted.offset() + 1, quoted.length() - 2, US_ASCII);
  }

  /** How many bytes names and values have together. */
  long sizeInBytes() {
    long size = 0;
    for (int i = 0; i < count; i++) {
      size += names[i].length() + (long) values[i].length();
    }
    return size;
  }

  /** Passes each field on as it stands in JSON, name and value. */
  void forEachAsJson(BiConsumer<JsonBytes, JsonBytes> action) {
    for (int i = 0; i < count; i++) {
      action.accept(names[i], values[i]);
    }
  }

  @Override
  public int size() {
    return count;
  }

  @Override
  public @Nullable JsonBytes get(Object key) {
    int i = key instanceof String name ? indexOf(names, count, name) : -1;
    return i < 0 ? null : values[i];
  }

  @Override
  public boolean containsKey(Object key) {
    return get(key) != null;
  }

  @Override
  public void forEach(BiConsumer<? super String, ? super JsonBytes> action) {
    for (int i = 0; i < count; i++) {
      action.accept(text(names[i]), values[i]);
    }
  }

  @Override
  public Set<Entry<String, JsonBytes>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return count;
      }

      @Override
      public Iterator<Entry<String, JsonBytes>> iterator() {
        return new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return next < count;
          }

          @Override
          public Entry<String, JsonBytes> next() {
            if (next == count) {
              throw new NoSuchElementException();
            }
            int i = next++;
            return Map.entry(text(names[i]), values[i]);
          }
        };
      }
    };
  }
}
