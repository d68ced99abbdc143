package io.latchkey.valkey;

import io.latchkey.SessionStoreUnavailableException;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection, opened by whoever needs it first. Once it has been open Lettuce reconnects it;
 * until then a failed attempt is repeated by the next caller, but not more often than the pause
 * allows, so that a server which is away is not stormed.
 */
final class Stripe implements Link {
  private static final long PAUSE_MIN_MILLIS = 50;
  private static final long PAUSE_MAX_MILLIS = 200;

  private final Supplier<CompletionStage<StatefulRedisConnection<byte[], byte[]>>> connect;
  private final AtomicReference<@Nullable Attempt> attempt = new AtomicReference<>();
  private volatile @Nullable StatefulRedisConnection<byte[], byte[]> up;

  /**
   * Where the latest answer came. A hint, read and written without order: a connection that was
   * made anew may have another thread, and tells it with its first answer.
   */
  private @Nullable Thread answersOn;

  Stripe(Supplier<CompletionStage<StatefulRedisConnection<byte[], byte[]>>> connect) {
    this.connect = connect;
  }

  @Override
  public void send(ServerCommand<?> command) {
    connection().dispatch(command);
  }

  /** Sends commands with one write. */
  void sendAll(List<? extends ServerCommand<?>> commands) {
    try {
      connection().dispatch(new ArrayList<RedisCommand<byte[], byte[], ?>>(commands));
    } catch (RuntimeException e) {
      commands.forEach(command -> command.completeExceptionally(e));
    }
  }

  /** The connection, which Lettuce lets nothing through while it is down. */
  private StatefulRedisConnection<byte[], byte[]> connection() {
    StatefulRedisConnection<byte[], byte[]> connection = up;
    if (connection != null) {
      return connection;
    }
    Attempt latest = attempt.get();
    return Objects.requireNonNull(latest == null ? null : latest.result.getNow(null), "not opened");
  }

  @Override
  public void answered() {
    Thread current = Thread.currentThread();
    if (answersOn != current) {
      answersOn = current;
    }
  }

  boolean answersOn(Thread thread) {
    return answersOn == thread;
  }

  /** Whether it is open now. */
  boolean isUp() {
    return up != null;
  }

  /** Whether it was open once, so that Lettuce looks after it now. */
  boolean wasOpened() {
    Attempt latest = attempt.get();
    return latest != null && latest.isDone();
  }

  /** The connection, which is opened first if it never was. */
  CompletableFuture<StatefulRedisConnection<byte[], byte[]>> open() {
    while (true) {
      Attempt latest = attempt.get();
      if (latest != null && !latest.mayBeRepeated()) {
        return latest.result;
      }
      Attempt next = new Attempt();
      if (attempt.compareAndSet(latest, next)) {
        start(next);
        return next.result;
      }
    }
  }

  private void start(Attempt next) {
    CompletionStage<StatefulRedisConnection<byte[], byte[]>> connecting;
    try {
      connecting = connect.get();
    } catch (RuntimeException e) {
      next.fail(e);
      return;
    }
    connecting.whenComplete(
        (connection, error) -> {
          if (connection == null) {
            next.fail(
                error == null
                    ? new SessionStoreUnavailableException("no connection", null, false)
                    : error);
            return;
          }
          connection.addListener(
              new RedisConnectionStateAdapter() {
                @Override
                public void onRedisConnected(
                    RedisChannelHandler<?, ?> handler, SocketAddress address) {
                  up = connection;
                }

                @Override
                public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
                  up = null;
                }
              });
          up = connection;
          next.result.complete(connection);
        });
  }

  /** One attempt to open it. */
  private static final class Attempt {
    final CompletableFuture<StatefulRedisConnection<byte[], byte[]>> result =
        new CompletableFuture<>();
    private volatile long repeatableAtNanos;

    void fail(Throwable error) {
      repeatableAtNanos =
          System.nanoTime()
              + TimeUnit.MILLISECONDS.toNanos(
                  ThreadLocalRandom.current().nextLong(PAUSE_MIN_MILLIS, PAUSE_MAX_MILLIS));
      result.completeExceptionally(error);
    }

    boolean isDone() {
      return result.isDone() && !result.isCompletedExceptionally();
    }

    boolean mayBeRepeated() {
      return result.isCompletedExceptionally() && System.nanoTime() - repeatableAtNanos >= 0;
    }
  }
}
