package io.latchkey.histories;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for Lettuce that BlockHound leaves alone. Other tests show that nothing of ours blocks.
 * Here dozens of stores on one set of event loops are opened and closed at once, so that now and
 * then a thread has to wait for a lock inside Netty's allocator or Lettuce's resources; and an
 * error that BlockHound throws out of the middle of a lock leaves all others waiting for ever.
 */
public final class BlockingAllowed implements ThreadFactory {
  private final AtomicInteger threads = new AtomicInteger();
  private final String pool;

  private BlockingAllowed(String pool) {
    this.pool = pool;
  }

  /** Event loops and timers on such threads, to be lent to stores. */
  public static ClientResources resources() {
    return DefaultClientResources.builder().threadFactoryProvider(BlockingAllowed::new).build();
  }

  @Override
  public Thread newThread(Runnable work) {
    Thread thread =
        new FastThreadLocalThread(work, "histories-" + pool + "-" + threads.incrementAndGet()) {
          @Override
          public boolean permitBlockingCalls() {
            return true;
          }
        };
    thread.setDaemon(true);
    return thread;
  }
}
