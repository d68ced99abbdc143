package io.latchkey.valkey;

import io.latchkey.SessionStoreUnavailableException;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.Endpoint;
import io.lettuce.core.pubsub.PubSubEndpoint;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Opens connections, and closes them all in the end. */
final class ServerClient extends RedisClient {
  private static final Logger log = LoggerFactory.getLogger(ServerClient.class);

  private static final Duration RETRY_MIN = Duration.ofMillis(50);
  private static final Duration RETRY_MAX = Duration.ofSeconds(2);
  private static final long SHUTDOWN_SECONDS = 2;

  /**
   * In connect timeouts, more than all steps together take: credentials, connecting and saying who
   * one is, of a sentinel and then of the primary, and what a sentinel is asked.
   */
  private static final int LONGEST_OPENING = 10;

  /** Beside those, for the head starts of sentinels, and a server that is asked again at once. */
  private static final Duration BESIDE_THE_STEPS = Duration.ofSeconds(2);

  private final ClientResources resources;
  private final Answers answers;
  private volatile @Nullable Sentinels sentinels;
  private volatile @Nullable SentinelWatch watch;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Mono<Void> close = Mono.defer(this::shutdownAll).cache();
  private final @Nullable ServerClient borrower;

  /**
   * A client without connections.
   *
   * @param answers what is done about answers that are not used
   * @param borrower uses the same resources, and is closed with this one; null if nobody does
   */
  ServerClient(
      ClientOptions options,
      ClientResources resources,
      Answers answers,
      @Nullable ServerClient borrower) {
    super(resources, new RedisURI());
    this.resources = resources;
    this.answers = answers;
    this.borrower = borrower;
    setOptions(options);
  }

  /** Connects with our handler in the place of Lettuce's. */
  @Override
  protected <K, V, C extends RedisChannelHandler<K, V>> ConnectionFuture<C> initializeChannelAsync(
      ConnectionBuilder builder) {
    builder.commandHandler(() -> handler(builder.endpoint()));
    return super.initializeChannelAsync(builder);
  }

  @SuppressWarnings("unchecked") // all our connections have the same codec
  private CommandHandler handler(Endpoint endpoint) {
    return endpoint instanceof PubSubEndpoint
        ? new GuardedPubSubHandler(
            getOptions(), resources, (PubSubEndpoint<byte[], byte[]>) endpoint, answers.broken())
        : new GuardedCommandHandler(
            getOptions(), resources, endpoint, answers.broken(), answers.maxSize());
  }

  /** How a stripe is connected to that server, or to the primary that sentinels know. */
  Stripe.Opener opener(RedisURI uri) {
    if (!isLookedUp(uri)) {
      return () -> open(uri);
    }
    Sentinels all = new Sentinels(this, uri);
    SentinelWatch listening = new SentinelWatch(this, all);
    sentinels = all;
    watch = listening;
    return new ToPrimary(uri, all, listening);
  }

  /** A connection to a server that is not too old. */
  CompletionStage<StatefulRedisConnection<byte[], byte[]>> open(RedisURI uri) {
    return inTime(
        connectAsync(ByteArrayCodec.INSTANCE, uri)
            .toCompletableFuture()
            .thenCompose(ServerVersion::check));
  }

  /**
   * Fails when it takes too long. Lettuce's own limits are kept by the event loop, which may have
   * ended: by its lender, or with another client of the lender's that was the last to close.
   */
  private <C extends StatefulConnection<?, ?>> CompletableFuture<C> inTime(
      CompletableFuture<C> opening) {
    Duration step = getOptions().getSocketOptions().getConnectTimeout();
    long longest = step.multipliedBy(LONGEST_OPENING).plus(BESIDE_THE_STEPS).toMillis();
    CompletableFuture<C> inTime = opening.copy();
    // Not orTimeout, whose only thread would run what callers do about the error.
    Disposable limit =
        Schedulers.parallel()
            .schedule(
                () -> {
                  if (inTime.completeExceptionally(new TimeoutException())) {
                    var unused = opening.thenCompose(StatefulConnection::closeAsync);
                  }
                },
                longest,
                TimeUnit.MILLISECONDS);
    return inTime.whenComplete((connection, error) -> limit.dispose());
  }

  /**
   * A connection to a sentinel that can subscribe, and ask as well. When the client is closed
   * meanwhile there is none, and no error: nobody waits for it any more.
   */
  Mono<StatefulRedisPubSubConnection<byte[], byte[]>> openToListen(RedisURI sentinel) {
    return Futures.outcome(
        () ->
            inTime(
                    connectPubSubAsync(ByteArrayCodec.INSTANCE, sentinel)
                        .toCompletableFuture()
                        .thenCompose(
                            connection ->
                                ServerVersion.check(connection).thenApply(checked -> connection)))
                .handle(this::unlessClosed)
                .thenCompose(Function.identity()));
  }

  private <C extends StatefulConnection<?, ?>> CompletionStage<@Nullable C> unlessClosed(
      @Nullable C connection, @Nullable Throwable error) {
    if (!isClosed()) {
      return error == null
          ? CompletableFuture.completedFuture(connection)
          : CompletableFuture.failedFuture(error);
    }
    if (connection != null) {
      var unused = connection.closeAsync();
    }
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Where Lettuce connects to, for the first time and again. Before that the credentials are asked
   * for, and the sentinels where the primary is now. If that fails when a connection is made again,
   * Lettuce would take the former address: so it is tried until it succeeds.
   */
  @Override
  protected Mono<SocketAddress> getSocketAddress(RedisURI uri) {
    Sentinels looksUp = isLookedUp(uri) ? sentinels : null;
    Mono<SocketAddress> address =
        looksUp != null ? looksUp.address() : Mono.defer(() -> super.getSocketAddress(uri));
    if (uri.getCredentialsProvider() instanceof CurrentCredentials credentials) {
      address = credentials.renew().then(address);
    } else if (looksUp == null) {
      return address;
    }
    Mono<SocketAddress> once = address;
    Mono<SocketAddress> untilFound = once.retryWhen(untilClosed());
    AtomicBoolean again = new AtomicBoolean();
    return Mono.defer(() -> again.getAndSet(true) ? untilFound : once);
  }

  private Retry untilClosed() {
    return Retry.backoff(Long.MAX_VALUE, RETRY_MIN)
        .maxBackoff(RETRY_MAX)
        .doBeforeRetry(
            signal -> {
              if (signal.totalRetriesInARow() == 0) {
                log.warn("a connection cannot be made anew yet: {}", signal.failure().toString());
              }
            })
        .filter(error -> !isClosed());
  }

  private static boolean isLookedUp(RedisURI uri) {
    return !uri.getSentinels().isEmpty();
  }

  /** Of this client, and of others that were given the same {@link Answers}. */
  long brokenConnections() {
    return answers.broken().count();
  }

  boolean isClosed() {
    return closed.get();
  }

  /** Closes all connections, and the threads if they are not lent; completes when that is done. */
  Mono<Void> closeAll() {
    return close;
  }

  private Mono<Void> shutdownAll() {
    closed.set(true);
    SentinelWatch listening = watch;
    if (listening != null) {
      listening.stop();
    }
    return (borrower == null ? Mono.<Void>empty() : borrower.closeAll().onErrorComplete())
        .then(Mono.fromCompletionStage(() -> shutdownAsync(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)))
        .then(Mono.defer(this::shutdownResources));
  }

  private Mono<Void> shutdownResources() {
    // Ending an event loop takes its queue's lock for a moment, from a thread that must not block.
    return Mono.<Void>create(
            sink ->
                resources
                    .shutdown(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                    .addListener(done -> sink.success()))
        .subscribeOn(Schedulers.boundedElastic());
  }

  /**
   * What is done about answers that are not used.
   *
   * @param broken counts the connections that are closed because of them
   * @param maxSize how many bytes an answer may have
   */
  record Answers(BrokenConnections broken, int maxSize) {}

  /** Whom the sentinels take for the primary may have been demoted a moment ago. */
  private final class ToPrimary implements Stripe.Opener {
    private final RedisURI uri;
    private final Sentinels sentinels;
    private final SentinelWatch watch;

    ToPrimary(RedisURI uri, Sentinels sentinels, SentinelWatch watch) {
      this.uri = uri;
      this.sentinels = sentinels;
      this.watch = watch;
    }

    @Override
    public CompletionStage<StatefulRedisConnection<byte[], byte[]>> open() {
      return ServerClient.this
          .open(uri)
          .thenCompose(
              connection ->
                  ServerVersion.isPrimary(connection)
                      .flatMap(primary -> primary ? Mono.just(connection) : demoted())
                      .doOnNext(opened -> watch.start())
                      .onErrorResume(error -> closed(connection).then(Mono.error(error)))
                      .toFuture());
    }

    @Override
    public Mono<Boolean> isRight(StatefulRedisConnection<byte[], byte[]> connection) {
      return ServerVersion.isPrimary(connection);
    }

    @Override
    public void onSwitch(Runnable follower) {
      sentinels.onSwitch(follower);
    }

    private Mono<Void> closed(StatefulRedisConnection<byte[], byte[]> connection) {
      return Mono.fromCompletionStage(connection::closeAsync).onErrorComplete();
    }

    private <T> Mono<T> demoted() {
      return Mono.error(
          new SessionStoreUnavailableException(
              "the server that the sentinels take for the primary is a replica; nothing was sent",
              null,
              false));
    }
  }
}
