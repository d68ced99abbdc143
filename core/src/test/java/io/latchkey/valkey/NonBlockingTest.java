package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.BlockHoundExtension;
import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@ExtendWith(ValkeyServer.class)
class NonBlockingTest {
  private final ValkeyServer server;

  NonBlockingTest(ValkeyServer server) {
    this.server = server;
  }

  @Test
  void aSleepOnAParallelThreadIsCaught() {
    Mono<Void> sleeping = Mono.<Void>fromRunnable(this::sleep).subscribeOn(Schedulers.parallel());
    assertThat(error(sleeping)).isInstanceOf(BlockingOperationError.class);
    assertThat(BlockHoundExtension.takeViolations()).hasSize(1);
  }

  @Test
  void aSleepOnTheConnectionsEventLoopIsCaught() {
    try (ServerProcess own = ValkeyServer.start();
        ValkeySessionStore store = store(own.uri())) {
      Session session = created(store);
      AtomicReference<String> thread = new AtomicReference<>();
      Mono<Session> sleeping =
          store
              .get(session.id())
              .doOnNext(
                  got -> {
                    thread.set(Thread.currentThread().getName());
                    sleep();
                  });
      // The answer must not be there before anybody waits for it.
      own.pause();
      StepVerifier.create(sleeping)
          .then(own::resume)
          .expectError(BlockingOperationError.class)
          .verify(PATIENCE);
      assertThat(thread.get()).startsWith("lettuce-");
      assertThat(BlockHoundExtension.takeViolations()).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFirstCallFromANonBlockingThreadBlocksNowhere(Call call) {
    Session session;
    try (ValkeySessionStore other = store(server.uri())) {
      session = created(other);
    }
    ValkeySessionStore store = store(server.uri());
    onAParallelThread(Flux.defer(() -> call.on(store, session)).then());
    onAParallelThread(Mono.defer(store::closeAsync));
    assertNothingBlocked();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost"})
  void everyCallFromANonBlockingThreadBlocksNowhere(String host) {
    ValkeySessionStore store = store(server.uri().replace("127.0.0.1", host));
    Flux<Void> calls =
        Mono.defer(() -> store.create(Map.of("user", "user123")))
            .flatMapMany(
                session ->
                    Flux.fromArray(Call.values())
                        .concatMap(call -> Flux.defer(() -> call.on(store, session)).then()));
    onAParallelThread(calls.then());
    onAParallelThread(Mono.fromRunnable(store::close));
    onAParallelThread(Mono.defer(store::closeAsync));
    assertNothingBlocked();
  }

  @Test
  void theFirstCallOfAProcessBlocksNowhere() throws Exception {
    String printed = FirstCallInAProcess.run(server.uri(), server.namespace());
    assertThat(printed.strip()).isEqualTo("created");
  }

  /**
   * The trust store is a file, which the JDK forgets as soon as no connection uses it: a connection
   * that broke would read it again on the event loop.
   */
  @Test
  void aConnectionWithTlsBlocksNowhereHoweverOftenItIsOpened() {
    String uri = server.uri().replace("valkey://", "valkeys://");
    for (int i = 0; i < 3; i++) {
      ValkeySessionStore store =
          ValkeySessionStore.builder(uri).commandTimeout(Duration.ofMillis(500)).build();
      Mono<Session> call = Mono.defer(() -> store.create(Map.of("user", "user123")));
      assertThat(error(call.subscribeOn(Schedulers.parallel())))
          .isInstanceOf(SessionStoreUnavailableException.class);
      onAParallelThread(Mono.defer(store::closeAsync));
      System.gc();
    }
    assertNothingBlocked();
  }

  /** Its threads are woken to end them, and may hold the lock of their queue just then. */
  @RepeatedTest(60)
  void closingBlocksNowhere() {
    ValkeySessionStore store = store(server.uri());
    created(store);
    onAParallelThread(Mono.defer(store::closeAsync));
    assertNothingBlocked();
  }

  private ValkeySessionStore store(String uri) {
    return ValkeySessionStore.builder(uri).namespace(server.namespace()).build();
  }

  private void onAParallelThread(Mono<Void> work) {
    StepVerifier.create(work.subscribeOn(Schedulers.parallel())).expectComplete().verify(PATIENCE);
  }

  private void assertNothingBlocked() {
    assertThat(BlockHoundExtension.takeViolations()).isEmpty();
  }

  private void sleep() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
