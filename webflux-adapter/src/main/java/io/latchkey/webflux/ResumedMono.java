package io.latchkey.webflux;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Signals on the thread of a request what a store has answered, see {@link RequestThread}. Unlike
 * {@code publishOn}, it leaves an answer alone that comes while the subscriber waits for it, and
 * ends the request if the subscriber throws.
 */
final class ResumedMono<T> extends MonoOperator<T, T> {
  private final RequestThread thread;

  ResumedMono(Mono<T> source, RequestThread thread) {
    super(source);
    this.thread = thread;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    var subscriber = new Subscriber<T>(actual, thread);
    subscriber.caller = Thread.currentThread();
    source.subscribe(subscriber);
    subscriber.caller = null;
  }

  private static final class Subscriber<T>
      implements CoreSubscriber<T>, Subscription, Scannable, Runnable {
    private final CoreSubscriber<? super T> actual;
    private final RequestThread thread;

    /**
     * The thread that is subscribing or requesting. Not volatile: only that thread itself compares
     * equal to it, and it sees its own writes.
     */
    @Nullable Thread caller;

    private @Nullable Subscription upstream;
    private @Nullable T value;
    private @Nullable Throwable error;
    private boolean done;
    private volatile boolean cancelled;

    Subscriber(CoreSubscriber<? super T> actual, RequestThread thread) {
      this.actual = actual;
      this.thread = thread;
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.validate(upstream, subscription)) {
        upstream = subscription;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void onNext(T next) {
      value = next;
    }

    @Override
    public void onError(Throwable failure) {
      if (done) {
        Operators.onErrorDropped(failure, currentContext());
        return;
      }
      error = failure;
      terminate();
    }

    @Override
    public void onComplete() {
      if (!done) {
        terminate();
      }
    }

    private void terminate() {
      done = true;
      if (caller == Thread.currentThread()) {
        signal();
      } else {
        thread.execute(this);
      }
    }

    @Override
    public void run() {
      try {
        signal();
      } catch (Throwable e) {
        // All that a subscriber throws it has not handled, and nobody above could.
        thread.failed(e);
      }
    }

    private void signal() {
      if (cancelled) {
        Operators.onDiscard(value, currentContext());
      } else if (error != null) {
        actual.onError(error);
      } else {
        if (value != null) {
          actual.onNext(value);
        }
        actual.onComplete();
      }
    }

    @Override
    public void request(long n) {
      Thread before = caller;
      caller = Thread.currentThread();
      if (upstream != null) {
        upstream.request(n);
      }
      caller = before;
    }

    @Override
    public void cancel() {
      cancelled = true;
      if (upstream != null) {
        upstream.cancel();
      }
    }

    @Override
    @SuppressWarnings("rawtypes") // so is Reactor's contract
    public @Nullable Object scanUnsafe(Attr key) {
      if (key.equals(Attr.PARENT)) {
        return upstream;
      }
      if (key.equals(Attr.ACTUAL)) {
        return actual;
      }
      if (key.equals(Attr.CANCELLED)) {
        return cancelled;
      }
      return key.equals(Attr.RUN_STYLE) ? Attr.RunStyle.ASYNC : null;
    }
  }
}
