package io.latchkey.valkey;

import io.lettuce.core.RedisURI;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Learns from every sentinel, on a connection that stays open, that another server is the primary
 * now. After a planned failover that is long before the former primary is demoted: until then it
 * accepts writes that will be lost.
 *
 * <p>What a sentinel publishes is only the sign to look. So is the beginning of each connection, as
 * what was published before it went by unheard. And a look now and then, which also finds out that
 * a connection is dead.
 *
 * <p>A connection that fails in any way is closed, and made anew after a pause.
 */
final class SentinelWatch {
  private static final Logger log = LoggerFactory.getLogger(SentinelWatch.class);

  /** So often each sentinel is asked, whatever it publishes. */
  static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  private static final String CHANNEL = "+switch-master";
  private static final Duration RETRY_MIN = Duration.ofMillis(200);
  private static final Duration RETRY_MAX = Duration.ofSeconds(2);

  private final ServerClient client;
  private final Sentinels sentinels;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean warned = new AtomicBoolean();
  private final Disposable.Composite watches = Disposables.composite();

  SentinelWatch(ServerClient client, Sentinels sentinels) {
    this.client = client;
    this.sentinels = sentinels;
  }

  /** Begins, once, without waiting for anything. */
  void start() {
    if (!started.getAndSet(true)) {
      sentinels.all().forEach(sentinel -> watches.add(watch(sentinel)));
    }
  }

  /** Ends it; the connections are closed with the client. */
  void stop() {
    watches.dispose();
  }

  private Disposable watch(RedisURI sentinel) {
    return Flux.usingWhen(
            client.openToListen(sentinel),
            this::listen,
            SentinelWatch::closed,
            (connection, error) -> closed(connection),
            connection -> Mono.empty())
        .onErrorMap(ServerErrors::translate)
        .onErrorResume(ServerErrors.ForbiddenException.class, error -> forbidden())
        .retryWhen(
            Retry.backoff(Long.MAX_VALUE, RETRY_MIN)
                .maxBackoff(RETRY_MAX)
                .transientErrors(true)
                .doBeforeRetry(
                    signal -> {
                      if (signal.totalRetriesInARow() == 0) {
                        log.warn(
                            "a sentinel cannot be listened to now, which is tried again: {}",
                            signal.failure().toString());
                      }
                    }))
        .subscribe(
            looked -> {}, error -> log.warn("a sentinel is not listened to any more", error));
  }

  private static Mono<Void> closed(StatefulRedisPubSubConnection<byte[], byte[]> connection) {
    return Mono.fromCompletionStage(connection::closeAsync);
  }

  /** Emits after each look, until the connection fails. */
  private Flux<Boolean> listen(StatefulRedisPubSubConnection<byte[], byte[]> connection) {
    Flux<Boolean> published =
        Flux.create(
            sink ->
                connection.addListener(
                    new RedisPubSubAdapter<byte[], byte[]>() {
                      @Override
                      public void message(byte[] channel, byte[] message) {
                        if (text(message).startsWith(sentinels.name() + " ")) {
                          sink.next(true);
                        }
                      }
                    }));
    Mono<Boolean> subscribed =
        Mono.defer(
                () ->
                    Mono.fromCompletionStage(
                        connection.async().subscribe(CHANNEL.getBytes(StandardCharsets.US_ASCII))))
            .thenReturn(true);
    Flux<Boolean> nowAndThen =
        Flux.interval(BETWEEN_LOOKS).map(tick -> true).onBackpressureLatest();
    return Flux.merge(published, subscribed.concatWith(nowAndThen))
        .onBackpressureLatest()
        .concatMap(sign -> sentinels.look(connection::dispatch).thenReturn(sign), 1);
  }

  private <T> Mono<T> forbidden() {
    if (!warned.getAndSet(true)) {
      log.warn(
          "a sentinel's user may not learn of failovers: until the former primary is demoted, some"
              + " ten seconds after a planned one, changes may go there and be lost. Grant it these"
              + " permissions, as in ACL SETUSER <user> {}",
          Sentinels.NEEDED);
    }
    return Mono.empty();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
