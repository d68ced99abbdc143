package io.latchkey.valkey;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.PubSubCommandHandler;
import io.lettuce.core.pubsub.PubSubEndpoint;
import io.lettuce.core.resource.ClientResources;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;

/** As {@link GuardedCommandHandler}, for a connection to a sentinel. */
final class GuardedPubSubHandler extends PubSubCommandHandler<byte[], byte[]>
    implements ConnectionGuard.Guarded {
  private final ConnectionGuard guard;

  GuardedPubSubHandler(
      ClientOptions options,
      ClientResources resources,
      PubSubEndpoint<byte[], byte[]> endpoint,
      BrokenConnections brokenConnections) {
    super(options, resources, ByteArrayCodec.INSTANCE, endpoint);
    this.guard = new ConnectionGuard(brokenConnections);
  }

  @Override
  public ConnectionGuard guard() {
    return guard;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (guard.isBroken()) {
      ReferenceCountUtil.release(message);
      return;
    }
    try {
      super.channelRead(ctx, message);
    } catch (Throwable e) {
      guard.breakUp(ctx.channel(), e);
    }
  }

  @Override
  protected boolean canDecode(ByteBuf buffer) {
    return !guard.isBroken() && super.canDecode(buffer);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    guard.breakUp(ctx.channel(), cause);
    if (ConnectionGuard.isOrdinaryLoss(cause)) {
      super.exceptionCaught(ctx, cause);
    }
  }
}
