package io.latchkey.valkey;

import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayList;

/**
 * Fails the commands that a broken connection left unanswered, before Lettuce gathers them to send
 * them again after the reconnect. Our scripts bear a second run; but a second run that comes late,
 * and behind somebody else's save, can no longer know its own work. So nobody but the caller, who
 * is told, repeats anything.
 *
 * <p>Stands first in the pipeline, and so learns of the end before Lettuce's own handlers.
 */
final class FailUnanswered extends ChannelDuplexHandler {
  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    CommandHandler handler = ctx.pipeline().get(CommandHandler.class);
    if (handler != null) {
      for (RedisCommand<?, ?, ?> command : new ArrayList<>(handler.getStack())) {
        command.completeExceptionally(new ServerErrors.ConnectionLostException());
      }
    }
    super.channelInactive(ctx);
  }
}
