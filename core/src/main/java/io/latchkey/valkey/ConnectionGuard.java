package io.latchkey.valkey;

import io.lettuce.core.protocol.CommandHandler;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * Whether the answers on one connection are still trusted.
 *
 * <p>Answers carry no number: the first belongs to the first command. Lettuce goes on after an
 * error while it reads (redis/lettuce #2590, #3132), although bytes are lost by then, so that each
 * later answer goes to the wrong caller. So the first such error, and the first answer that does
 * not belong to its request, closes the connection, and nothing else that arrives on it is used.
 *
 * <p>Used by the connection's event loop alone.
 */
final class ConnectionGuard {
  private final BrokenConnections brokenConnections;
  private boolean broken;

  ConnectionGuard(BrokenConnections brokenConnections) {
    this.brokenConnections = brokenConnections;
  }

  boolean isBroken() {
    return broken;
  }

  /** Trusts nothing more that arrives, and closes the connection. */
  void breakUp(Channel channel, Throwable cause) {
    if (broken) {
      return;
    }
    broken = true;
    try {
      if (!isOrdinaryLoss(cause)) {
        brokenConnections.add(reason(cause));
      }
    } finally {
      close(channel);
    }
  }

  /**
   * From the front of the pipeline, past the TLS handler: that would first tell the server, and
   * wait until it has read that.
   */
  static void close(Channel channel) {
    ChannelHandlerContext first = channel.pipeline().firstContext();
    var unused = first == null ? channel.close() : first.close();
  }

  /** What breaks connections every day, and loses no bytes that others follow. */
  static boolean isOrdinaryLoss(Throwable cause) {
    return cause instanceof IOException
        || cause instanceof ClosedChannelException
        || cause.getCause() instanceof IOException;
  }

  private static String reason(Throwable cause) {
    if (cause instanceof ServerErrors.OutOfStepException) {
      return "an answer did not belong to its request";
    }
    if (cause instanceof ServerErrors.AnswerTooLargeException) {
      return "an answer was larger than maxAnswerSize";
    }
    return "of " + cause.getClass().getName() + " while it was read or written";
  }

  /** Stands last in the pipeline, for errors that Lettuce's handler passes on. */
  static final class Last extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (ctx.pipeline().get(CommandHandler.class) instanceof Guarded guarded) {
        guarded.guard().breakUp(ctx.channel(), cause);
      } else {
        close(ctx.channel());
      }
    }
  }

  /** A handler of Lettuce's with a guard. */
  interface Guarded {
    ConnectionGuard guard();
  }
}
