package io.latchkey.valkey;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.List;
import java.util.function.Function;
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
   * Reads many keys, pipelined.
   *
   * @param keys the keys
   * @return for each key in order its value, or an empty array if there is none
   */
  Flux<Reply> getAll(List<byte[]> keys);

  /** Closes all; completes when that is done. */
  Mono<Void> close();

  /**
   * The answer for one of many keys.
   *
   * @param value the value, empty if there is none
   * @param error the error, if there was one
   */
  @SuppressWarnings("ArrayRecordComponent") // passed on at once, never compared
  record Reply(byte[] value, @Nullable Throwable error) {}
}
