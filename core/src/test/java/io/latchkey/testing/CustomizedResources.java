package io.latchkey.testing;

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

/** Resources with another customizer; shutting this down leaves theirs running. */
final class CustomizedResources implements ClientResources {
  private final ClientResources lender;
  private final NettyCustomizer customizer;

  CustomizedResources(ClientResources lender, NettyCustomizer customizer) {
    this.lender = lender;
    this.customizer = customizer;
  }

  @Override
  public NettyCustomizer nettyCustomizer() {
    return customizer;
  }

  @Override
  public Delay reconnectDelay() {
    return lender.reconnectDelay();
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
    return lender.eventLoopGroupProvider();
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
