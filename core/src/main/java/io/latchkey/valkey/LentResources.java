package io.latchkey.valkey;

import io.lettuce.core.event.EventBus;
import io.lettuce.core.event.EventPublisherOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EventLoopGroupProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.lettuce.core.resource.SocketAddressResolver;
import io.lettuce.core.tracing.Tracing;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.Timer;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Somebody else's resources with our customizer and reconnect delay; shutting this down leaves
 * theirs running. Not a copy made by {@code mutate()}: that starts event loops of its own, and
 * complains in the log when it is collected without having been shut down.
 */
final class LentResources implements ClientResources {
  private final ClientResources lender;
  private final EventLoopGroupProvider loops;
  private final NettyCustomizer customizer;
  private final Delay reconnectDelay;

  LentResources(ClientResources lender, NettyCustomizer customizer, Delay reconnectDelay) {
    this.lender = lender;
    this.loops = new LentLoops(lender.eventLoopGroupProvider());
    this.customizer = customizer;
    this.reconnectDelay = reconnectDelay;
  }

  @Override
  public NettyCustomizer nettyCustomizer() {
    return customizer;
  }

  @Override
  public Delay reconnectDelay() {
    return reconnectDelay;
  }

  @Override
  public Future<Boolean> shutdown() {
    return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
  }

  @Override
  public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit timeUnit) {
    return shutdown();
  }

  @Override
  public Builder mutate() {
    return lender.mutate();
  }

  @Override
  public AddressResolverGroup<?> addressResolverGroup() {
    return lender.addressResolverGroup();
  }

  @Override
  public EventPublisherOptions commandLatencyPublisherOptions() {
    return lender.commandLatencyPublisherOptions();
  }

  @Override
  public CommandLatencyRecorder commandLatencyRecorder() {
    return lender.commandLatencyRecorder();
  }

  @Override
  public int computationThreadPoolSize() {
    return lender.computationThreadPoolSize();
  }

  @Override
  public EventBus eventBus() {
    return lender.eventBus();
  }

  @Override
  public EventLoopGroupProvider eventLoopGroupProvider() {
    return loops;
  }

  @Override
  public EventExecutorGroup eventExecutorGroup() {
    return lender.eventExecutorGroup();
  }

  @Override
  public int ioThreadPoolSize() {
    return lender.ioThreadPoolSize();
  }

  @Override
  public SocketAddressResolver socketAddressResolver() {
    return lender.socketAddressResolver();
  }

  @Override
  public Timer timer() {
    return lender.timer();
  }

  @Override
  public Tracing tracing() {
    return lender.tracing();
  }
}
