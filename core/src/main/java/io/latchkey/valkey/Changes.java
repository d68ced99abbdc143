package io.latchkey.valkey;

import io.lettuce.core.protocol.CommandType;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Makes the changes that a failover must not undo: as any other, or, if the store is built so, told
 * to the caller once replicas have them.
 *
 * <h2>When nothing was written</h2>
 *
 * <p>WAIT asks whether replicas have what its own connection wrote. A call that is repeated may
 * find that an earlier one did its work, on another connection or from another process, and write
 * nothing; then WAIT waits for nothing, and the replicas may lack that work. So such a call is sent
 * once more, behind a write that changes nothing: once a replica has that, it has all that was
 * before it. All three go out together on one connection, as between two connections there may have
 * been a failover.
 */
final class Changes {
  private static final byte[] FENCE = ByteWriter.ascii(Script.text("fence"));
  private static final byte[] ONE = ByteWriter.ascii("1");

  private final Commands commands;
  private final @Nullable Commands fenced;

  private Changes(Commands commands, @Nullable Commands fenced) {
    this.commands = commands;
    this.fenced = fenced;
  }

  /** Changes like all other commands. */
  static Changes unacknowledged(Connections connections) {
    return new Changes(connections, null);
  }

  /** Changes that the connections' replicas have. */
  static Changes acknowledged(Connections connections, SessionKeys keys) {
    return new Changes(
        new Commands() {
          @Override
          public <T> Mono<T> execute(byte[] key, Request<T> request, @Nullable Request<?> before) {
            return connections.executeAcknowledged(key, request, before);
          }
        },
        new Commands() {
          @Override
          public <T> Mono<T> execute(byte[] key, Request<T> request, @Nullable Request<?> before) {
            return connections.executeAcknowledged(key, request, fence(keys.fence(key)));
          }
        });
  }

  /**
   * Makes a change.
   *
   * @param change sends it; if need be twice, and then the second answer counts
   * @param written whether an answer is that of a change that was made by this call, or one on
   *     which nobody relies
   */
  <T> Mono<T> make(Function<Commands, Mono<T>> change, Predicate<T> written) {
    Mono<T> made = change.apply(commands);
    Commands again = fenced;
    return again == null
        ? made
        : made.flatMap(answer -> written.test(answer) ? Mono.just(answer) : change.apply(again));
  }

  /** Reads what an earlier change wrote. */
  <T> Mono<T> find(Function<Commands, Mono<T>> read) {
    return read.apply(fenced == null ? commands : fenced);
  }

  private static Request<byte[]> fence(byte[] key) {
    return Request.of(CommandType.EVAL, Request::bytes, FENCE, ONE, key);
  }
}
