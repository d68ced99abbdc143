package io.latchkey.valkey;

import io.lettuce.core.internal.ExceptionFactory;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A command on its way, which tells its receiver how it ended: once, on whatever thread ends it.
 * That is the connection's for an answer. Nothing stands between, where Lettuce's asynchronous
 * commands are futures.
 */
final class ServerCommand<T> extends Command<byte[], byte[], T> {
  @SuppressWarnings("rawtypes") // the updater knows no type arguments
  private static final AtomicIntegerFieldUpdater<ServerCommand> ENDED =
      AtomicIntegerFieldUpdater.newUpdater(ServerCommand.class, "ended");

  @SuppressWarnings("rawtypes") // the updater knows no type arguments
  private static final AtomicIntegerFieldUpdater<ServerCommand> PHASE =
      AtomicIntegerFieldUpdater.newUpdater(ServerCommand.class, "phase");

  // What of it has gone out; from the second to the third it counts as under way.
  private static final int NOT_SENT = 0;
  private static final int SENT = 1;
  private static final int WRITTEN = 2;
  private static final int DONE_WITH = 3;

  private static final byte[] CRLF = {'\r', '\n'};

  private final byte @Nullable [] key;
  private final Receiver<T> receiver;
  private final long createdAt = System.nanoTime();

  @SuppressWarnings("unused") // by the updater
  private volatile int ended;

  /** Where it counts as under way; null until it is sent. */
  private @Nullable Backlog backlog;

  @SuppressWarnings("unused") // by the updater
  private volatile int phase;

  /**
   * A command.
   *
   * @param args its arguments, or null if it has none but a key
   * @param key its only argument, or null
   */
  @SuppressWarnings("NullAway") // a command without arguments has none
  ServerCommand(
      ProtocolKeyword type,
      CommandOutput<byte[], byte[], T> output,
      @Nullable CommandArgs<byte[], byte[]> args,
      byte @Nullable [] key,
      Receiver<T> receiver) {
    super(type, output, args);
    this.key = key;
    this.receiver = receiver;
  }

  /** Reads are many, and their arguments one key: no list of arguments is made for it. */
  @Override
  public void encode(ByteBuf out) {
    PHASE.compareAndSet(this, SENT, WRITTEN);
    if (key == null) {
      super.encode(out);
      return;
    }
    out.writeByte('*').writeByte('2').writeBytes(CRLF);
    writeBulk(out, getType().getBytes());
    writeBulk(out, key);
  }

  private static void writeBulk(ByteBuf out, byte[] bytes) {
    out.writeByte('$');
    if (bytes.length >= 10) {
      ByteBufUtil.writeAscii(out, Integer.toString(bytes.length));
    } else {
      out.writeByte('0' + bytes.length);
    }
    out.writeBytes(CRLF).writeBytes(bytes).writeBytes(CRLF);
  }

  /** For whoever wants to know the key, as a cluster's connection does. */
  @Override
  public CommandArgs<byte[], byte[]> getArgs() {
    return key == null ? super.getArgs() : Request.args().addKey(key);
  }

  /** How long it has been on its way, in nanoseconds. */
  long age(long nanoTime) {
    return nanoTime - createdAt;
  }

  /**
   * Counts it among those under way until the connection is done with it.
   *
   * @return false if nobody waits for it any more
   */
  boolean countedBy(Backlog counting) {
    backlog = counting;
    return PHASE.compareAndSet(this, NOT_SENT, SENT);
  }

  private void leave() {
    int before = PHASE.getAndSet(this, DONE_WITH);
    Backlog counting = backlog;
    if (counting != null && (before == SENT || before == WRITTEN)) {
      counting.leave();
    }
  }

  @Override
  public void complete() {
    leave();
    if (!end()) {
      return;
    }
    super.complete();
    if (output.hasError()) {
      receiver.failed(
          ServerErrors.translate(ExceptionFactory.createExecutionException(output.getError())));
    } else {
      receiver.answered(output.get());
    }
  }

  @Override
  public boolean completeExceptionally(Throwable error) {
    if (!(error instanceof ServerErrors.TimeUpException)) {
      leave(); // else its answer is still to come
    }
    if (!end()) {
      return false;
    }
    // Not by way of Command's own, which writes into an output that may be just being read.
    exception = error;
    status = ST_COMPLETED;
    receiver.failed(ServerErrors.translate(error));
    return true;
  }

  /** Lettuce has given it up. */
  @Override
  public void cancel() {
    leave();
    if (end()) {
      status = ST_CANCELLED;
      receiver.failed(ServerErrors.translate(new CancellationException()));
    }
  }

  /** The receiver has given it up, and is told nothing any more. What was not sent yet is not. */
  void abandon() {
    if (end()) {
      status = ST_CANCELLED;
      if (phase != WRITTEN) {
        leave(); // Lettuce passes it over
      }
    }
  }

  private boolean end() {
    return ENDED.compareAndSet(this, 0, 1);
  }

  /** Without the answer, which Lettuce's own text has in it. */
  @Override
  public String toString() {
    return "ServerCommand[" + getType() + "]";
  }

  /** Learns how a command ended; exactly one of the two is called. */
  interface Receiver<T> {
    /** The answer came; null if the server said that there is none. */
    void answered(@Nullable T value);

    /** It failed, with an exception that callers may see. */
    void failed(Throwable error);
  }
}
