package io.latchkey.valkey;

import io.latchkey.SessionStoreUnavailableException;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One connection, opened by whoever needs it first. Once it has been open Lettuce reconnects it;
 * until then a failed attempt is repeated by the next caller, but not more often than the pause
 * allows, so that a server which is away is not stormed.
 */
final class Stripe implements Link {
  private static final long PAUSE_MIN_MILLIS = 50;
  private static final long PAUSE_MAX_MILLIS = 200;

  private static final Duration FORMER_STAYS = Duration.ofSeconds(2);
  private static final long BETWEEN_REPLACEMENTS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Opener opener;
  private final AtomicReference<@Nullable Attempt> attempt = new AtomicReference<>();

  /**
   * Where the latest answer came. A hint, read and written without order: a connection that was
   * made anew may have another thread, and tells it with its first answer.
   */
  private @Nullable Thread answersOn;

  private volatile long replacedAtNanos = System.nanoTime() - BETWEEN_REPLACEMENTS_NANOS;
  private volatile boolean closed;

  Stripe(Opener opener) {
    this.opener = opener;
    opener.onSwitch(this::follow);
  }

  @Override
  public void send(ServerCommand<?> command) {
    StatefulRedisConnection<byte[], byte[]> connection = connection();
    if (enter(command)) {
      connection.dispatch(command);
    }
  }

  /** Whether it is to be sent; if it is one too many it has ended. */
  private boolean enter(ServerCommand<?> command) {
    boolean entered = latest().backlog.enter(command);
    if (!entered) {
      command.completeExceptionally(ServerErrors.overloaded());
    }
    return entered;
  }

  /** Sends a command right behind others, which are not counted. */
  void sendBehind(List<ServerCommand<?>> first, ServerCommand<?> command) {
    StatefulRedisConnection<byte[], byte[]> connection = connection();
    if (enter(command)) {
      List<RedisCommand<byte[], byte[], ?>> all = new ArrayList<>(first);
      all.add(command);
      connection.dispatch(all);
    }
  }

  /** Sends commands with one write. */
  void sendAll(List<? extends ServerCommand<?>> commands) {
    try {
      StatefulRedisConnection<byte[], byte[]> connection = connection();
      List<RedisCommand<byte[], byte[], ?>> admitted = new ArrayList<>(commands.size());
      for (ServerCommand<?> command : commands) {
        if (enter(command)) {
          admitted.add(command);
        }
      }
      connection.dispatch(admitted);
    } catch (Throwable e) {
      commands.forEach(command -> command.completeExceptionally(e));
    }
  }

  /** Sends commands with one write, or none of them. */
  void sendWhole(List<? extends ServerCommand<?>> commands) {
    try {
      StatefulRedisConnection<byte[], byte[]> connection = connection();
      for (ServerCommand<?> command : commands) {
        if (!enter(command)) {
          throw ServerErrors.overloaded();
        }
      }
      connection.dispatch(List.<RedisCommand<byte[], byte[], ?>>copyOf(commands));
    } catch (Throwable e) {
      commands.forEach(command -> command.completeExceptionally(e));
    }
  }

  /** The connection, if it is open and leads to the right server. */
  private StatefulRedisConnection<byte[], byte[]> connection() {
    StatefulRedisConnection<byte[], byte[]> connection = latest().up;
    if (connection == null) {
      throw ServerErrors.notConnected();
    }
    return connection;
  }

  private Attempt latest() {
    Attempt latest = attempt.get();
    return latest == null ? Attempt.NONE : latest;
  }

  @Override
  public void answered() {
    Thread current = Thread.currentThread();
    if (answersOn != current) {
      answersOn = current;
    }
  }

  /**
   * A server that may not be written to any more was a primary, and has been demoted: the name, or
   * whoever told its address, leads to another one now.
   */
  @Override
  public void failed(Throwable error) {
    if (error instanceof ServerErrors.ReadOnlyException
        && System.nanoTime() - replacedAtNanos >= BETWEEN_REPLACEMENTS_NANOS) {
      Attempt latest = attempt.get();
      if (latest != null && latest.isDone()) {
        replace(latest);
      }
    }
  }

  /** Another server is the right one now. What is just being connected may lead to the former. */
  private void follow() {
    Attempt latest = attempt.get();
    if (latest != null && !latest.hasFailed()) {
      replace(latest);
    }
  }

  boolean answersOn(Thread thread) {
    return answersOn == thread;
  }

  /**
   * Stands for the connection that is up. Where it is the same before a command is sent and after
   * it was answered, that connection answered.
   */
  Object connectionMark() {
    return latest().backlog;
  }

  /** Whether it is open now. */
  boolean isUp() {
    return latest().up != null;
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

  /** Closes the connection for good, without waiting for it. */
  void close() {
    closed = true;
    Attempt latest = attempt.get();
    if (latest != null) {
      latest.close();
    }
  }

  private void start(Attempt next) {
    if (closed) {
      next.fail(ServerErrors.closed());
      return;
    }
    CompletionStage<StatefulRedisConnection<byte[], byte[]>> connecting;
    try {
      connecting = opener.open();
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
          UpOrDown listener = new UpOrDown(next, connection);
          connection.addListener(listener);
          listener.set(connection);
          next.result.complete(connection);
          if (closed) {
            close();
          }
        });
  }

  /**
   * Opens a new connection instead of that one; those who call meanwhile wait for it. What is under
   * way on the former still gets its answers.
   */
  private void replace(Attempt former) {
    Attempt next = new Attempt();
    if (attempt.compareAndSet(former, next)) {
      replacedAtNanos = System.nanoTime();
      Mono.delay(FORMER_STAYS).subscribe(later -> former.close());
      start(next);
    }
  }

  /** How it is connected. */
  @FunctionalInterface
  interface Opener {
    /** Starts to connect. */
    CompletionStage<StatefulRedisConnection<byte[], byte[]>> open();

    /**
     * Whether a connection that Lettuce has made anew leads to the right server; it is not used
     * before. Empty where there is no doubt.
     */
    default @Nullable Mono<Boolean> isRight(StatefulRedisConnection<byte[], byte[]> connection) {
      return null;
    }

    /** Has that run whenever connections lead to another server than before. */
    default void onSwitch(Runnable follower) {}
  }

  /** Learns when Lettuce loses the connection, and when it has made it anew. */
  private final class UpOrDown extends RedisConnectionStateAdapter {
    private final Attempt mine;
    private final StatefulRedisConnection<byte[], byte[]> connection;

    UpOrDown(Attempt mine, StatefulRedisConnection<byte[], byte[]> connection) {
      this.mine = mine;
      this.connection = connection;
    }

    @Override
    public void onRedisConnected(RedisChannelHandler<?, ?> handler, SocketAddress address) {
      Mono<Boolean> isRight = opener.isRight(connection);
      if (isRight == null) {
        set(connection);
      } else {
        isRight.subscribe(
            right -> {
              if (right) {
                set(connection);
              } else {
                replace(mine);
              }
            },
            error -> replace(mine));
      }
    }

    @Override
    public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
      set(null);
    }

    /** Seen by nobody where another attempt has taken this one's place. */
    private void set(@Nullable StatefulRedisConnection<byte[], byte[]> now) {
      mine.backlog = new Backlog();
      mine.up = now;
    }
  }

  /** One attempt to open it. */
  private static final class Attempt {
    static final Attempt NONE = new Attempt();

    final CompletableFuture<StatefulRedisConnection<byte[], byte[]>> result =
        new CompletableFuture<>();

    /** What it opened, while that is open and leads to the right server. */
    volatile @Nullable StatefulRedisConnection<byte[], byte[]> up;

    /** Of the connection that is up. */
    volatile Backlog backlog = new Backlog();

    private volatile long repeatableAtNanos;

    void fail(Throwable error) {
      repeatableAtNanos =
          System.nanoTime()
              + TimeUnit.MILLISECONDS.toNanos(
                  ThreadLocalRandom.current().nextLong(PAUSE_MIN_MILLIS, PAUSE_MAX_MILLIS));
      result.completeExceptionally(error);
    }

    /** Closes what it opened, or is about to open, without waiting for it. */
    void close() {
      var unused = result.thenCompose(StatefulRedisConnection::closeAsync);
    }

    boolean isDone() {
      return result.isDone() && !hasFailed();
    }

    boolean hasFailed() {
      return result.isCompletedExceptionally();
    }

    boolean mayBeRepeated() {
      return hasFailed() && System.nanoTime() - repeatableAtNanos >= 0;
    }
  }
}
