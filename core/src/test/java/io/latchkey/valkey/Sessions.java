package io.latchkey.valkey;

import static java.util.Objects.requireNonNull;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import io.latchkey.memory.MemorySessionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the tests of this package say again and again. */
final class Sessions {
  /** Far more than any answer takes here; a test that reaches it has failed. */
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private Sessions() {}

  /** Waits for a value that has to come. */
  static <T> T value(Mono<T> mono) {
    return requireNonNull(mono.block(PATIENCE), "empty");
  }

  /** Creates a session with one attribute, and waits for it. */
  static Session created(SessionStore store) {
    return value(store.create(Map.of("user", "user123")));
  }

  /** A session that is stored somewhere else, for stores that cannot store one. */
  static Session storedElsewhere() {
    return created(MemorySessionStore.create());
  }

  /** Waits for the error that has to come. */
  static Throwable error(Publisher<?> publisher) {
    return value(
        Flux.from(publisher)
            .materialize()
            .filter(signal -> signal.isOnError())
            .map(signal -> requireNonNull(signal.getThrowable()))
            .next());
  }

  /** All messages of an error, its causes and what was suppressed. */
  static List<String> messages(Throwable error) {
    List<String> messages = new ArrayList<>();
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      messages.add(String.valueOf(cause));
      for (Throwable suppressed : cause.getSuppressed()) {
        messages.addAll(messages(suppressed));
      }
    }
    return messages;
  }
}
