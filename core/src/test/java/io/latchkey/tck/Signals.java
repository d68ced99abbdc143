package io.latchkey.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/**
 * Asserts, in one word each, all that a publisher signals. Each subscribes once, waits for the end
 * for at most 30 seconds, and fails if anything else is signalled.
 */
public final class Signals {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private Signals() {}

  /**
   * One value, then completion.
   *
   * @param mono what to subscribe to
   * @param <T> the value's type
   * @return the value
   */
  public static <T> T value(Mono<T> mono) {
    List<T> values = new ArrayList<>();
    StepVerifier.create(mono).consumeNextWith(values::add).expectComplete().verify(TIMEOUT);
    return values.get(0);
  }

  /**
   * Any number of values, then completion.
   *
   * @param flux what to subscribe to
   * @param <T> the values' type
   * @return the values
   */
  public static <T> List<T> all(Flux<T> flux) {
    return value(flux.collectList());
  }

  /**
   * Completion without a value.
   *
   * @param publisher what to subscribe to
   */
  public static void assertEmpty(Publisher<?> publisher) {
    StepVerifier.create(publisher).expectComplete().verify(TIMEOUT);
  }

  /**
   * An error without a value before it.
   *
   * @param publisher what to subscribe to
   * @param type what the error is
   * @param <E> what the error is
   * @return the error
   */
  public static <E extends Throwable> E error(Publisher<?> publisher, Class<E> type) {
    List<Throwable> errors = new ArrayList<>();
    StepVerifier.create(publisher).consumeErrorWith(errors::add).verify(TIMEOUT);
    assertThat(errors.get(0)).isInstanceOf(type);
    return type.cast(errors.get(0));
  }

  /**
   * That neither an error nor its causes tell a secret.
   *
   * @param error the error
   * @param secrets what must not be in any message
   */
  public static void assertTellsNothing(Throwable error, String... secrets) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      assertThat(each.toString()).doesNotContain(secrets);
      for (Throwable suppressed : each.getSuppressed()) {
        assertThat(suppressed.toString()).doesNotContain(secrets);
      }
    }
  }
}
