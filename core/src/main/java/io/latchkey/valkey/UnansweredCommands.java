package io.latchkey.valkey;

import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends the commands of one connection that get no answer.
 *
 * <p><b>Because the connection broke:</b> before Lettuce gathers them to send them again after the
 * reconnect. Our scripts bear a second run; but a second run that comes late, and behind somebody
 * else's save, can no longer know its own work. So nobody but the caller, who is told, repeats
 * anything.
 *
 * <p><b>Because their time is up:</b> answers come in the order of the commands, so it is enough to
 * look at the oldest now and then. Lettuce's own timeouts start and stop a timer for each command.
 *
 * <p>A server that hangs keeps its connections. One on which nothing comes at all, although
 * commands wait, is closed after a while, so that what is connected next is whoever serves now. So
 * is one on which bytes come for longer, but never the end of the oldest command's answer: that may
 * be a large one, or a stream in which bytes are missing.
 *
 * <p>Stands first in the pipeline, and so learns of the end before Lettuce's own handlers.
 */
final class UnansweredCommands extends ChannelDuplexHandler {
  /** A command ends at most this part of its time, or one of these pauses, too late. */
  private static final int LOOKS_PER_TIMEOUT = 10;

  private static final long MIN_PAUSE_MILLIS = 5;
  private static final long MAX_PAUSE_MILLIS = 100;

  /** After so many times the time of a command without any answer the connection is closed. */
  private static final int TIMEOUTS_UNTIL_CLOSED = 2;

  /** After so many times that without the end of an answer it is closed, whatever comes on it. */
  private static final int SILENCES_PER_ANSWER = 4;

  private static final long MIN_SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long timeoutNanos;
  private final long silenceNanos;
  private final long pauseMillis;
  private boolean looking;
  private boolean stoodStill;
  private boolean heard;
  private long silentSinceNanos;

  /** The oldest command at the last look, and since when it is. */
  private @Nullable RedisCommand<?, ?, ?> oldest;

  private long oldestSinceNanos;

  UnansweredCommands(Duration timeout) {
    this.timeoutNanos = timeout.toNanos();
    this.silenceNanos = Math.max(MIN_SILENCE_NANOS, TIMEOUTS_UNTIL_CLOSED * timeoutNanos);
    this.pauseMillis =
        Math.max(
            MIN_PAUSE_MILLIS, Math.min(MAX_PAUSE_MILLIS, timeout.toMillis() / LOOKS_PER_TIMEOUT));
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise)
      throws Exception {
    if (!looking) {
      looking = true;
      silentSinceNanos = System.nanoTime();
      oldestSinceNanos = silentSinceNanos;
      lookLater(ctx);
    }
    super.write(ctx, message, promise);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    heard = true;
    super.channelRead(ctx, message);
  }

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

  private void lookLater(ChannelHandlerContext ctx) {
    long now = System.nanoTime();
    var unused = ctx.executor().schedule(() -> look(ctx, now), pauseMillis, TimeUnit.MILLISECONDS);
  }

  @SuppressWarnings("ReferenceEquality") // is it the very same command?
  private void look(ChannelHandlerContext ctx, long lastLook) {
    CommandHandler handler = ctx.pipeline().get(CommandHandler.class);
    if (handler == null || handler.getStack().isEmpty()) {
      looking = false;
      oldest = null;
      return;
    }
    lookLater(ctx);
    if (handler instanceof ConnectionGuard.Guarded guarded && guarded.guard().isBroken()) {
      var unused = ctx.close(); // should it not have worked at once
    }
    // If this very process stood still, the answers may be here, and only not read yet. It may also
    // be too busy all the time, so it is given no more than one look.
    long pause = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastLook);
    stoodStill = !stoodStill && pause > 2 * pauseMillis;
    if (heard || stoodStill) {
      heard = false;
      silentSinceNanos = System.nanoTime();
    }
    if (handler.getStack().peek() != oldest || stoodStill) {
      oldest = handler.getStack().peek();
      oldestSinceNanos = System.nanoTime();
    }
    if (!stoodStill) {
      // Not while going through them: whoever is told may send the next command at once.
      late(handler)
          .forEach(command -> command.completeExceptionally(new ServerErrors.TimeUpException()));
    }
    long now = System.nanoTime();
    if (now - silentSinceNanos >= silenceNanos
        || now - oldestSinceNanos >= SILENCES_PER_ANSWER * silenceNanos) {
      var unused = ctx.close();
    }
  }

  private List<ServerCommand<?>> late(CommandHandler handler) {
    long now = System.nanoTime();
    List<ServerCommand<?>> late = new ArrayList<>();
    for (RedisCommand<?, ?, ?> each : handler.getStack()) {
      ServerCommand<?> command = ours(each);
      if (command != null) {
        if (command.age(now) < timeoutNanos) {
          break;
        }
        late.add(command);
      }
    }
    return late;
  }

  /** The command of this library, if it is one and not Lettuce's own. */
  static @Nullable ServerCommand<?> ours(@Nullable RedisCommand<?, ?, ?> command) {
    return command == null ? null : CommandWrapper.unwrap(command, ServerCommand.class);
  }
}
