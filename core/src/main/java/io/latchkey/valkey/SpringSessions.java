package io.latchkey.valkey;

import io.latchkey.SessionAttributeException;
import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.DisplayNames;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import java.io.InvalidClassException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The hashes of Spring Session's reactive repository under one namespace:
 *
 * <pre>{@code
 * spring:session:sessions:3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d11
 *   creationTime         a Long, epoch milliseconds
 *   lastAccessedTime     a Long, epoch milliseconds
 *   maxInactiveInterval  an Integer, seconds; negative for never
 *   sessionAttr:cart     whatever the application put there
 * }</pre>
 *
 * <p>The values are as the application's serializer writes them; an empty one is an attribute that
 * was removed.
 */
final class SpringSessions {
  static final String LAST_ACCESS = "lastAccessedTime";
  static final String INTERVAL = "maxInactiveInterval";
  private static final String CREATION = "creationTime";
  private static final String ATTRIBUTE = "sessionAttr:";

  /** What a head can hold. */
  private static final long MAX_TIME = 9_999_999_999_999L;

  /** Causes may go round in a circle. */
  private static final int MAX_CAUSES = 20;

  private final String prefix;
  private final Function<byte[], ? extends @Nullable Object> deserializer;
  private final AttributeCodec codec;
  private final SessionSettings settings;

  SpringSessions(
      MigrationSource.SpringSession source, AttributeCodec codec, SessionSettings settings) {
    this.prefix = source.namespace() + ":sessions:";
    this.deserializer = source.deserializer();
    this.codec = codec;
    this.settings = settings;
  }

  byte[] key(String id) {
    return (prefix + id).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The session of a hash, or null if it has ended by Spring's own reckoning, whatever its key's
   * time to live.
   *
   * @throws UnreadableSessionException if it is none, or an attribute cannot be taken over
   */
  @Nullable Snapshot decode(SessionId id, Hash hash) {
    Times times = times(hash);
    if (times.haveEnded(settings.now())) {
      return null;
    }
    Map<String, JsonBytes> attributes = new LinkedHashMap<>();
    for (int i = 0; i + 1 < hash.fields.size(); i += 2) {
      String field = new String(hash.fields.get(i), StandardCharsets.UTF_8);
      if (field.startsWith(ATTRIBUTE)) {
        String name = field.substring(ATTRIBUTE.length());
        Object value = attribute(name, hash.fields.get(i + 1));
        if (value != null) {
          attributes.put(name, encoded(name, value));
        }
      }
    }
    return new Snapshot(
        times.lastAccess,
        times.idle,
        times.absoluteEnd,
        0,
        "",
        id.digest(),
        new Snapshot.PlainBody(times.created, Collections.unmodifiableMap(attributes), Map.of()));
  }

  /** When the session began, was used and ends. */
  Times times(Hash hash) {
    long created = time(CREATION, hash);
    long lastAccess = time(LAST_ACCESS, hash);
    long seconds = number(INTERVAL, hash);
    if (seconds > Integer.MAX_VALUE) {
      throw SessionHeader.unreadable("is a Spring session with an impossible " + INTERVAL);
    }
    // Zero seconds, of which Spring says at once, must not become our never.
    long idle = seconds < 0 ? SessionSettings.NEVER : Math.max(1, seconds * 1000);
    long absoluteEnd =
        settings.absoluteMillis() == SessionSettings.NEVER
            ? SessionSettings.NEVER
            : created + settings.absoluteMillis();
    return new Times(created, lastAccess, idle, absoluteEnd);
  }

  /**
   * A time as the unknown serializer would write it, from how it wrote another: by its digits, as
   * in JSON, or as the eight bytes of a long, as in Java's serialisation. The deserializer has the
   * last word on whether that is right.
   *
   * @return null if that is not how it writes a time
   */
  byte @Nullable [] rewritten(byte[] written, long time, long newTime) {
    byte[] byDigits = replaced(written, ascii(Long.toString(time)), ascii(Long.toString(newTime)));
    if (means(byDigits, newTime)) {
      return byDigits;
    }
    byte[] byBytes = replaced(written, bytes(time), bytes(newTime));
    return means(byBytes, newTime) ? byBytes : null;
  }

  private boolean means(byte @Nullable [] written, long time) {
    try {
      return written != null
          && deserializer.apply(written.clone()) instanceof Number number
          && number.longValue() == time;
    } catch (RuntimeException e) {
      return false;
    }
  }

  /** With one part replaced by another of that length, or null if it is not in there just once. */
  private static byte @Nullable [] replaced(byte[] source, byte[] part, byte[] by) {
    int found = -1;
    for (int i = 0; i + part.length <= source.length; i++) {
      if (Arrays.equals(source, i, i + part.length, part, 0, part.length)) {
        if (found >= 0) {
          return null;
        }
        found = i;
      }
    }
    if (found < 0 || by.length != part.length) {
      return null;
    }
    byte[] result = source.clone();
    System.arraycopy(by, 0, result, found, by.length);
    return result;
  }

  private static byte[] ascii(String text) {
    return ByteWriter.ascii(text);
  }

  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private long time(String field, Hash hash) {
    long time = number(field, hash);
    if (time < 0 || time > MAX_TIME) {
      throw SessionHeader.unreadable("is a Spring session with an impossible " + field);
    }
    return time;
  }

  private long number(String field, Hash hash) {
    byte[] bytes = hash.get(field);
    if (bytes == null || bytes.length == 0) {
      throw SessionHeader.unreadable("is no Spring session, or half of one: it has no " + field);
    }
    Object value;
    try {
      value = deserializer.apply(bytes);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      throw SessionHeader.unreadable(
          "is a Spring session whose "
              + field
              + " the deserializer cannot read ("
              + why(e)
              + "): is it the one that wrote it?");
    }
    if (value instanceof Long || value instanceof Integer) {
      return ((Number) value).longValue();
    }
    throw SessionHeader.unreadable(
        "is a Spring session whose "
            + field
            + " is not a whole number but of "
            + (value == null ? "no class" : value.getClass().getName())
            + ": is the deserializer the one that wrote it?");
  }

  private @Nullable Object attribute(String name, byte[] bytes) {
    if (bytes.length == 0) {
      return null;
    }
    try {
      return deserializer.apply(bytes);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      // Not as the cause: its message may tell the value.
      throw unreadable(
          new SessionAttributeException(
              name,
              "attribute '%s' of a Spring session cannot be read: the deserializer failed (%s)"
                  .formatted(DisplayNames.of(name), why(e)),
              null));
    }
  }

  private JsonBytes encoded(String name, Object value) {
    try {
      return codec.encode(name, value);
    } catch (SessionAttributeException e) {
      throw unreadable(e);
    }
  }

  private static UnreadableSessionException unreadable(SessionAttributeException error) {
    return new UnreadableSessionException(
        "a session cannot be taken over from Spring Session and was left as it is: "
            + error.getMessage(),
        error);
  }

  /** What kind of failure it was, and the class that it was about. */
  private static String why(Throwable error) {
    Throwable cause = error;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (cause instanceof ClassNotFoundException || cause instanceof NoClassDefFoundError) {
        return "there is no class " + className(cause.getMessage());
      }
      if (cause instanceof InvalidClassException invalid) {
        return "the class is not as it was: " + className(invalid.classname);
      }
      cause = cause.getCause();
    }
    return error.getClass().getName();
  }

  private static String className(@Nullable String text) {
    return text != null && text.matches("[\\p{L}\\p{Nd}_.$/\\[;]{1,300}") ? text : "of that name";
  }

  /** A hash as the server answers with it: fields and values in turn. */
  record Hash(List<byte[]> fields) {
    byte @Nullable [] get(String field) {
      byte[] name = ascii(field);
      for (int i = 0; i + 1 < fields.size(); i += 2) {
        if (Arrays.equals(fields.get(i), name)) {
          return fields.get(i + 1);
        }
      }
      return null;
    }
  }

  /** Epoch milliseconds, and for idle a duration; {@link SessionSettings#NEVER} for none. */
  record Times(long created, long lastAccess, long idle, long absoluteEnd) {
    boolean haveEnded(long now) {
      return (idle != SessionSettings.NEVER && now - idle >= lastAccess)
          || (absoluteEnd != SessionSettings.NEVER && now >= absoluteEnd);
    }
  }
}
