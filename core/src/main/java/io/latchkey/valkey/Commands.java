package io.latchkey.valkey;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Commands about one session; errors are those of this library. */
interface Commands {

  /**
   * Sends a command.
   *
   * @param key the key of the session that it is about
   * @param request what to ask, once per subscription
   * @param before a write to send right before it, or null
   * @return its answer
   */
  <T> Mono<T> execute(byte[] key, Request<T> request, @Nullable Request<?> before);

  /**
   * Sends a command.
   *
   * @param key the key of the session that it is about
   * @param request what to ask, once per subscription
   * @return its answer
   */
  default <T> Mono<T> execute(byte[] key, Request<T> request) {
    return execute(key, request, null);
  }
}
