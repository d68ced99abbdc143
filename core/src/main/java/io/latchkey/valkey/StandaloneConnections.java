package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.internal.SessionIds;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A few connections to one server, striped by the routing tag of the session's id: commands about
 * one session, its rotations included, keep their order on the wire. While a connection is down the
 * others do its work.
 */
final class StandaloneConnections implements Connections {
  private static final int COMMANDS_PER_WRITE = 1000;
  private static final long SHUTDOWN_SECONDS = 2;

  private final ClientResources resources;
  private final RedisClient client;
  private final Stripe[] stripes;
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
  public <T> Mono<T> execute(
      String id, Function<RedisClusterAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
    return Mono.defer(
            () -> {
              int stripe = stripe(id);
              StatefulRedisConnection<byte[], byte[]> up = anyUp(stripe);
              return up != null
                  ? Mono.fromCompletionStage(command.apply(up.async()))
                  : opened(stripe)
                      .flatMap(
                          connection ->
                              Mono.fromCompletionStage(command.apply(connection.async())));
            })
        .onErrorMap(ServerErrors::translate);
  }

  @Override
  public <T> Flux<Reply<T>> executeAll(
      CommandType type, Supplier<CommandOutput<byte[], byte[], T>> output, List<byte[]> keys) {
    return Flux.fromIterable(keys)
        .buffer(COMMANDS_PER_WRITE)
        .concatMap(
            batch ->
                Mono.defer(
                        () -> {
                          StatefulRedisConnection<byte[], byte[]> up = anyUp(0);
                          return up == null ? opened(0) : Mono.just(up);
                        })
                    .onErrorMap(ServerErrors::translate)
                    .flatMapMany(connection -> dispatch(connection, type, output, batch)));
  }

  private static <T> Flux<Reply<T>> dispatch(
      StatefulRedisConnection<byte[], byte[]> connection,
      CommandType type,
      Supplier<CommandOutput<byte[], byte[], T>> output,
      List<byte[]> keys) {
    List<AsyncCommand<byte[], byte[], T>> commands = new ArrayList<>(keys.size());
    for (byte[] key : keys) {
      commands.add(
          new AsyncCommand<>(
              new Command<>(
                  type, output.get(), new CommandArgs<>(ByteArrayCodec.INSTANCE).addKey(key))));
    }
    List<RedisCommand<byte[], byte[], ?>> batch = new ArrayList<>(commands);
    connection.dispatch(batch);
    return Flux.fromIterable(commands).concatMap(StandaloneConnections::reply);
  }

  /** One unreadable key must not hide the others. */
  private static <T> Mono<Reply<T>> reply(AsyncCommand<byte[], byte[], T> command) {
    return Mono.fromCompletionStage(command)
        .map(value -> new Reply<>(value, null))
        .defaultIfEmpty(new Reply<>(null, null))
        .onErrorResume(
            error -> {
              Throwable translated = ServerErrors.translate(error);
              return translated instanceof UnreadableSessionException unreadable
                  ? Mono.just(new Reply<>(null, unreadable))
                  : Mono.error(translated);
            });
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

  /** The connection of that stripe, or of the next one that is up. */
  private @Nullable StatefulRedisConnection<byte[], byte[]> anyUp(int stripe) {
    if (closed.get()) {
      throw ServerErrors.closed();
    }
    StatefulRedisConnection<byte[], byte[]> first = stripes[stripe].ifUp();
    if (first != null) {
      return first;
    }
    if (!stripes[stripe].wasOpened()) {
      return null;
    }
    for (int i = 1; i < stripes.length; i++) {
      StatefulRedisConnection<byte[], byte[]> other = stripes[(stripe + i) % stripes.length].ifUp();
      if (other != null) {
        return other;
      }
    }
    return null;
  }

  private Mono<StatefulRedisConnection<byte[], byte[]>> opened(int stripe) {
    // Shared by all who wait for it: one who gives up must not cancel it for the others.
    return Mono.fromFuture(stripes[stripe]::open, true);
  }

  private CompletionStage<StatefulRedisConnection<byte[], byte[]>> connect(RedisURI uri) {
    CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connecting =
        client.connectAsync(ByteArrayCodec.INSTANCE, uri).toCompletableFuture();
    return connecting.thenCompose(ServerVersion::check);
  }
}
