package io.latchkey.valkey;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.ByteBuffer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What to ask the server; can be asked any number of times. */
final class Request<T> {
  private final ProtocolKeyword type;
  private final Supplier<CommandOutput<byte[], byte[], T>> output;
  private final @Nullable CommandArgs<byte[], byte[]> args;
  private final byte @Nullable [] @Nullable [] parts;
  private final @Nullable Predicate<? super T> proof;

  Request(
      ProtocolKeyword type,
      Supplier<CommandOutput<byte[], byte[], T>> output,
      CommandArgs<byte[], byte[]> args) {
    this(type, output, args, null, null);
  }

  private Request(
      ProtocolKeyword type,
      Supplier<CommandOutput<byte[], byte[], T>> output,
      @Nullable CommandArgs<byte[], byte[]> args,
      byte @Nullable [] @Nullable [] parts,
      @Nullable Predicate<? super T> proof) {
    this.type = type;
    this.output = output;
    this.args = args;
    this.parts = parts;
    this.proof = proof;
  }

  /** A command with arguments that are bytes already: what the many are made of. */
  static <T> Request<T> of(
      CommandType type, Supplier<CommandOutput<byte[], byte[], T>> output, byte[]... args) {
    return new Request<>(type, output, null, args, null);
  }

  /**
   * The same request, whose answers prove that they belong to it. One that does not closes its
   * connection; it and all others in flight there fail as unavailable.
   *
   * @param belongs whether an answer can be the one to this request. Called on the connection's
   *     thread for each answer that is neither nil nor an error. It must be cheap, and true for
   *     whatever the server may hold under the key, as what is damaged: false, or an exception,
   *     means that the connection is out of step
   */
  Request<T> provenBy(Predicate<? super T> belongs) {
    return new Request<>(type, output, args, parts, belongs);
  }

  static Request<byte[]> get(byte[] key) {
    return of(CommandType.GET, Request::bytes, key);
  }

  static CommandArgs<byte[], byte[]> args() {
    return new CommandArgs<>(ByteArrayCodec.INSTANCE);
  }

  static CommandOutput<byte[], byte[], byte[]> bytes() {
    return new ValueOutput<>(ByteArrayCodec.INSTANCE);
  }

  /** Whether the answer is OK, or nothing. Anything else is the answer to another command. */
  static CommandOutput<byte[], byte[], Boolean> isThere() {
    return new CommandOutput<>(ByteArrayCodec.INSTANCE, false) {
      @Override
      public void set(@Nullable ByteBuffer bytes) {
        if (bytes != null
            && !(bytes.remaining() == 2
                && bytes.get(bytes.position()) == 'O'
                && bytes.get(bytes.position() + 1) == 'K')) {
          throw new IllegalStateException("neither OK nor nothing");
        }
        output = bytes != null;
      }
    };
  }

  /** A command that asks it once. */
  ServerCommand<T> command(ServerCommand.Receiver<T> receiver) {
    return new ServerCommand<>(type, output.get(), args, parts, proof, receiver);
  }
}
