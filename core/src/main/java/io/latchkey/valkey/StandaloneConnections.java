package io.latchkey.valkey;

import io.latchkey.internal.SessionIds;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A few connections to one server, striped by the routing tag of the session's id, which a rotation
 * keeps. What is called on a connection's own thread, as the answer to one command calls for the
 * next, goes out on that connection: no other thread has to wake up for it. While a connection is
 * down the others do its work.
 */
final class StandaloneConnections implements Connections {
  private static final int COMMANDS_PER_WRITE = 1000;
  private static final long SHUTDOWN_SECONDS = 2;

  private final ClientResources resources;
  private final RedisClient client;
  private final Stripe[] stripes;
  private final AtomicInteger batches = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Mono<Void> close = Mono.defer(this::shutdown).cache();

  StandaloneConnections(RedisURI uri, ClientOptions options, ClientResources resources, int count) {
    this.resources = resources;
    this.client = RedisClient.create(resources);
    this.client.setOptions(options);
    this.stripes = new Stripe[count];
    Arrays.setAll(stripes, i -> new Stripe(() -> connect(uri)));
  }

  @Override
  public <T> Mono<T> execute(String id, Request<T> request) {
    return Mono.defer(
        () -> {
          int stripe = stripe(id);
          Stripe up = anyUp(stripe);
          return up != null
              ? new Exchange<>(up, request)
              : opened(stripe).flatMap(opened -> new Exchange<>(opened, request));
        });
  }

  @Override
  public <T> Flux<Reply<T>> executeAll(List<Request<T>> requests) {
    return Flux.fromIterable(requests)
        .buffer(COMMANDS_PER_WRITE)
        .concatMap(
            batch ->
                Mono.defer(
                        () -> {
                          int stripe = Math.floorMod(batches.getAndIncrement(), stripes.length);
                          Stripe up = anyUp(stripe);
                          return up == null ? opened(stripe) : Mono.just(up);
                        })
                    .flatMapMany(stripe -> send(stripe, batch)));
  }

  private static <T> Flux<Reply<T>> send(Stripe stripe, List<Request<T>> batch) {
    List<Reply.Future<T>> replies = new ArrayList<>(batch.size());
    List<ServerCommand<T>> commands = new ArrayList<>(batch.size());
    for (Request<T> request : batch) {
      Reply.Future<T> reply = new Reply.Future<>();
      replies.add(reply);
      commands.add(request.command(reply));
    }
    stripe.sendAll(commands);
    return Flux.fromIterable(replies).concatMap(Mono::fromFuture);
  }

  @Override
  public boolean isClosed() {
    return closed.get();
  }

  @Override
  public Mono<Void> close() {
    return close;
  }

  private Mono<Void> shutdown() {
    closed.set(true);
    return Mono.fromCompletionStage(
            () -> client.shutdownAsync(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS))
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

  private int stripe(String id) {
    int hash = 0;
    for (int i = 0; i < SessionIds.TAG_LENGTH; i++) {
      hash = 31 * hash + id.charAt(i);
    }
    return Math.floorMod(hash, stripes.length);
  }

  /** The stripe to use now, if any is up. */
  private @Nullable Stripe anyUp(int preferred) {
    if (closed.get()) {
      throw ServerErrors.closed();
    }
    Thread caller = Thread.currentThread();
    for (Stripe stripe : stripes) {
      if (stripe.answersOn(caller) && stripe.isUp()) {
        return stripe;
      }
    }
    Stripe first = stripes[preferred];
    if (first.isUp()) {
      return first;
    }
    if (!first.wasOpened()) {
      return null;
    }
    for (int i = 1; i < stripes.length; i++) {
      Stripe other = stripes[(preferred + i) % stripes.length];
      if (other.isUp()) {
        return other;
      }
    }
    return null;
  }

  private Mono<Stripe> opened(int stripe) {
    // Shared by all who wait for it: one who gives up must not cancel it for the others.
    return Mono.fromFuture(stripes[stripe]::open, true)
        .onErrorMap(ServerErrors::translate)
        .thenReturn(stripes[stripe]);
  }

  private CompletionStage<StatefulRedisConnection<byte[], byte[]>> connect(RedisURI uri) {
    CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connecting =
        client.connectAsync(ByteArrayCodec.INSTANCE, uri).toCompletableFuture();
    return connecting.thenCompose(ServerVersion::check);
  }
}
