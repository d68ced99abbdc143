package io.latchkey.valkey;

import io.latchkey.internal.SessionId;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Which sessions this store has written to of late, so that it reads them where its writes went.
 *
 * <p>A table of constant size, by the locator: that survives a rotation, so that what is written
 * under one of a session's ids is known under all of them. Sessions that share an entry cost one
 * another a read at the primary, and nothing else.
 *
 * <p>An entry is the millisecond of the last write, reckoned from the table's own beginning. It
 * goes round after 49 days; an entry of that age is taken for a recent one, which does no harm.
 */
final class RecentWrites {
  private static final int BITS = 18;
  private static final int GOLDEN = 0x9E3779B9;

  /** Beyond the bound, as times are cut to milliseconds here. */
  static final long STAYS_NANOS = Replicas.BOUND_NANOS + TimeUnit.MILLISECONDS.toNanos(250);

  private static final int STAYS = (int) TimeUnit.NANOSECONDS.toMillis(STAYS_NANOS);

  private final AtomicIntegerArray times = new AtomicIntegerArray(1 << BITS);
  private final long beginning;

  RecentWrites() {
    // So long ago that the zeros, which stand for never, are not recent.
    this.beginning = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(2L * STAYS);
  }

  /** A write to the session begins, or has ended in whatever way. */
  void mark(SessionId id) {
    int entry = hash(id) >>> (Integer.SIZE - BITS);
    int last;
    int now;
    do {
      // In this order, so that it is never set back: a later mark is another value, and no thread
      // that stood still since replaces it.
      last = times.get(entry);
      now = now();
    } while (now != last && !times.compareAndSet(entry, last, now));
  }

  /**
   * Whether a replica may still lack a write of this store to the session. Whoever asks after a
   * write has been answered sees its mark, however it came to know of the answer: the mark was made
   * before.
   */
  boolean isRecent(SessionId id) {
    int written = times.getOpaque(hash(id) >>> (Integer.SIZE - BITS));
    // By one more, as the processors' clocks may be a millisecond apart for all that Java promises.
    return Integer.compareUnsigned(now() - written + 1, STAYS + 1) <= 0;
  }

  private int now() {
    return (int) TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginning);
  }

  /** Of the locator's first characters, which are random. */
  static int hash(SessionId id) {
    String locator = id.locator();
    int bits =
        locator.charAt(0) << 21
            ^ locator.charAt(1) << 14
            ^ locator.charAt(2) << 7
            ^ locator.charAt(3);
    return bits * GOLDEN;
  }
}
