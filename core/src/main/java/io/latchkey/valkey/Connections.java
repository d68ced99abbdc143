package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.internal.SessionBackend.Found;
import io.latchkey.internal.Snapshot;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Commands to the server, whatever its topology; errors are those of this library. */
interface Connections {

  /**
   * Sends a command.
   *
   * @param id the session that it is about: commands about one session keep their order
   * @param command the command, called once per subscription
   * @return its answer
   */
  <T> Mono<T> execute(
      String id, Function<RedisClusterAsyncCommands<byte[], byte[]>, RedisFuture<T>> command);

  /**
   * Sends one command for each of many keys, pipelined.
   *
   * @param type the command
   * @param output reads an answer
   * @param keys the keys
   * @return an answer for each key, in their order
   */
  <T> Flux<Reply<T>> executeAll(
      CommandType type, Supplier<CommandOutput<byte[], byte[], T>> output, List<byte[]> keys);

  /** Whether closing has begun. */
  boolean isClosed();

  /** Closes all; completes when that is done. */
  Mono<Void> close();

  /**
   * The answer for one of many keys.
   *
   * @param value the value, if there is one
   * @param unreadable the error, if it is of another type
   */
  record Reply<T>(@Nullable T value, @Nullable UnreadableSessionException unreadable) {

    /** What was found under the id that the key is of. */
    Mono<Found> found(String id, BiFunction<String, T, Mono<Snapshot>> decode) {
      if (value == null) {
        return Mono.just(new Found(id, null, unreadable));
      }
      return Mono.defer(() -> decode.apply(id, value))
          .map(session -> new Found(id, session, null))
          .defaultIfEmpty(new Found(id, null, null))
          .onErrorResume(
              UnreadableSessionException.class, error -> Mono.just(new Found(id, null, error)));
    }
  }
}
