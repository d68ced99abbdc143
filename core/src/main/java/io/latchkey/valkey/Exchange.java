package io.latchkey.valkey;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * A request on a link: sent once for each subscriber, when that asks for the answer, and answered
 * on the connection's thread. A subscriber that cancels before the command has left keeps it from
 * being sent.
 */
final class Exchange<T> extends Mono<T> {
  private final Link link;
  private final Request<T> request;

  Exchange(Link link, Request<T> request) {
    this.link = link;
    this.request = request;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    actual.onSubscribe(new Call<>(link, request, actual));
  }

  /** One subscriber's command. */
  private static final class Call<T> implements Subscription, ServerCommand.Receiver<T> {
    @SuppressWarnings("rawtypes") // the updater knows no type arguments
    private static final AtomicIntegerFieldUpdater<Call> SENT =
        AtomicIntegerFieldUpdater.newUpdater(Call.class, "sent");

    private final Link link;
    private final ServerCommand<T> command;
    private final CoreSubscriber<? super T> actual;

    @SuppressWarnings("unused") // by the updater
    private volatile int sent;

    Call(Link link, Request<T> request, CoreSubscriber<? super T> actual) {
      this.link = link;
      this.command = request.command(this);
      this.actual = actual;
    }

    @Override
    public void request(long n) {
      if (Operators.validate(n) && SENT.compareAndSet(this, 0, 1) && !command.isDone()) {
        try {
          link.send(command);
        } catch (Throwable e) {
          command.completeExceptionally(e);
        }
      }
    }

    @Override
    public void cancel() {
      command.abandon();
    }

    @Override
    public void answered(@Nullable T value) {
      link.answered();
      try {
        if (value != null) {
          actual.onNext(value);
        }
      } catch (Throwable e) {
        StoreCall.fail(actual, e);
        return;
      }
      actual.onComplete();
    }

    @Override
    public void failed(Throwable error) {
      link.failed(error);
      try {
        actual.onError(error);
      } catch (Throwable e) {
        StoreCall.fail(actual, e);
      }
    }
  }
}
