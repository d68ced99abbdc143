package io.latchkey.webflux;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.context.Context;

/**
 * Lets asynchronous operations happen one after another, in the order of their subscriptions,
 * without blocking a thread. An operation that is cancelled before its turn does not happen; one
 * that has begun runs to its end, so that the next does not overtake its command.
 */
final class Turns {
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  /**
   * Operations that wait or run. Whoever raises it from zero, or ends one of several, starts one.
   */
  private final AtomicInteger pending = new AtomicInteger();

  <T> Mono<T> take(Mono<T> operation) {
    return Mono.create(
        sink -> {
          var cancelled = new AtomicBoolean();
          sink.onCancel(() -> cancelled.set(true));
          waiting.add(
              () -> {
                if (cancelled.get()) {
                  end();
                  return;
                }
                operation.doOnTerminate(this::end).subscribe(new Passing<>(sink));
              });
          if (pending.getAndIncrement() == 0) {
            startNext();
          }
        });
  }

  private void end() {
    if (pending.decrementAndGet() > 0) {
      startNext();
    }
  }

  private void startNext() {
    Runnable next = waiting.poll();
    if (next != null) {
      next.run();
    }
  }

  /** Passes signals on as they are: Reactor's own subscriber would drop what a sink throws. */
  private static final class Passing<T> implements CoreSubscriber<T> {
    private final MonoSink<T> sink;

    Passing(MonoSink<T> sink) {
      this.sink = sink;
    }

    @Override
    public Context currentContext() {
      return Context.of(sink.contextView());
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T value) {
      sink.success(value);
    }

    @Override
    public void onError(Throwable error) {
      sink.error(error);
    }

    @Override
    public void onComplete() {
      sink.success(); // Does nothing after a value.
    }
  }
}
