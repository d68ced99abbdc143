package io.latchkey.valkey;

import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A few connections to one server, striped by the session's key. What is called on a connection's
 * own thread, as the answer to one command calls for the next, goes out on that connection: no
 * other thread has to wake up for it. While a connection is down the others do its work.
 */
final class Node {
  private final Stripe[] stripes;
  private final @Nullable Lanes lanes;
  private final @Nullable Replicas replicas;
  private final AtomicInteger batches = new AtomicInteger();

  /**
   * A server to which nothing is connected yet.
   *
   * @param count how many connections it gets, and again for changes that are acknowledged
   * @param opener how each is made
   * @param acknowledgement what {@link #sendAcknowledged} waits for; null if it is not used
   * @param client reads from its replicas; null if nobody does
   */
  Node(
      int count,
      Stripe.Opener opener,
      @Nullable Acknowledgement acknowledgement,
      @Nullable ReplicaClient client) {
    this.stripes = new Stripe[count];
    Arrays.setAll(stripes, i -> new Stripe(opener));
    this.lanes =
        acknowledgement == null
            ? null
            : new Lanes(
                count,
                i -> new Lane(new Stripe(Acknowledgement.permitted(opener)), acknowledgement));
    this.replicas = client == null ? null : client.replicas(this);
  }

  /** Its replicas, if they are read from. */
  @Nullable Replicas replicas() {
    return replicas;
  }

  /**
   * Sends a command about a session; subscribe once, at once.
   *
   * @param before a write to send right before it, on the same connection, or null
   */
  <T> Mono<T> send(byte[] key, Request<T> request, @Nullable Request<?> before) {
    int preferred = stripe(key);
    Stripe up = anyUp(preferred);
    return up != null
        ? new Exchange<>(behind(up, before), request)
        : opened(preferred).flatMap(opened -> new Exchange<>(behind(opened, before), request));
  }

  private static Link behind(Stripe stripe, @Nullable Request<?> before) {
    return before == null ? stripe : new Behind(stripe, before);
  }

  /** Sends many commands with one write. Each ends with whatever this meets. */
  void sendAll(List<? extends ServerCommand<?>> commands) {
    int preferred = Math.floorMod(batches.getAndIncrement(), stripes.length);
    Stripe up = anyUp(preferred);
    if (up != null) {
      up.sendAll(commands);
    } else {
      opened(preferred)
          .subscribe(
              opened -> opened.sendAll(commands),
              error -> commands.forEach(command -> command.completeExceptionally(error)));
    }
  }

  /**
   * Sends a change about a session that is answered once enough replicas have it; subscribe once,
   * at once.
   *
   * @param before a write to send right before it, or null
   * @param asking whether this node of a cluster is about to take over the session's slot. Nobody
   *     writes between that question and what it is for: only changes go out there, one group at a
   *     time
   */
  <T> Mono<T> sendAcknowledged(
      byte[] key, Request<T> request, @Nullable Request<?> before, boolean asking) {
    return Objects.requireNonNull(lanes, "lanes").send(stripe(key), request, before, asking);
  }

  /**
   * Sends a command to a node of a cluster that is about to take over the session's slot.
   *
   * <p>What follows an ASKING on its connection is answered as if the slot were this node's
   * already; so that must be this command, and not one that somebody else writes at the same
   * moment. Nobody does on the connection's own thread, which the answer to another command leads
   * to.
   */
  <T> Mono<T> sendAsking(byte[] key, Request<T> request, @Nullable Request<?> before) {
    int preferred = stripe(key);
    Stripe up = anyUp(preferred);
    return (up != null ? Mono.just(up) : opened(preferred))
        .flatMap(
            stripe ->
                new Exchange<>(stripe, ServerVersion.HELLO)
                    .then(Mono.defer(() -> new Exchange<>(asking(stripe, before), request))));
  }

  private static Link asking(Stripe stripe, @Nullable Request<?> before) {
    return command -> {
      if (stripe.answersOn(Thread.currentThread())) {
        List<ServerCommand<?>> first = new ArrayList<>();
        if (before != null) {
          ServerCommand<?> write = before.command(new Unheard<>());
          first.add(askingFor(write));
          first.add(write);
        }
        first.add(askingFor(command));
        stripe.sendBehind(first, command);
      } else {
        command.completeExceptionally(ServerErrors.RedirectedException.later());
      }
    };
  }

  /** What has to go out right before a command to a node that is about to take over the slot. */
  static ServerCommand<?> askingFor(ServerCommand<?> command) {
    return new Request<>(CommandType.ASKING, Request::bytes, Request.args())
        .command(new Permission(command));
  }

  /** Whether one of the connections is open now. */
  boolean isUp() {
    return anyUp() != null;
  }

  /** Closes all connections, without waiting for it. */
  void close() {
    for (Stripe stripe : stripes) {
      stripe.close();
    }
    if (lanes != null) {
      lanes.close();
    }
    if (replicas != null) {
      replicas.close();
    }
  }

  /** Opens all connections, one after the other; completes when they are open. */
  Mono<Void> open() {
    return Flux.range(0, stripes.length).concatMap(this::opened).then();
  }

  /** Whether all connections were opened, so that Lettuce looks after them now. */
  boolean isOpened() {
    for (Stripe stripe : stripes) {
      if (!stripe.wasOpened()) {
        return false;
      }
    }
    return true;
  }

  /** The connection to ask on about a session now; null if there is none that is open. */
  @Nullable Stripe up(byte[] key) {
    return anyUp(stripe(key));
  }

  /** A connection that is open; null if there is none. */
  @Nullable Stripe anyUp() {
    for (Stripe stripe : stripes) {
      if (stripe.isUp()) {
        return stripe;
      }
    }
    return null;
  }

  private int stripe(byte[] key) {
    return Math.floorMod(SessionKeys.hash(key), stripes.length);
  }

  /** The stripe to use now, if any is up. */
  private @Nullable Stripe anyUp(int preferred) {
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
    return Futures.outcome(stripes[stripe]::open)
        .onErrorMap(ServerErrors::translate)
        .thenReturn(stripes[stripe]);
  }

  /** Sends a write and a command together; that the write failed, the command does not mind. */
  private record Behind(Stripe stripe, Request<?> before) implements Link {
    @Override
    public void send(ServerCommand<?> command) {
      stripe.sendBehind(List.of(before.command(new Unheard<>())), command);
    }

    @Override
    public void answered() {
      stripe.answered();
    }

    @Override
    public void failed(Throwable error) {
      stripe.failed(error);
    }
  }

  /** Learns of what is of no interest. */
  private static final class Unheard<T> implements ServerCommand.Receiver<T> {
    @Override
    public void answered(@Nullable T value) {}

    @Override
    public void failed(Throwable error) {}
  }

  /** The outcome of ASKING: of interest only if it is not permitted. */
  private record Permission(ServerCommand<?> command) implements ServerCommand.Receiver<byte[]> {
    @Override
    public void answered(byte @Nullable [] value) {}

    @Override
    public void failed(Throwable error) {
      command.completeExceptionally(error);
    }
  }
}
