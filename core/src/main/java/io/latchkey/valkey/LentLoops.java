package io.latchkey.valkey;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Somebody else's event loops, taken and given back one client after the other. Lettuce counts who
 * has them, and ends them with the last; but between the count and the end it gives them to whoever
 * asks just then, whose connections would never come to an end. So nobody asks just then, as far as
 * stores are concerned; what else is on these loops is beyond us (see {@link ServerClient#open}).
 *
 * <p>Nothing is waited for under the lock: loops are made there, or told to end.
 */
final class LentLoops implements EventLoopGroupProvider {
  private final EventLoopGroupProvider lender;

  LentLoops(EventLoopGroupProvider lender) {
    this.lender = lender;
  }

  @Override
  public <T extends EventLoopGroup> T allocate(Class<T> type) {
    synchronized (lender) { // is what all stores on these loops have in common
      return lender.allocate(type);
    }
  }

  @Override
  public Future<Boolean> release(
      EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
    synchronized (lender) {
      return lender.release(group, quietPeriod, timeout, unit);
    }
  }

  @Override
  public int threadPoolSize() {
    return lender.threadPoolSize();
  }

  /** The lender's affair. */
  @Override
  public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
    return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
  }
}
