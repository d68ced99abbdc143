package io.latchkey.valkey;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What has to be so before the caller learns of a change that a failover must not undo.
 *
 * @param replicas how many replicas must have it
 * @param within how long to wait for that
 */
record Acknowledgement(int replicas, Duration within) {
  /** Answered at once, wherever WAIT is permitted. */
  private static final Request<Long> PERMISSION = waitFor(0, 1);

  Acknowledgement {
    if (replicas < 1) {
      throw new IllegalArgumentException(
          "acknowledgedBy must name at least 1 replica, was " + replicas);
    }
    if (within.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(
          "acknowledgedBy must wait for at least 1 millisecond, was " + within);
    }
  }

  /**
   * Refuses a time that leaves none for the change itself: it may first have to wait for as long
   * until the group before it is acknowledged.
   */
  void check(Duration commandTimeout) {
    if (within.compareTo(commandTimeout.dividedBy(2)) > 0) {
      throw new IllegalArgumentException(
          "acknowledgedBy must wait for at most half of the commandTimeout of "
              + commandTimeout
              + ", was "
              + within);
    }
  }

  /** Asks how many replicas have all that its connection wrote; answered once enough do. */
  Request<Long> request() {
    return waitFor(replicas, within.toMillis());
  }

  private static Request<Long> waitFor(int replicas, long millis) {
    return new Request<>(
        CommandType.WAIT,
        () -> new IntegerOutput<>(ByteArrayCodec.INSTANCE),
        Request.args().add(replicas).add(millis));
  }

  /** Connects as that does, and refuses a user who may not ask, before anything is written. */
  static Stripe.Opener permitted(Stripe.Opener opener) {
    return new Stripe.Opener() {
      @Override
      public CompletionStage<StatefulRedisConnection<byte[], byte[]>> open() {
        return opener
            .open()
            .thenCompose(
                connection ->
                    new Exchange<>(connection::dispatch, PERMISSION)
                        .thenReturn(connection)
                        // By a replica; what it says to the change tells where to go instead.
                        .onErrorReturn(ServerErrors.ReadOnlyException.class, connection)
                        .onErrorResume(
                            error ->
                                Mono.fromCompletionStage(connection::closeAsync)
                                    .onErrorComplete()
                                    .then(Mono.error(ServerVersion.notSent(error))))
                        .toFuture());
      }

      @Override
      public @Nullable Mono<Boolean> isRight(StatefulRedisConnection<byte[], byte[]> connection) {
        return opener.isRight(connection);
      }

      @Override
      public void onSwitch(Runnable follower) {
        opener.onSwitch(follower);
      }
    };
  }
}
