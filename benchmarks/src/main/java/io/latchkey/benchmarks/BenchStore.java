package io.latchkey.benchmarks;

import reactor.core.publisher.Mono;

/**
 * One way to keep sessions, as the benchmarks see it: each does the same job through its public
 * API, with the settings that its own documentation recommends.
 *
 * <p>Each method is cold: a subscription does the work once. An answer without a value is a failed
 * operation, so that no benchmark counts a session that was not found, or not stored, as work done.
 */
interface BenchStore extends AutoCloseable {
  /** Stores a new session of {@link SessionData}, and answers with what {@link #get} takes. */
  Mono<String> create();

  /** Reads a session that {@link #create} has stored, and answers with whatever represents it. */
  Mono<?> get(String id);

  @Override
  void close();
}
