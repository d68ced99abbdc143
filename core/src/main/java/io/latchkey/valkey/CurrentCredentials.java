package io.latchkey.valkey;

import io.latchkey.SessionStoreUnavailableException;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider.ImmediateRedisCredentialsProvider;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * The credentials that a provider gave last. They are asked for before each connection is made:
 * Lettuce would ask for them by itself, but also where it renders a URI for its log, and there it
 * waits for them.
 */
final class CurrentCredentials implements ImmediateRedisCredentialsProvider {
  private final Credentials.Provider provider;
  private final Duration timeout;
  private volatile RedisCredentials current = RedisCredentials.just(null, (char[]) null);

  CurrentCredentials(Credentials.Provider provider, Duration timeout) {
    this.provider = provider;
    this.timeout = timeout;
  }

  /** Asks for them; completes when Lettuce can have them. */
  Mono<Void> renew() {
    return Mono.defer(provider::get)
        // Without the cause, whose message may have a secret in it.
        .onErrorMap(
            error ->
                new SessionStoreUnavailableException(
                    "the credentials provider failed with " + error.getClass().getName(),
                    null,
                    false))
        .timeout(
            timeout,
            Mono.error(
                () ->
                    new SessionStoreUnavailableException(
                        "the credentials provider did not answer within the commandTimeout; nothing"
                            + " was sent",
                        null,
                        false)))
        .switchIfEmpty(
            Mono.error(
                () ->
                    new SessionStoreUnavailableException(
                        "the credentials provider gave none", null, false)))
        .doOnNext(
            given -> current = RedisCredentials.just(given.user(), given.password().toCharArray()))
        .then();
  }

  @Override
  public RedisCredentials resolveCredentialsNow() {
    return current;
  }
}
