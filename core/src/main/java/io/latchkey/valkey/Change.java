package io.latchkey.valkey;

import io.latchkey.valkey.ServerErrors.RedirectedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/**
 * One subscriber's change: answered by the primary first, and told when enough replicas have it.
 * Where the primary refuses it, that is told at once.
 */
final class Change<T> implements ServerCommand.Receiver<T> {
  private final Stripe stripe;
  private final MonoSink<T> subscriber;
  private final List<ServerCommand<?>> commands = new ArrayList<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable Throwable failedBefore;
  private volatile @Nullable Answer<T> answer;

  Change(
      Stripe stripe,
      Request<T> request,
      @Nullable Request<?> before,
      boolean asking,
      MonoSink<T> subscriber) {
    this.stripe = stripe;
    this.subscriber = subscriber;
    subscriber.onCancel(() -> ended.set(true));
    if (before != null) {
      add(commandBefore(before), asking);
    }
    add(request.command(this), asking);
  }

  private void add(ServerCommand<?> command, boolean asking) {
    if (asking) {
      commands.add(Node.askingFor(command)); // is for the next command alone
    }
    commands.add(command);
  }

  private <M> ServerCommand<M> commandBefore(Request<M> before) {
    return before.command(
        new ServerCommand.Receiver<M>() {
          @Override
          public void answered(@Nullable M value) {}

          @Override
          public void failed(Throwable error) {
            failedBefore = error;
          }
        });
  }

  /** All that is to be sent for it, in this order, with nothing between. */
  List<ServerCommand<?>> commands() {
    return commands;
  }

  /** How many bytes they have. */
  int size() {
    return commands.stream().mapToInt(ServerCommand::size).sum();
  }

  /** Whether the subscriber has been told, or does not want to know. */
  boolean hasEnded() {
    return ended.get();
  }

  @Override
  public void answered(@Nullable T value) {
    stripe.answered();
    Throwable error = failedBefore;
    if (error instanceof RedirectedException) {
      // The slot is on the move: the session is here still, and what is new is to be written there.
      fail(RedirectedException.later());
    } else if (error != null) {
      stripe.failed(error);
      fail(ServerErrors.notAcknowledged(error));
    } else {
      answer = new Answer<>(value);
    }
  }

  @Override
  public void failed(Throwable error) {
    stripe.failed(error);
    fail(error);
  }

  /** That many replicas have it. */
  void acknowledged(long replicas, Acknowledgement wanted) {
    Answer<T> answered = answer;
    if (answered == null) {
      fail(ServerErrors.notAcknowledged(null));
    } else if (replicas < wanted.replicas()) {
      fail(ServerErrors.acknowledgedByTooFew(replicas, wanted));
    } else if (ended.compareAndSet(false, true)) {
      subscriber.success(answered.value);
    }
  }

  /** Nobody knows how many replicas have it. */
  void notAcknowledged(Throwable error) {
    fail(ServerErrors.notAcknowledged(error));
  }

  private void fail(Throwable error) {
    if (ended.compareAndSet(false, true)) {
      subscriber.error(error);
    }
  }

  /** The primary's answer. */
  private record Answer<T>(@Nullable T value) {}
}
