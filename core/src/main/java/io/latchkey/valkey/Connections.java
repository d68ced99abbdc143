package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.internal.SessionBackend.Found;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.Snapshot;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Commands to the server, whatever its topology; errors are those of this library. */
interface Connections extends Commands {
  /** How many commands {@link #executeAll} sends before it waits for their answers. */
  int COMMANDS_PER_WRITE = 1000;

  /**
   * Sends a command that is answered once as many replicas as the store was built for have what it
   * wrote.
   *
   * @param key the key of the session that it is about
   * @param request what to ask, once per subscription
   * @param before a write to send right before it, or null
   * @return its answer; an error if not enough replicas have it in time
   */
  <T> Mono<T> executeAcknowledged(byte[] key, Request<T> request, @Nullable Request<?> before);

  /**
   * Sends a command about each of many sessions, pipelined.
   *
   * @param keys the keys of the sessions
   * @param request what to ask about one of them, once per subscription
   * @return an answer for each, in their order
   */
  <T> Flux<Reply<T>> executeAll(List<byte[]> keys, Function<byte[], Request<T>> request);

  /**
   * The replicas of whoever has a session.
   *
   * @param key the key of the session
   * @return null if they are not read from, or nobody is known to have the session now
   */
  @Nullable Replicas replicas(byte[] key);

  /** How many connections were closed because what arrived on them could not be trusted. */
  long brokenConnections();

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
    Found found(SessionId id, Function<T, @Nullable Snapshot> decode) {
      if (value == null) {
        return new Found(id, null, unreadable);
      }
      try {
        return new Found(id, decode.apply(value), null);
      } catch (UnreadableSessionException e) {
        return new Found(id, null, e);
      }
    }

    /** The reply to a command that was sent; an error that is not about this key alone ends it. */
    static final class Future<T> extends CompletableFuture<Reply<T>>
        implements ServerCommand.Receiver<T> {

      @Override
      public void answered(@Nullable T value) {
        complete(new Reply<>(value, null));
      }

      @Override
      public void failed(Throwable error) {
        // One unreadable key must not hide the others.
        if (error instanceof UnreadableSessionException unreadable) {
          complete(new Reply<>(null, unreadable));
        } else {
          completeExceptionally(error);
        }
      }
    }
  }
}
