package io.latchkey.valkey;

import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the connections of a store that were closed because what arrived on them could not be
 * trusted any more, and logs one line for each.
 */
final class BrokenConnections {
  private static final Logger log = LoggerFactory.getLogger(BrokenConnections.class);

  private final LongAdder count = new LongAdder();

  /** A connection is being closed for this reason, which must hold no data. */
  void add(String reason) {
    count.increment();
    log.warn(
        "closed a connection to the server because {}; its calls in flight fail, and Latchkey"
            + " reconnects. If this repeats, check the memory of this process (-Xmx,"
            + " -XX:MaxDirectMemorySize) and whatever stands between it and the server",
        reason);
  }

  long count() {
    return count.sum();
  }
}
