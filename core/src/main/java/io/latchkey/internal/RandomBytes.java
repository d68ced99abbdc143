package io.latchkey.internal;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Secure random bytes, read from the operating system 1,024 at a time: that costs less than twice
 * as much as the 24 bytes of one secret. Bytes that were handed out are wiped. Safe for use by
 * several threads.
 *
 * <p>Nothing is read before the first use. What was read ahead is part of a process image, so it is
 * used for 100 milliseconds at most, and not after {@link #forget}. Two processes that were
 * restored from one image without a call of {@link #forget} can draw the same bytes only if the
 * image was made within 100 milliseconds of this process's clock after a draw.
 */
public final class RandomBytes {
  private static final int AHEAD = 1024;
  private static final long USABLE_NANOS = 100_000_000;
  private static final AtomicInteger FORGOTTEN = new AtomicInteger();

  static {
    try {
      CheckpointHook.register();
    } catch (LinkageError e) {
      // The application has no org.crac, so nobody makes such images of it.
    }
  }

  private final Consumer<byte[]> source;
  private final LongSupplier nanoTime;
  private volatile Ahead ahead = Ahead.NOTHING;

  /** Creates a source that has read nothing. */
  public RandomBytes() {
    this(NonBlockingRandom::fill, System::nanoTime);
  }

  /**
   * Creates a source on another source and another clock.
   *
   * @param source fills arrays
   * @param nanoTime as {@link System#nanoTime}
   */
  RandomBytes(Consumer<byte[]> source, LongSupplier nanoTime) {
    this.source = source;
    this.nanoTime = nanoTime;
  }

  /**
   * Draws bytes that nobody else gets.
   *
   * @param count how many, at most 1024
   * @return that many bytes
   */
  public byte[] next(int count) {
    while (true) {
      Ahead last = ahead;
      long now = nanoTime.getAsLong();
      int from = last.reserve(count, now);
      if (from >= 0) {
        return last.take(from, count);
      }
      Ahead fresh = new Ahead(new byte[AHEAD], Reading.at(now), 0);
      source.accept(fresh.bytes);
      ahead = fresh;
    }
  }

  /**
   * Drops what all sources of this process have read ahead. To be called before the first request
   * when a process image was restored.
   */
  public static void forget() {
    FORGOTTEN.incrementAndGet();
  }

  /**
   * Drops what all sources of this process have read ahead, and closes the device that they read.
   * To be called before a process image is made.
   */
  public static void release() {
    forget();
    NonBlockingRandom.close();
  }

  /**
   * When random bytes were read.
   *
   * @param nanos the time
   * @param forgotten how often {@link #forget} had been called before
   */
  record Reading(long nanos, int forgotten) {
    /** One that is over. */
    static final Reading NEVER = new Reading(0, -1);

    static Reading at(long nanos) {
      return new Reading(nanos, FORGOTTEN.get());
    }

    /** Whether what was read may be in an image of this process. */
    boolean isOver(long now) {
      // Less than 0 too, as the clock of another machine may go back.
      long age = now - nanos;
      return age < 0 || age > USABLE_NANOS || forgotten != FORGOTTEN.get();
    }
  }

  /** Bytes that were read ahead. */
  private static final class Ahead {
    static final Ahead NOTHING = new Ahead(new byte[0], Reading.NEVER, 0);

    private final byte[] bytes;
    private final Reading reading;
    private final AtomicInteger used;

    Ahead(byte[] bytes, Reading reading, int used) {
      this.bytes = bytes;
      this.reading = reading;
      this.used = new AtomicInteger(used);
    }

    /** Where these bytes start, which are the caller's now; -1 if there are none. */
    int reserve(int count, long now) {
      if (reading.isOver(now)) {
        return -1;
      }
      int from = used.get();
      while (from + count <= bytes.length) {
        if (used.compareAndSet(from, from + count)) {
          return from;
        }
        from = used.get();
      }
      return -1;
    }

    byte[] take(int from, int count) {
      byte[] taken = Arrays.copyOfRange(bytes, from, from + count);
      Arrays.fill(bytes, from, from + count, (byte) 0);
      return taken;
    }
  }
}
