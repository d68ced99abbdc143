package io.latchkey.valkey;

import io.lettuce.core.internal.ExceptionFactory;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

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

  /**
   * What has at most so many bytes goes into the buffer together with what stands around it: each
   * write to a buffer of Netty's costs as much as to copy hundreds of bytes.
   */
  private static final int COPIED = 1024;

  private final byte @Nullable [] @Nullable [] parts;
  private final @Nullable Predicate<? super T> proof;
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
   * @param args its arguments, or null if they are bytes already
   * @param parts these, or null
   * @param proof whether an answer belongs to it; null if its answers carry no proof
   */
  @SuppressWarnings("NullAway") // a command without arguments has none
  ServerCommand(
      ProtocolKeyword type,
      CommandOutput<byte[], byte[], T> output,
      @Nullable CommandArgs<byte[], byte[]> args,
      byte @Nullable [] @Nullable [] parts,
      @Nullable Predicate<? super T> proof,
      Receiver<T> receiver) {
    super(type, output, args);
    this.parts = parts;
    this.proof = proof;
    this.receiver = receiver;
  }

  /** Without Lettuce's list of arguments, each of which is an object that tells how to write it. */
  @Override
  public void encode(ByteBuf out) {
    PHASE.compareAndSet(this, SENT, WRITTEN);
    if (parts == null) {
      super.encode(out);
      return;
    }
    byte[] name = getType().getBytes();
    int size = 1 + lineSize(parts.length + 1) + bulkSize(name);
    for (byte[] part : parts) {
      size += bulkSize(part);
    }
    ByteWriter writer = new ByteWriter(size);
    writer.put('*');
    putLine(writer, parts.length + 1);
    putBulk(writer, name);
    int written = 0;
    for (byte[] part : parts) {
      if (part.length > COPIED) {
        putBulkStart(writer, part);
        out.writeBytes(writer.bytes, written, writer.position - written).writeBytes(part);
        written = writer.position;
        writer.put(CRLF);
      } else {
        putBulk(writer, part);
      }
    }
    out.writeBytes(writer.bytes, written, writer.position - written);
  }

  private static int bulkSize(byte[] bytes) {
    int body = bytes.length > COPIED ? 0 : bytes.length;
    return 1 + lineSize(bytes.length) + body + CRLF.length;
  }

  private static int lineSize(int number) {
    return digits(number) + CRLF.length;
  }

  private static void putBulk(ByteWriter out, byte[] bytes) {
    putBulkStart(out, bytes);
    out.put(bytes);
    out.put(CRLF);
  }

  private static void putBulkStart(ByteWriter out, byte[] bytes) {
    out.put('$');
    putLine(out, bytes.length);
  }

  private static void putLine(ByteWriter out, int number) {
    out.putDigits(number, digits(number));
    out.put(CRLF);
  }

  private static int digits(int number) {
    int digits = 1;
    for (int rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  /** None, for whoever wants to know them: a tracer would write ids and sessions down. */
  @Override
  public CommandArgs<byte[], byte[]> getArgs() {
    return Request.args();
  }

  /** How long it has been on its way, in nanoseconds. */
  long age(long nanoTime) {
    return nanoTime - createdAt;
  }

  /** How many bytes its arguments have, as far as they are bytes already. */
  int size() {
    int size = 0;
    if (parts != null) {
      for (byte[] part : parts) {
        size += part.length;
      }
    }
    return size;
  }

  /**
   * Whether the answer that was read can be the one to this command. Also asked where nobody waits
   * for it any more: the next answer is not its own either.
   */
  boolean answerBelongs() {
    if (output.hasError()) {
      return isError(output.getError());
    }
    if (proof == null) {
      return true;
    }
    T value = output.get();
    if (value == null) {
      return true;
    }
    try {
      return proof.test(value);
    } catch (RuntimeException e) {
      return false;
    }
  }

  /** Each error of a server begins with a code in capital letters. A text that is none need not. */
  private static boolean isError(String text) {
    return text != null && !text.isEmpty() && text.charAt(0) >= 'A' && text.charAt(0) <= 'Z';
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
      counting.leave(size());
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
      tellFailed(ExceptionFactory.createExecutionException(output.getError()));
      return;
    }
    try {
      receiver.answered(output.get());
    } catch (Throwable e) {
      dropped(e);
    }
  }

  private void tellFailed(Throwable error) {
    try {
      receiver.failed(ServerErrors.translate(error));
    } catch (Throwable e) {
      dropped(e);
    }
  }

  /**
   * What a caller's own code throws when it is told must not keep others from being told, be it the
   * rest of those that went out together or all that wait on a connection that broke. Nor is an
   * error there one of the connection, whatever it is.
   */
  static void dropped(Throwable thrown) {
    try {
      Operators.onErrorDropped(thrown, Context.empty());
    } catch (Throwable e) {
      // Thrown by a hook of the application's.
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
    tellFailed(error);
    return true;
  }

  /** Lettuce has given it up. */
  @Override
  public void cancel() {
    leave();
    if (end()) {
      status = ST_CANCELLED;
      tellFailed(new CancellationException());
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
