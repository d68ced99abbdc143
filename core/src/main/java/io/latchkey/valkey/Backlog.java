package io.latchkey.valkey;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many commands are under way on one connection, from when it is made until it breaks. A server
 * that does not keep up must not fill the memory of its clients, so there is a bound, and what
 * comes beyond it fails at once. Lettuce's own bound asks a queue under its lock for each command,
 * and logs a stack trace for each that it refuses.
 *
 * <p>What breaks with a connection need not be told to have ended by anybody, so the next one
 * counts anew.
 */
final class Backlog {
  /** Some milliseconds of work for a server, and some megabytes here. */
  static final int MOST = 8192;

  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * Counts a command that is about to be sent.
   *
   * @return false if there are too many already, or nobody waits for it any more, and it is not to
   *     be sent
   */
  boolean enter(ServerCommand<?> command) {
    if (underWay.incrementAndGet() > MOST || !command.countedBy(this)) {
      underWay.decrementAndGet();
      return false;
    }
    return true;
  }

  void leave() {
    underWay.decrementAndGet();
  }
}
