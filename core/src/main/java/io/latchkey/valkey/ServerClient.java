package io.latchkey.valkey;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Opens connections, and closes them all in the end. */
final class ServerClient extends RedisClient {
  private static final long SHUTDOWN_SECONDS = 2;

  private final ClientResources resources;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Mono<Void> close = Mono.defer(this::shutdownAll).cache();

  ServerClient(ClientOptions options, ClientResources resources) {
    super(resources, new RedisURI());
    this.resources = resources;
    setOptions(options);
  }

  /** How a stripe is connected to that server. */
  Stripe.Opener opener(RedisURI uri) {
    return () -> open(uri);
  }

  /** A connection to a server that is not too old. */
  CompletionStage<StatefulRedisConnection<byte[], byte[]>> open(RedisURI uri) {
    return connectAsync(ByteArrayCodec.INSTANCE, uri)
        .toCompletableFuture()
        .thenCompose(ServerVersion::check);
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
    return Mono.fromCompletionStage(() -> shutdownAsync(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS))
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
}
