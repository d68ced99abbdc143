package io.latchkey.testing;

import io.latchkey.internal.RandomBytes;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.concurrent.atomic.AtomicInteger;

/** What an image of this process has of a source of random bytes: a copy of all its state. */
public final class ProcessImage {
  private final byte[] bytes;
  private final Object reading;
  private final int used;

  private ProcessImage(Object ahead) throws ReflectiveOperationException {
    bytes = ((byte[]) field(ahead.getClass(), "bytes").get(ahead)).clone();
    reading = field(ahead.getClass(), "reading").get(ahead);
    used = ((AtomicInteger) field(ahead.getClass(), "used").get(ahead)).get();
  }

  public static ProcessImage of(RandomBytes random) {
    try {
      return new ProcessImage(field(RandomBytes.class, "ahead").get(random));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("RandomBytes has another form", e);
    }
  }

  /** Gives the source the state that it had when the image was made. */
  public void restoreInto(RandomBytes random) {
    try {
      Field ahead = field(RandomBytes.class, "ahead");
      Constructor<?> constructor =
          ahead.getType().getDeclaredConstructor(byte[].class, reading.getClass(), int.class);
      constructor.setAccessible(true);
      ahead.set(random, constructor.newInstance(bytes.clone(), reading, used));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("RandomBytes has another form", e);
    }
  }

  /** What had been read ahead. */
  public byte[] bytes() {
    return bytes.clone();
  }

  private static Field field(Class<?> type, String name) throws ReflectiveOperationException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }
}
