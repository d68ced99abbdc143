package io.latchkey.testing;

import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Throws in the pipeline of a store's connections while what came is read, as memory that is used
 * up does: the bytes that came are lost.
 */
public final class PipelineErrors {
  private static final int NEVER = Integer.MAX_VALUE;

  private final Map<Integer, AtomicInteger> readsLeft = new ConcurrentHashMap<>();
  private final AtomicInteger anywhere = new AtomicInteger(NEVER);
  private final AtomicInteger thrown = new AtomicInteger();
  private final Supplier<Error> error;

  /** Throws {@link OutOfMemoryError}. */
  public PipelineErrors() {
    this(() -> new OutOfMemoryError("thrown by a test"));
  }

  /** Throws these. */
  public PipelineErrors(Supplier<Error> error) {
    this.error = error;
  }

  /** Resources that have this in each pipeline, and share all else with the given ones. */
  public ClientResources in(ClientResources resources) {
    return new CustomizedResources(resources, new Customizer());
  }

  /** Throws at the read after so many, on any connection. */
  public void throwAfter(int reads) {
    anywhere.set(reads);
  }

  /** Throws at the next read on a connection to that port. */
  public void throwAtNextReadFrom(int port) {
    readsLeft.computeIfAbsent(port, p -> new AtomicInteger(NEVER)).set(0);
  }

  /** Throws nothing more on connections to that port. */
  public void disarm(int port) {
    readsLeft.computeIfAbsent(port, p -> new AtomicInteger(NEVER)).set(NEVER);
  }

  /** How often it has thrown. */
  public int thrown() {
    return thrown.get();
  }

  private boolean strikes(AtomicInteger left) {
    return left.get() != NEVER && left.getAndDecrement() == 0;
  }

  private final class Customizer implements NettyCustomizer {
    @Override
    public void afterChannelInitialized(Channel channel) {
      String handler = channel.pipeline().context(CommandHandler.class).name();
      channel.pipeline().addBefore(handler, "errors", new Thrower());
    }
  }

  private final class Thrower extends ChannelInboundHandlerAdapter {
    private boolean afterHandshake;

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      afterHandshake = true; // Lettuce tells it after its handshake
      ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      int port = ((InetSocketAddress) ctx.channel().remoteAddress()).getPort();
      AtomicInteger here = readsLeft.get(port);
      if (afterHandshake && (strikes(anywhere) || (here != null && strikes(here)))) {
        io.netty.util.ReferenceCountUtil.release(message);
        thrown.incrementAndGet();
        throw error.get();
      }
      ctx.fireChannelRead(message);
    }
  }
}
