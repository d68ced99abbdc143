package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Asks several servers the same, each a little later than the one before. */
final class FirstAnswer {
  private static final Duration HEAD_START = Duration.ofMillis(100);

  private FirstAnswer() {}

  /**
   * The first answer that comes.
   *
   * @param servers whom to ask, at least one
   * @param ask asks one of them
   * @return the answer; if none has any, the error that tells most
   */
  static <S, T> Mono<T> of(List<S> servers, Function<S, Mono<T>> ask) {
    return Mono.defer(
        () -> {
          Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
          return Flux.range(0, servers.size())
              .flatMap(
                  i -> {
                    Mono<T> answer = Mono.defer(() -> ask.apply(servers.get(i)));
                    return (i == 0 ? answer : answer.delaySubscription(HEAD_START.multipliedBy(i)))
                        .onErrorResume(
                            error -> {
                              errors.add(ServerErrors.translate(error));
                              return Mono.empty();
                            });
                  },
                  servers.size())
              .next()
              .switchIfEmpty(Mono.error(() -> mostTelling(errors)));
        });
  }

  /** That a password is wrong says more than that a server is away. */
  private static Throwable mostTelling(Queue<Throwable> errors) {
    return errors.stream()
        .filter(error -> !(error instanceof SessionStoreUnavailableException))
        .findFirst()
        .or(() -> errors.stream().findFirst())
        .orElseGet(() -> new SessionStoreException("no server was named"));
  }
}
