package io.latchkey.valkey;

import reactor.core.publisher.Mono;

/** Commands about one session; errors are those of this library. */
interface Commands {

  /**
   * Sends a command.
   *
   * @param id the session that it is about
   * @param request what to ask, once per subscription
   * @return its answer
   */
  <T> Mono<T> execute(String id, Request<T> request);
}
