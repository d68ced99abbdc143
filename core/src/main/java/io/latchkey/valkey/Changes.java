package io.latchkey.valkey;

import io.latchkey.internal.SessionBackend.WriteResult;
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
  /** A write that is there and gone. What is read, or expires, is not replicated. */
  private static final String MARK =
      "redis.call('SET', KEYS[1], '', 'PX', 1) redis.call('UNLINK', KEYS[1])";

  private final Commands commands;
  private final @Nullable Commands marked;

  private Changes(Commands commands, @Nullable Commands marked) {
    this.commands = commands;
    this.marked = marked;
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
          public <T> Mono<T> execute(String id, Request<T> request) {
            return connections.executeAcknowledged(id, request, null);
          }
        },
        new Commands() {
          @Override
          public <T> Mono<T> execute(String id, Request<T> request) {
            return connections.executeAcknowledged(id, request, mark(keys.mark(id)));
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
    Commands again = marked;
    return again == null
        ? made
        : made.flatMap(answer -> written.test(answer) ? Mono.just(answer) : change.apply(again));
  }

  /** False for a rotation that somebody has done already. */
  static boolean wasNotDoneBefore(WriteResult result) {
    return !(result instanceof WriteResult.Moved || result instanceof WriteResult.Renewed);
  }

  /** Reads what an earlier change wrote. */
  <T> Mono<T> find(Function<Commands, Mono<T>> read) {
    return read.apply(marked == null ? commands : marked);
  }

  private static Request<byte[]> mark(byte[] key) {
    return new Request<>(
        CommandType.EVAL, Request::bytes, Request.args().add(MARK).add(1).addKey(key));
  }
}
