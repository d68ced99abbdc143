package io.latchkey.valkey;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.Endpoint;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce's handler of one connection, which trusts nothing more after the first error or the first
 * answer that does not belong to its request; see {@link ConnectionGuard}.
 *
 * <p>It also breaks the connection when bytes arrive that nobody asked for, as they would become
 * the answer to the next command, and when an answer is larger than the bound, as soon as the
 * answer says so. A whole answer costs no more than a few comparisons.
 */
final class GuardedCommandHandler extends CommandHandler implements ConnectionGuard.Guarded {
  private final ConnectionGuard guard;
  private final int maxAnswerSize;
  private final Undecodable undecodable = new Undecodable();
  private final AnswerSize size = new AnswerSize();
  private @Nullable ChannelHandlerContext context;
  private boolean inPart;
  private int arrived;

  GuardedCommandHandler(
      ClientOptions options,
      ClientResources resources,
      Endpoint endpoint,
      BrokenConnections brokenConnections,
      int maxAnswerSize) {
    super(options, resources, endpoint);
    this.guard = new ConnectionGuard(brokenConnections);
    this.maxAnswerSize = maxAnswerSize;
  }

  @Override
  public ConnectionGuard guard() {
    return guard;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    super.handlerAdded(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (guard.isBroken()) {
      ReferenceCountUtil.release(message);
      return;
    }
    try {
      arrived = message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
      super.channelRead(ctx, message);
    } catch (Throwable e) {
      breakUp(e);
    }
  }

  private void breakUp(Throwable cause) {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      guard.breakUp(ctx.channel(), cause);
    }
    // The others learn of it from UnansweredCommands.
    if (cause instanceof ServerErrors.AnswerTooLargeException) {
      RedisCommand<?, ?, ?> oldest = getStack().peek();
      if (oldest != null) {
        oldest.completeExceptionally(cause);
      }
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf buffer) throws InterruptedException {
    super.decode(ctx, buffer);
    if (buffer.isReadable() && getStack().isEmpty() && !isPushDecode(buffer)) {
      breakUp(new ServerErrors.OutOfStepException());
    }
  }

  @Override
  protected boolean canDecode(ByteBuf buffer) {
    return !guard.isBroken() && super.canDecode(buffer);
  }

  @Override
  protected boolean decode(
      ByteBuf buffer, RedisCommand<?, ?, ?> command, CommandOutput<?, ?, ?> output) {
    int start = buffer.readerIndex();
    boolean whole = super.decode(buffer, undecodable, output);
    undecodable.throwError();
    if (!whole) {
      checkSize(buffer, start);
    } else if (inPart) {
      inPart = false;
      checkForm(buffer, buffer.writerIndex() - arrived);
    } else if (buffer.getByte(start) == '$') {
      checkEnd(buffer);
    } else {
      size.reset();
      checkForm(buffer, start);
    }
    return whole;
  }

  /** Where bytes are missing before it, an answer of its length ends somewhere in the next one. */
  private static void checkEnd(ByteBuf buffer) {
    int end = buffer.readerIndex();
    if (buffer.getByte(end - 2) != '\r' || buffer.getByte(end - 1) != '\n') {
      throw new ServerErrors.OutOfStepException();
    }
  }

  private void checkForm(ByteBuf buffer, int from) {
    checkEnd(buffer);
    size.add(buffer, from, buffer.readerIndex());
    if (size.isMalformed()) {
      throw new ServerErrors.OutOfStepException();
    }
  }

  private void checkSize(ByteBuf buffer, int start) {
    if (inPart) {
      size.add(buffer, buffer.writerIndex() - arrived);
    } else {
      inPart = true;
      size.reset();
      size.add(buffer, start);
    }
    if (size.isMalformed()) {
      throw new ServerErrors.OutOfStepException();
    }
    if (size.atLeast() > maxAnswerSize) {
      throw new ServerErrors.AnswerTooLargeException(maxAnswerSize);
    }
  }

  @Override
  protected void complete(RedisCommand<?, ?, ?> command) {
    ServerCommand<?> ours = UnansweredCommands.ours(command);
    if (ours != null && !ours.answerBelongs()) {
      breakUp(new ServerErrors.OutOfStepException());
      ours.completeExceptionally(new ServerErrors.OutOfStepException());
    } else {
      command.complete();
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise)
      throws Exception {
    if (guard.isBroken()) {
      promise.tryFailure(new ClosedChannelException());
      return;
    }
    try {
      super.write(ctx, message, promise);
    } catch (Throwable e) {
      breakUp(e);
      throw e;
    }
    // What could not be written waits for no answer; or it might, if listeners did not run.
    if (promise.isDone() && promise.cause() != null) {
      breakUp(promise.cause());
    }
  }

  /** Not by Lettuce's own way, which fails the oldest command and goes on. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    breakUp(cause);
    if (ConnectionGuard.isOrdinaryLoss(cause)) {
      super.exceptionCaught(ctx, cause);
    }
  }

  /**
   * Takes the place of the command while it is decoded: Lettuce tells the command what its output
   * has thrown, and goes on.
   */
  private static final class Undecodable extends Command<byte[], byte[], byte[]> {
    private @Nullable Throwable error;

    @SuppressWarnings("NullAway") // it has neither output nor arguments
    Undecodable() {
      super(CommandType.PING, null);
    }

    @Override
    public boolean completeExceptionally(Throwable thrown) {
      error = thrown;
      return true;
    }

    void throwError() {
      Throwable thrown = error;
      if (thrown != null) {
        error = null;
        if (thrown instanceof Error fatal) {
          throw fatal;
        }
        // The answer is of a kind that its command does not have.
        throw new ServerErrors.OutOfStepException(thrown);
      }
    }
  }
}
