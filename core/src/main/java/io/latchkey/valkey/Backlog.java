package io.latchkey.valkey;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many commands are under way on a connection. A server that does not keep up must not fill the
 * memory of its clients, so there is a bound, and what comes beyond it fails at once. Lettuce's own
 * bound asks a queue under its lock for each command, and logs a stack trace for each that it
 * refuses.
 */
final class Backlog {
  /** Some milliseconds of work for a server, and some megabytes here. */
  static final int MOST = 8192;

  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * Counts a command that is about to be sent.
   *
   * @return false if there are too many already, and it is not to be sent
   */
  boolean enter(ServerCommand<?> command) {
    if (underWay.incrementAndGet() > MOST) {
      underWay.decrementAndGet();
      return false;
    }
    command.countedBy(this);
    return true;
  }

  void leave() {
    underWay.decrementAndGet();
  }
}
