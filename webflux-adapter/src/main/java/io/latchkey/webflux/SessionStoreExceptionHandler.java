package io.latchkey.webflux;

import io.latchkey.SessionGoneException;
import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/**
 * What becomes of a request that failed because a store could not be reached.
 *
 * <ul>
 *   <li>A {@link SessionStoreUnavailableException} goes on as a {@link ResponseStatusException} of
 *       503, with {@code Retry-After} in the response, to whatever renders errors: Boot's error
 *       page, or {@code error/503.html}. Other errors go on as they are.
 *   <li>If it was the request's own session that could not be stored, the error page does not store
 *       it once more, which would fail once more; and {@link LatchkeyWebSessionIdResolver} does not
 *       send the cookie of a session that was never stored, nor the end of one that is still there,
 *       because a sign-out did not reach the store.
 *   <li>That a session has ended meanwhile is the application's affair, and goes on as it is.
 * </ul>
 *
 * <p>To learn whether its session has failed, a request whose handler asked for none but used a
 * store itself has its session read here: one command, whose own failure changes nothing.
 *
 * <p>Comes before all other handlers of exceptions. Spring Boot makes a bean of it; without Boot it
 * takes one. Immutable, and safe for use by several threads.
 */
public final class SessionStoreExceptionHandler implements WebExceptionHandler, Ordered {
  /** A store is back within this time of its server's return. */
  public static final Duration DEFAULT_RETRY_AFTER = Duration.ofSeconds(3);

  private static final int MAX_CAUSES = 8;

  private final String retryAfterSeconds;

  /** A handler that asks clients to wait for {@link #DEFAULT_RETRY_AFTER}. */
  public SessionStoreExceptionHandler() {
    this(DEFAULT_RETRY_AFTER);
  }

  /**
   * A handler.
   *
   * @param retryAfter how long clients are asked to wait, in whole seconds
   * @throws IllegalArgumentException if it is less than a second
   */
  public SessionStoreExceptionHandler(Duration retryAfter) {
    if (Objects.requireNonNull(retryAfter, "retryAfter").toSeconds() < 1) {
      throw new IllegalArgumentException("retryAfter must be at least a second, was " + retryAfter);
    }
    retryAfterSeconds = Long.toString(retryAfter.toSeconds());
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }

  /**
   * Passes the error on.
   *
   * @param exchange the request
   * @param error why it failed
   * @return an error, always
   */
  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
    SessionStoreException cause = causeInStore(error);
    ServerHttpResponse response = exchange.getResponse();
    if (cause == null || response.isCommitted()) {
      return Mono.error(error);
    }
    return giveUpOwnSession(exchange)
        .then(
            Mono.defer(
                () -> {
                  if (!(cause instanceof SessionStoreUnavailableException)) {
                    return Mono.error(error);
                  }
                  response.getHeaders().set(HttpHeaders.RETRY_AFTER, retryAfterSeconds);
                  return Mono.error(
                      new ResponseStatusException(
                          HttpStatus.SERVICE_UNAVAILABLE,
                          "The session store cannot be reached",
                          error));
                }));
  }

  private static Mono<Void> giveUpOwnSession(ServerWebExchange exchange) {
    // The exchange keeps it: where the request has asked for it, this asks nobody.
    return exchange
        .getSession()
        .doOnNext(
            session -> {
              if (session instanceof LatchkeyWebSession ours && ours.hasFailed()) {
                ours.giveUp();
                if (!ours.isKept()) {
                  LatchkeyWebSessionIdResolver.withdraw(exchange);
                  // Again, as Spring sets it when the error page is sent.
                  exchange
                      .getResponse()
                      .beforeCommit(
                          () ->
                              Mono.fromRunnable(
                                  () -> LatchkeyWebSessionIdResolver.withdraw(exchange)));
                }
              }
            })
        .onErrorComplete()
        .then();
  }

  private static @Nullable SessionStoreException causeInStore(Throwable error) {
    Throwable cause = error;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
      if (cause instanceof SessionStoreException ours) {
        // A session that has ended is nothing to come back for: its cookie has to go.
        return ours instanceof SessionGoneException ? null : ours;
      }
      cause = cause.getCause();
    }
    return null;
  }
}
