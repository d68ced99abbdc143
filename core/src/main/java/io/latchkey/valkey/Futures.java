package io.latchkey.valkey;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Futures as Reactor sees them. */
final class Futures {
  private Futures() {}

  /**
   * What comes of a future that others may wait for, too: one who gives up does not cancel it for
   * them, and what becomes of it then is no news to anybody. Reactor's own bridge would log a
   * failure as an error that nobody handled.
   *
   * @param future asked for by each subscriber
   */
  static <T> Mono<T> outcome(Supplier<? extends CompletionStage<T>> future) {
    return Mono.fromFuture(
            () -> future.get().handle(Futures::<T>outcome).toCompletableFuture(), true)
        .flatMap(Function.identity());
  }

  /**
   * What a future that never fails to be completed by one command is told. Unlike Reactor's own
   * bridge this also ends for a subscriber that throws what Reactor takes for fatal.
   */
  static <T> Mono<T> told(CompletableFuture<T> future) {
    return Mono.create(
        subscriber -> {
          var unused =
              future.whenComplete(
                  (value, error) -> {
                    if (error == null) {
                      subscriber.success(value);
                    } else {
                      subscriber.error(ServerErrors.unwrap(error));
                    }
                  });
        });
  }

  private static <T> Mono<T> outcome(@Nullable T value, @Nullable Throwable error) {
    return error == null ? Mono.justOrEmpty(value) : Mono.error(ServerErrors.unwrap(error));
  }
}
