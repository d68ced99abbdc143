package io.latchkey.testing;

import io.latchkey.internal.RandomBytes;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** What an image of this process has of a source of random bytes: a copy of all its state. */
public final class ProcessImage {
  private final Object state;

  private ProcessImage(Object state) {
    this.state = state;
  }

  public static ProcessImage of(RandomBytes random) {
    return new ProcessImage(copy(state(random).get()));
  }

  /** Gives the source the state that it had when the image was made. */
  public void restoreInto(RandomBytes random) {
    state(random).set(copy(state));
  }

  /** What had been read ahead. */
  public byte[] bytes() {
    return Arrays.stream(state.getClass().getRecordComponents())
        .map(component -> value(component, state))
        .filter(byte[].class::isInstance)
        .map(byte[].class::cast)
        .findFirst()
        .orElseThrow();
  }

  @SuppressWarnings("unchecked")
  private static AtomicReference<Object> state(RandomBytes random) {
    try {
      Field field = RandomBytes.class.getDeclaredField("ahead");
      field.setAccessible(true);
      return (AtomicReference<Object>) field.get(random);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Object copy(Object record) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    try {
      Constructor<?> constructor =
          record
              .getClass()
              .getDeclaredConstructor(
                  Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(
          Arrays.stream(components).map(component -> copyOf(value(component, record))).toArray());
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Object copyOf(Object value) {
    if (value instanceof byte[] bytes) {
      return bytes.clone();
    }
    return value instanceof AtomicInteger number ? new AtomicInteger(number.get()) : value;
  }

  private static Object value(RecordComponent component, Object record) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
