package io.latchkey.valkey;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A connection for changes that replicas must have, and for nothing else.
 *
 * <p>WAIT asks about the writes of its own connection alone, and keeps that from doing anything
 * else until it is answered. So changes go out in groups, each with one WAIT behind it, in one
 * write; those that come meanwhile are held for the next group. So a change reaches the primary
 * after one WAIT at the most, however many there are, and however long a replica is away: a
 * sign-out must not queue behind the replicas.
 */
final class Lane {
  /** So many are one group, and far fewer commands than a connection takes. */
  static final int MOST = 1000;

  /** A group is sent as a whole, so it has no more bytes than a connection takes. */
  private static final long MOST_BYTES = Backlog.MOST_BYTES / 2;

  private final Stripe stripe;
  private final Acknowledgement acknowledgement;
  private final Queue<Change<?>> held = new ConcurrentLinkedQueue<>();
  private final AtomicInteger heldCount = new AtomicInteger();
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicBoolean waiting = new AtomicBoolean();
  private final AtomicInteger calls = new AtomicInteger();

  Lane(Stripe stripe, Acknowledgement acknowledgement) {
    this.stripe = stripe;
    this.acknowledgement = acknowledgement;
  }

  /** Whether a change would go out at once. */
  boolean isFree() {
    return stripe.isUp() && !waiting.get() && held.isEmpty();
  }

  boolean isUp() {
    return stripe.isUp();
  }

  boolean wasOpened() {
    return stripe.wasOpened();
  }

  /** So many wait for the group before them. */
  int held() {
    return heldCount.get();
  }

  void close() {
    stripe.close();
  }

  /**
   * Makes a change; subscribe once.
   *
   * @param request the change
   * @param before a write to send right before it, or null
   * @param asking whether the node is about to take over the slot
   */
  <T> Mono<T> send(Request<T> request, @Nullable Request<?> before, boolean asking) {
    Mono<T> sent =
        Mono.create(subscriber -> hold(new Change<>(stripe, request, before, asking, subscriber)));
    return stripe.isUp()
        ? sent
        : Futures.outcome(stripe::open).onErrorMap(ServerErrors::translate).then(sent);
  }

  private void hold(Change<?> change) {
    int count = heldCount.incrementAndGet();
    long bytes = heldBytes.addAndGet(change.size());
    if (count > MOST || (count > 1 && bytes > Backlog.MOST_BYTES)) {
      noLongerHeld(change);
      change.failed(ServerErrors.tooManyHeld());
      return;
    }
    held.add(change);
    sendHeld();
  }

  /**
   * Sends what is held, unless a group is under way. By one thread at a time, and in a loop: where
   * a group fails while it is being sent, as without a connection, whoever is told may come back at
   * once with the next change.
   */
  private void sendHeld() {
    if (calls.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      while (!held.isEmpty() && waiting.compareAndSet(false, true)) {
        List<Change<?>> group = takeHeld();
        if (group.isEmpty()) {
          waiting.set(false);
        } else {
          send(group);
        }
      }
      seen = calls.addAndGet(-seen);
    } while (seen != 0);
  }

  private List<Change<?>> takeHeld() {
    List<Change<?>> group = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < MOST; i++) {
      Change<?> next = held.peek();
      if (next == null || (!group.isEmpty() && bytes + next.size() > MOST_BYTES)) {
        break;
      }
      held.remove(); // only one thread at a time takes any
      noLongerHeld(next);
      if (!next.hasEnded()) {
        group.add(next);
        bytes += next.size();
      }
    }
    return group;
  }

  private void noLongerHeld(Change<?> change) {
    heldCount.decrementAndGet();
    heldBytes.addAndGet(-change.size());
  }

  private void send(List<Change<?>> group) {
    List<ServerCommand<?>> commands = new ArrayList<>();
    group.forEach(change -> commands.addAll(change.commands()));
    commands.add(acknowledgement.request().command(new Group(group)));
    stripe.sendWhole(commands);
  }

  /** Learns how many replicas have the changes that went out together. */
  private final class Group implements ServerCommand.Receiver<Long> {
    private final List<Change<?>> changes;

    Group(List<Change<?>> changes) {
      this.changes = changes;
    }

    @Override
    public void answered(@Nullable Long value) {
      sendNext();
      long replicas = value == null ? 0 : value;
      changes.forEach(change -> change.acknowledged(replicas, acknowledgement));
    }

    @Override
    public void failed(Throwable error) {
      stripe.failed(error);
      sendNext();
      changes.forEach(change -> change.notAcknowledged(error));
    }

    /** Before anybody is told, as that may take its time. */
    private void sendNext() {
      waiting.set(false);
      sendHeld();
    }
  }
}
