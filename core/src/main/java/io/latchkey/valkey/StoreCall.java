package io.latchkey.valkey;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * A call of a store, which fails if the store is closed, and ends in any case. Reactor's operators
 * throw what they take for fatal (StackOverflowError, LinkageError) back at whoever signals, which
 * is the connection, and tell no subscriber. Here the caller is told.
 */
final class StoreCall<T> extends Mono<T> {
  private final BooleanSupplier closed;
  private final Mono<T> call;

  StoreCall(BooleanSupplier closed, Mono<T> call) {
    this.closed = closed;
    this.call = call;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    if (closed.getAsBoolean()) {
      Operators.error(actual, ServerErrors.closed());
    } else {
      call.subscribe(new Ending<>(actual));
    }
  }

  /** The same for calls with many answers. */
  static <T> Flux<T> ending(Flux<T> calls) {
    return calls.transform(Operators.<T, T>lift((source, actual) -> new Ending<>(actual)));
  }

  /**
   * Ends the call that a signal belongs to, as the signal threw this.
   *
   * @param subscriber who was signalled
   */
  static void fail(CoreSubscriber<?> subscriber, Throwable thrown) {
    ContextView context = subscriber.currentContext();
    Ending<?> ending = context.getOrDefault(Ending.class, null);
    if (ending == null) {
      subscriber.onError(thrown);
    } else {
      ending.fail(thrown);
    }
  }

  /** Stands before the caller's own subscriber. */
  private static final class Ending<T> implements CoreSubscriber<T>, Subscription {
    @SuppressWarnings("rawtypes") // the updater knows no type arguments
    private static final AtomicIntegerFieldUpdater<Ending> ENDED =
        AtomicIntegerFieldUpdater.newUpdater(Ending.class, "ended");

    private final CoreSubscriber<? super T> actual;
    private @Nullable Subscription upstream;

    @SuppressWarnings("unused") // by the updater
    private volatile int ended;

    Ending(CoreSubscriber<? super T> actual) {
      this.actual = actual;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      upstream = subscription;
      actual.onSubscribe(this);
    }

    @Override
    public void onNext(T value) {
      try {
        actual.onNext(value);
      } catch (Throwable e) {
        fail(e);
      }
    }

    @Override
    public void onError(Throwable error) {
      if (ENDED.compareAndSet(this, 0, 1)) {
        actual.onError(error);
      }
    }

    @Override
    public void onComplete() {
      if (ENDED.compareAndSet(this, 0, 1)) {
        actual.onComplete();
      }
    }

    void fail(Throwable thrown) {
      cancel();
      onError(thrown);
    }

    @Override
    public void request(long n) {
      Subscription subscription = upstream;
      if (subscription != null) {
        subscription.request(n);
      }
    }

    @Override
    public void cancel() {
      Subscription subscription = upstream;
      if (subscription != null) {
        subscription.cancel();
      }
    }

    /** Asked for by few, and not while a call goes well. */
    @Override
    public Context currentContext() {
      return actual.currentContext().put(Ending.class, this);
    }
  }
}
