package io.latchkey.valkey;

import io.lettuce.core.RedisURI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** All sessions lie on one server: a given one, or the one that Sentinel says is the primary. */
final class StandaloneConnections implements Connections {
  private final ServerClient client;
  private final Node node;

  StandaloneConnections(
      RedisURI uri,
      ServerClient client,
      int count,
      @Nullable Acknowledgement acknowledgement,
      @Nullable ReplicaClient replicas) {
    this.client = client;
    this.node = new Node(count, client.opener(uri), acknowledgement, replicas);
  }

  @Override
  public <T> Mono<T> execute(byte[] key, Request<T> request, @Nullable Request<?> before) {
    return Mono.defer(
        () -> {
          if (client.isClosed()) {
            throw ServerErrors.closed();
          }
          return node.send(key, request, before);
        });
  }

  @Override
  public <T> Mono<T> executeAcknowledged(
      byte[] key, Request<T> request, @Nullable Request<?> before) {
    return Mono.defer(
        () -> {
          if (client.isClosed()) {
            throw ServerErrors.closed();
          }
          return node.sendAcknowledged(key, request, before, false);
        });
  }

  @Override
  public <T> Flux<Reply<T>> executeAll(List<byte[]> keys, Function<byte[], Request<T>> request) {
    return Flux.fromIterable(keys)
        .buffer(COMMANDS_PER_WRITE)
        .concatMap(batch -> Flux.defer(() -> send(batch, request)));
  }

  private <T> Flux<Reply<T>> send(List<byte[]> batch, Function<byte[], Request<T>> request) {
    if (client.isClosed()) {
      throw ServerErrors.closed();
    }
    List<Reply.Future<T>> replies = new ArrayList<>(batch.size());
    List<ServerCommand<T>> commands = new ArrayList<>(batch.size());
    for (byte[] key : batch) {
      Reply.Future<T> reply = new Reply.Future<>();
      replies.add(reply);
      commands.add(request.apply(key).command(reply));
    }
    node.sendAll(commands);
    return Flux.fromIterable(replies).concatMap(Futures::told);
  }

  @Override
  public @Nullable Replicas replicas(byte[] key) {
    return node.replicas();
  }

  @Override
  public long brokenConnections() {
    return client.brokenConnections();
  }

  @Override
  public boolean isClosed() {
    return client.isClosed();
  }

  @Override
  public Mono<Void> close() {
    return client.closeAll();
  }
}
