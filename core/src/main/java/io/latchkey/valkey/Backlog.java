package io.latchkey.valkey;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many commands are under way on one connection, and how many bytes they have, from when it is
 * made until it breaks. A server that does not keep up must not fill the memory of its clients, so
 * both are bounded, and what comes beyond that fails at once. Lettuce's own bound asks a queue
 * under its lock for each command, logs a stack trace for each that it refuses, and knows no bytes.
 *
 * <p>What breaks with a connection need not be told to have ended by anybody, so the next one
 * counts anew.
 */
final class Backlog {
  /** Some milliseconds of work for a server. */
  static final int MOST = 8192;

  /** What a connection may hold of this process's memory; one command alone may be larger. */
  static final int MOST_MEBIBYTES = 32;

  static final long MOST_BYTES = (long) MOST_MEBIBYTES << 20;

  /** Commands are counted above these bits, bytes in them: room for 8192 of the largest arrays. */
  private static final int BITS_FOR_BYTES = 45;

  private static final long ONE = 1L << BITS_FOR_BYTES;

  private final AtomicLong underWay = new AtomicLong();

  /**
   * Counts a command that is about to be sent.
   *
   * @return false if there are too many already, or nobody waits for it any more, and it is not to
   *     be sent
   */
  boolean enter(ServerCommand<?> command) {
    long added = ONE + command.size();
    long now = underWay.addAndGet(added);
    if (isTooMuch(now) || !command.countedBy(this)) {
      underWay.addAndGet(-added);
      return false;
    }
    return true;
  }

  private static boolean isTooMuch(long now) {
    long commands = now >>> BITS_FOR_BYTES;
    return commands > MOST || (commands > 1 && (now & (ONE - 1)) > MOST_BYTES);
  }

  /** A command of that size is done with. */
  void leave(int size) {
    underWay.addAndGet(-ONE - size);
  }
}
