package io.latchkey.valkey;

import io.latchkey.valkey.Replica.Way;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Reads from the replicas of whoever has the session. What they cannot answer, for whatever reason,
 * is answered as if it were absent, and asked of the primary by {@link ReplicaReads}.
 */
final class ReplicaConnections implements Connections {
  private final Connections primaries;

  ReplicaConnections(Connections primaries) {
    this.primaries = primaries;
  }

  /** Subscribe at once. */
  @Override
  public <T> Mono<T> execute(byte[] key, Request<T> request, @Nullable Request<?> before) {
    Way way = way(key);
    return way == null ? Mono.empty() : way.ask(request);
  }

  /** One write per replica; subscribe at once. */
  @Override
  public <T> Flux<Reply<T>> executeAll(List<byte[]> keys, Function<byte[], Request<T>> request) {
    List<Reply.Future<T>> all = new ArrayList<>(keys.size());
    Map<Replica, Batch> batches = new LinkedHashMap<>();
    for (byte[] key : keys) {
      Reply.Future<T> reply = new Reply.Future<>();
      all.add(reply);
      Way way = way(key);
      if (way == null) {
        reply.answered(null);
      } else {
        batches
            .computeIfAbsent(way.replica(), replica -> new Batch(way, new ArrayList<>()))
            .commands
            .add(request.apply(key).command(new OneOfMany<>(way, reply)));
      }
    }
    batches.values().forEach(batch -> batch.way.stripe().sendAll(batch.commands));
    return Flux.fromIterable(all).concatMap(Futures::told);
  }

  private @Nullable Way way(byte[] key) {
    Replicas replicas = primaries.replicas(key);
    return replicas == null ? null : replicas.way(key);
  }

  @Override
  public <T> Mono<T> executeAcknowledged(
      byte[] key, Request<T> request, @Nullable Request<?> before) {
    throw new UnsupportedOperationException("nothing is changed on a replica");
  }

  @Override
  public @Nullable Replicas replicas(byte[] key) {
    return primaries.replicas(key);
  }

  @Override
  public long brokenConnections() {
    return primaries.brokenConnections();
  }

  @Override
  public boolean isClosed() {
    return primaries.isClosed();
  }

  @Override
  public Mono<Void> close() {
    return primaries.close();
  }

  /** Commands that go out together. */
  private record Batch(Way way, List<ServerCommand<?>> commands) {}

  /** Learns what a replica has under one of many ids. */
  private record OneOfMany<T>(Way way, Reply.Future<T> reply) implements ServerCommand.Receiver<T> {
    @Override
    public void answered(@Nullable T value) {
      reply.answered(way.isReliable() ? value : null);
    }

    @Override
    public void failed(Throwable error) {
      way.replica().failed(error);
      reply.answered(null);
    }
  }
}
