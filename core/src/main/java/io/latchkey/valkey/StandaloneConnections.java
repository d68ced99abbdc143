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
  public <T> Mono<T> execute(String id, Request<T> request) {
    return Mono.defer(
        () -> {
          if (client.isClosed()) {
            throw ServerErrors.closed();
          }
          return node.send(id, request);
        });
  }

  @Override
  public <T> Mono<T> executeAcknowledged(String id, Request<T> request, @Nullable Request<?> mark) {
    return Mono.defer(
        () -> {
          if (client.isClosed()) {
            throw ServerErrors.closed();
          }
          return node.sendAcknowledged(id, request, mark, false);
        });
  }

  @Override
  public <T> Flux<Reply<T>> executeAll(List<String> ids, Function<String, Request<T>> request) {
    return Flux.fromIterable(ids)
        .buffer(COMMANDS_PER_WRITE)
        .concatMap(batch -> Flux.defer(() -> send(batch, request)));
  }

  private <T> Flux<Reply<T>> send(List<String> batch, Function<String, Request<T>> request) {
    if (client.isClosed()) {
      throw ServerErrors.closed();
    }
    List<Reply.Future<T>> replies = new ArrayList<>(batch.size());
    List<ServerCommand<T>> commands = new ArrayList<>(batch.size());
    for (String id : batch) {
      Reply.Future<T> reply = new Reply.Future<>();
      replies.add(reply);
      commands.add(request.apply(id).command(reply));
    }
    node.sendAll(commands);
    return Flux.fromIterable(replies).concatMap(Futures::told);
  }

  @Override
  public @Nullable Replicas replicas(String id) {
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
