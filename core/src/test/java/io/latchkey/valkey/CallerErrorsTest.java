package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;

/**
 * What a caller's own code throws on the connection's thread, of the kind that Reactor takes for
 * fatal: it ends the caller's request, and is no affair of the connection's.
 */
class CallerErrorsTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final ValkeySessionStore store =
      ValkeySessionStore.builder(proxy.uri()).connections(1).build();

  @AfterEach
  void close() {
    store.close();
    proxy.close();
  }

  @ParameterizedTest
  @EnumSource
  void anErrorThatReactorTakesForFatalEndsTheCall(Call call) {
    Session session = created(store);
    assertThat(
            Flux.from(call.on(store, session))
                .map(CallerErrorsTest::overflow)
                .materialize()
                .next()
                .block(Duration.ofSeconds(5)))
        .satisfies(
            signal -> assertThat(signal.getThrowable()).isInstanceOf(StackOverflowError.class));
  }

  @Test
  void othersOnTheConnectionGetTheirAnswers() {
    Session session = created(store);
    proxy.holdAnswers();
    CompletableFuture<Session> before = store.get(session.id()).toFuture();
    CompletableFuture<Object> caller =
        store.get(session.id()).map(CallerErrorsTest::overflow).toFuture();
    CompletableFuture<Session> after = store.get(session.id()).toFuture();
    TestCluster.await("all are written", () -> proxy.unanswered() == 3);
    proxy.releaseAnswers();

    assertThat(List.of(before, after))
        .allSatisfy(each -> assertThat(each).succeedsWithin(PATIENCE));
    assertThat(caller).failsWithin(PATIENCE);
    assertThat(value(store.get(session.id())).names()).containsExactly("user");
    assertThat(store.stats().brokenConnections()).isZero();
  }

  /** All that wait on a connection learn of its end in one go. */
  @Test
  void othersLearnOfTheEndOfTheConnection() {
    Session session = created(store);
    proxy.holdAnswers();
    store
        .get(session.id())
        .subscribe(
            found -> {},
            error -> {
              throw new StackOverflowError();
            });
    CompletableFuture<Session> after = store.get(session.id()).toFuture();
    TestCluster.await("both are written", () -> proxy.unanswered() == 2);
    proxy.cutAll();
    assertThat(after).failsWithin(PATIENCE);
    proxy.releaseAnswers();
  }

  private static Object overflow(Object value) {
    throw new StackOverflowError("thrown by a caller");
  }
}
