package io.latchkey.valkey;

import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.UnreadableSessionException;
import io.latchkey.valkey.ServerErrors.RedirectedException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sessions are on the nodes of a cluster, each in the slot of its key.
 *
 * <p>Lettuce's own cluster client is not used: it rejects commands while it opens a connection to a
 * node, and its commands are futures.
 *
 * <h2>When a node sends the command elsewhere</h2>
 *
 * <p>It has not run it, so it can be sent again, whatever it is. MOVED also corrects what is known
 * of the slot, and has all slots asked for again. ASK is for this one command, and for the write
 * that goes before it.
 */
final class ClusterConnections implements Connections {
  private static final int MAX_REDIRECTIONS = 8;
  private static final int PAUSE_MIN_MILLIS = 5;
  private static final int PAUSE_MAX_MILLIS = 40;

  private final ServerClient client;
  private final ClusterSlots slots;
  private final long timeoutNanos;

  ClusterConnections(
      List<RedisURI> seeds,
      ServerClient client,
      int count,
      Duration timeout,
      @Nullable Acknowledgement acknowledgement,
      @Nullable ReplicaClient replicas) {
    this.client = client;
    this.timeoutNanos = timeout.toNanos();
    this.slots =
        new ClusterSlots(
            seeds, uri -> new Node(count, client.opener(uri), acknowledgement, replicas), timeout);
  }

  @Override
  public <T> Mono<T> execute(byte[] key, Request<T> request, @Nullable Request<?> before) {
    return send(new Call<>(key, SlotHash.getSlot(key), request, false, before));
  }

  @Override
  public <T> Mono<T> executeAcknowledged(
      byte[] key, Request<T> request, @Nullable Request<?> before) {
    return send(new Call<>(key, SlotHash.getSlot(key), request, true, before));
  }

  private <T> Mono<T> send(Call<T> call) {
    return Mono.defer(
        () -> {
          checkOpen();
          return send(call, 0, null);
        });
  }

  @Override
  public <T> Flux<Reply<T>> executeAll(List<byte[]> keys, Function<byte[], Request<T>> request) {
    return Flux.fromIterable(keys)
        .buffer(COMMANDS_PER_WRITE)
        .concatMap(
            batch ->
                Flux.defer(
                    () -> {
                      checkOpen();
                      return slots.isLoaded()
                          ? sendAll(batch, request)
                          : slots.load().thenMany(Flux.defer(() -> sendAll(batch, request)));
                    }));
  }

  @Override
  public @Nullable Replicas replicas(byte[] key) {
    ClusterSlots.Member owner = slots.owner(SlotHash.getSlot(key));
    return owner == null ? null : owner.node().replicas();
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
    return Mono.fromRunnable(slots::close).then(client.closeAll());
  }

  /** One write per node. */
  private <T> Flux<Reply<T>> sendAll(List<byte[]> keys, Function<byte[], Request<T>> request) {
    List<Sent<T>> all = new ArrayList<>(keys.size());
    Map<Node, List<ServerCommand<T>>> perNode = new LinkedHashMap<>();
    for (byte[] key : keys) {
      Call<T> call = new Call<>(key, SlotHash.getSlot(key), request.apply(key), false, null);
      ClusterSlots.Member member = slots.owner(call.slot);
      Reply.Future<T> reply = new Reply.Future<>();
      all.add(new Sent<>(call, member, reply));
      if (member == null) {
        reply.failed(uncovered());
      } else {
        perNode
            .computeIfAbsent(member.node(), node -> new ArrayList<>())
            .add(call.request.command(reply));
      }
    }
    perNode.forEach(Node::sendAll);
    return Flux.fromIterable(all).concatMap(this::reply);
  }

  private <T> Mono<Reply<T>> reply(Sent<T> sent) {
    return Futures.told(sent.reply)
        .onErrorResume(
            SessionStoreUnavailableException.class,
            error ->
                follow(sent.member, sent.call, 0, null, error)
                    .map(value -> new Reply<>(value, null))
                    .defaultIfEmpty(new Reply<T>(null, null))
                    .onErrorResume(
                        UnreadableSessionException.class,
                        unreadable -> Mono.just(new Reply<>(null, unreadable))));
  }

  private <T> Mono<T> send(Call<T> call, int redirections, @Nullable Long until) {
    ClusterSlots.Member owner = slots.owner(call.slot);
    if (owner != null) {
      return send(owner, false, call, redirections, until);
    }
    if (slots.isLoaded()) {
      slots.refreshSoon();
      return Mono.error(uncovered());
    }
    return slots.load().then(Mono.defer(() -> send(call, redirections, until)));
  }

  private <T> Mono<T> send(
      ClusterSlots.Member to,
      boolean asking,
      Call<T> call,
      int redirections,
      @Nullable Long until) {
    return send(to.node(), asking, call)
        .onErrorResume(
            SessionStoreUnavailableException.class,
            error -> follow(to, call, redirections, until, error));
  }

  private static <T> Mono<T> send(Node to, boolean asking, Call<T> call) {
    if (call.acknowledged) {
      return to.sendAcknowledged(call.key, call.request, call.before, asking);
    }
    return asking
        ? to.sendAsking(call.key, call.request, call.before)
        : to.send(call.key, call.request, call.before);
  }

  /**
   * Goes where the answer says.
   *
   * @param from who gave it; null if nobody was asked
   * @param until when to give up waiting for the slot to have moved, if that has begun
   */
  private <T> Mono<T> follow(
      ClusterSlots.@Nullable Member from,
      Call<T> call,
      int redirections,
      @Nullable Long until,
      SessionStoreUnavailableException error) {
    if (from == null || !(error instanceof RedirectedException redirected)) {
      // Whoever takes over from a node that is away is known to the others.
      slots.refreshSoon();
      return Mono.error(error);
    }
    if (redirections == MAX_REDIRECTIONS) {
      return Mono.error(
          new SessionStoreUnavailableException(
              "the cluster's nodes do not agree on who has the session's slot, and sent the command"
                  + " from one to another; nothing was written",
              null,
              false));
    }
    return switch (redirected.kind()) {
      case MOVED -> {
        ClusterSlots.Member to = slots.moved(call.slot, from, redirected);
        yield send(to, false, call, redirections + 1, until);
      }
      case ASK -> send(slots.member(from, redirected), true, call, redirections + 1, until);
      case LATER -> {
        slots.refreshSoon();
        long now = System.nanoTime();
        long end = until == null ? now + timeoutNanos : until;
        yield now - end >= 0
            ? Mono.error(error)
            : Mono.delay(pause()).then(Mono.defer(() -> send(call, 0, end)));
      }
    };
  }

  private void checkOpen() {
    if (client.isClosed()) {
      throw ServerErrors.closed();
    }
  }

  private static Duration pause() {
    return Duration.ofMillis(
        ThreadLocalRandom.current().nextInt(PAUSE_MIN_MILLIS, PAUSE_MAX_MILLIS));
  }

  private static SessionStoreUnavailableException uncovered() {
    return new SessionStoreUnavailableException(
        "no node of the cluster has the session's slot just now; nothing was sent", null, false);
  }

  /** What is to be asked, wherever the slot is. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Call<T>(
      byte[] key,
      int slot,
      Request<T> request,
      boolean acknowledged,
      @Nullable Request<?> before) {}

  /** One of many that went out together. */
  private record Sent<T>(
      Call<T> call, ClusterSlots.@Nullable Member member, Reply.Future<T> reply) {}
}
