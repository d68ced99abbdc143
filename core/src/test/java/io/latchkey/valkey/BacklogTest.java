package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.testing.TestCluster;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** How much may be under way to a server that does not keep up. */
class BacklogTest {
  private final ServerProcess server = ValkeyServer.start();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void whatComesBeyondTheBoundFailsAtOnceAndWasNotSent() {
    try (ValkeySessionStore store = store(server.uri(), Duration.ofMinutes(5))) {
      Session session = created(store);
      server.pause();
      Disposable waiting = start(store, session, Backlog.MOST, new AtomicInteger());

      assertRefused(store.get(session.id()));
      assertRefused(store.getAll(List.of(session.id())).next());

      server.resume();
      assertThat(value(whenBack(store.get(session.id()))).names()).containsExactly("user");
      waiting.dispose();
    }
  }

  @Test
  void whatHasTooManyBytesBesideOthersFailsAtOnceAndWasNotSent() {
    try (ValkeySessionStore store = store(server.uri(), Duration.ofMinutes(5))) {
      Session session = created(store);
      server.pause();
      Map<String, String> large = Map.of("text", "t".repeat(1 << 20));
      for (int i = 0; i < Backlog.MOST_MEBIBYTES - 1; i++) {
        store.create(large).subscribe(stored -> {}, error -> {});
      }

      assertThat(store.get(session.id()).hasElement().toFuture()).isNotDone();
      assertRefused(store.create(large), "have 32 MiB");
      server.resume();
      value(whenBack(store.create(large)));
    }
  }

  @Test
  void oneCommandAloneMayHaveMore() {
    byte[] value = new byte[(Backlog.MOST_MEBIBYTES + 1) << 20];
    byte[] key = "large".getBytes(StandardCharsets.US_ASCII);
    try (Wire wire = new Wire(server.uri(), PATIENCE)) {
      for (int i = 0; i < 2; i++) {
        assertThat(wire.ask(Request.of(CommandType.SET, Request::isThere, key, value)).block())
            .isTrue();
      }
    }
  }

  /** Their answers are still to come, and have to be kept apart from others'. */
  @Test
  void thoseThatNobodyWaitsForAnyMoreCount() {
    try (RecordingProxy proxy = RecordingProxy.of(server.uri());
        ValkeySessionStore store = store(proxy.uri(), Duration.ofMinutes(5))) {
      Session session = created(store);
      // Twice, as none may be counted for ever.
      for (int i = 0; i < 2; i++) {
        proxy.holdAnswers();
        Disposable waiting = start(store, session, Backlog.MOST, new AtomicInteger());
        TestCluster.await("all are written", () -> proxy.unanswered() == Backlog.MOST);
        waiting.dispose();

        assertRefused(store.get(session.id()));

        proxy.releaseAnswers();
        value(whenBack(store.get(session.id())));
        proxy.awaitQuiet();
      }
    }
  }

  /** Lettuce passes them over. */
  @Test
  void thoseThatWereGivenUpBeforeTheyWereWrittenDoNotCount() {
    try (ValkeySessionStore store = store(server.uri(), Duration.ofMinutes(5))) {
      Session session = created(store);
      for (int i = 0; i < 20; i++) {
        start(store, session, Backlog.MOST, new AtomicInteger()).dispose();
      }

      assertTakesAll(store, session);
    }
  }

  @Test
  void thoseWhoseTimeIsUpAreForgottenWithTheirConnection() {
    try (ValkeySessionStore store = store(server.uri(), Duration.ofSeconds(1))) {
      Session session = created(store);
      server.pause();
      start(store, session, Backlog.MOST, new AtomicInteger());
      error(store.get(session.id()));
      server.kill();
      server.restart();

      assertTakesAll(store, session);
    }
  }

  /** Lettuce tells nobody of what was still to be written when the connection was closed. */
  @Test
  void thoseThatWereNeverWrittenAreForgottenWithTheirConnection() {
    try (ValkeySessionStore store = store(server.uri(), Duration.ofSeconds(1))) {
      Session session = created(store);
      server.pause();
      // More than the system's buffers take.
      Map<String, String> large = Map.of("text", "t".repeat(50_000));
      Flux.range(0, 600)
          .flatMap(i -> store.create(large).onErrorComplete(), 600)
          .blockLast(PATIENCE);
      TestCluster.await(
          "the connection is given up",
          () ->
              !String.valueOf(error(store.get(session.id())).getMessage())
                  .contains("commandTimeout"));
      server.resume();

      assertTakesAll(store, session);
    }
  }

  @Test
  void thoseThatAreGivenUpWhileTheyAreSentDoNotCountForEver() {
    try (ValkeySessionStore store = store(server.uri(), Duration.ofMinutes(5))) {
      Session session = created(store);
      for (int i = 0; i < 20_000; i++) {
        store
            .get(session.id())
            .doOnSubscribe(subscription -> Schedulers.parallel().schedule(subscription::cancel))
            .subscribe();
      }

      assertTakesAll(store, session);
    }
  }

  private void assertTakesAll(ValkeySessionStore store, Session session) {
    value(whenBack(store.get(session.id()).hasElement()));
    server.pause();
    AtomicInteger failed = new AtomicInteger();
    Disposable waiting = start(store, session, Backlog.MOST, failed);
    assertThat(failed).hasValue(0);
    assertRefused(store.get(session.id()));
    waiting.dispose();
  }

  private static ValkeySessionStore store(String uri, Duration commandTimeout) {
    return ValkeySessionStore.builder(uri)
        .connections(1)
        .commandTimeout(commandTimeout)
        .maxSessionSize(2 << 20)
        .maxAttributeSize(2 << 20)
        .build();
  }

  private static Disposable start(
      ValkeySessionStore store, Session session, int count, AtomicInteger failed) {
    return Disposables.composite(
        Collections.nCopies(count, store.get(session.id())).stream()
            .map(get -> get.subscribe(found -> {}, error -> failed.incrementAndGet()))
            .toList());
  }

  private static void assertRefused(Mono<?> call) {
    assertRefused(call, "8192 commands wait");
  }

  private static void assertRefused(Mono<?> call, String why) {
    assertThat(error(call.timeout(PATIENCE)))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            unavailable -> assertThat(unavailable.outcomeUnknown()).isFalse())
        .hasMessageContaining(why);
  }

  private static <T> Mono<T> whenBack(Mono<T> call) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance))
        .timeout(PATIENCE);
  }
}
