package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.UnreadableSessionException;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.testing.TestCluster;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Answers that are larger than what is read. */
class LargeAnswerTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final int LIMIT = 1 << 20;
  private static final Map<String, String> LARGE =
      Map.of(
          "first",
          "t".repeat(LIMIT / 3),
          "second",
          "t".repeat(LIMIT / 3),
          "third",
          "t".repeat(LIMIT / 3));

  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());

  @AfterEach
  void close() {
    proxy.close();
  }

  @ParameterizedTest
  @EnumSource
  void aSessionThatIsTooLargeIsUnreadableAndCanBeDeleted(Layout layout) {
    try (ValkeySessionStore store = store(layout)) {
      Session large = large(layout);

      assertThat(error(store.get(large.id())))
          .isInstanceOf(UnreadableSessionException.class)
          .hasMessageContaining("larger than maxAnswerSize, 1048576 bytes");
      assertThat(store.stats().brokenConnections()).isEqualTo(1);
      assertThat(value(whenBack(store.delete(large.id())))).isTrue();
    }
  }

  @Test
  void othersInFlightFailAsUnavailable() {
    try (ValkeySessionStore store = store(Layout.STRING)) {
      Session large = large(Layout.STRING);
      Session other = created(store);
      proxy.holdAnswers();
      store.get(large.id()).subscribe(found -> {}, error -> {});
      CompletableFuture<Session> behind = store.get(other.id()).toFuture();
      TestCluster.await("both are written", () -> proxy.unanswered() == 2);
      proxy.releaseAnswers();

      assertThat(behind)
          .failsWithin(PATIENCE)
          .withThrowableThat()
          .withCauseInstanceOf(SessionStoreUnavailableException.class);
      assertThat(value(whenBack(store.get(other.id()))).names()).containsExactly("user");
    }
  }

  /** The server says how much there will be, and no more. */
  @Test
  void itIsKnownAsSoonAsTheAnswerSaysSo() {
    try (FakeServer fake =
            new FakeServer(
                command ->
                    command.get(0).equals("HELLO")
                        ? FakeServer.hello("8.0.1")
                        : "$5000000\r\nabc");
        Wire wire = new Wire(fake.uri(), Duration.ofMinutes(1))) {
      assertThat(error(wire.ask(Request.get("k".getBytes(StandardCharsets.US_ASCII)))))
          .isInstanceOf(UnreadableSessionException.class);
    }
  }

  @Test
  void aConnectionOnWhichBytesArriveButNoAnswerEndsIsReplaced() {
    AtomicInteger asked = new AtomicInteger();
    try (FakeServer fake =
            new FakeServer(
                command ->
                    switch (String.valueOf(command.get(0))) {
                      case "HELLO" -> FakeServer.hello("8.0.1");
                      case "GET" -> asked.getAndIncrement() == 0 ? "$1000000\r\n" : "$1\r\nx";
                      default -> "+OK";
                    });
        // Long enough to connect within, and shorter than what a silent connection is given.
        Wire wire = new Wire(fake.uri(), Duration.ofMillis(500))) {
      Request<byte[]> get = Request.get("k".getBytes(StandardCharsets.US_ASCII));
      error(wire.ask(get));
      // Each of these brings some bytes, which are taken for a part of the first answer.
      byte[] answer =
          wire.ask(get)
              .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20)))
              .block(PATIENCE.multipliedBy(3));
      assertThat(answer).isEqualTo(new byte[] {'x'});
    }
  }

  /** As an instance wrote it that allows more. */
  private static Session large(Layout layout) {
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(SERVER.uri()).layout(layout).maxSessionSize(2 * LIMIT).build()) {
      return value(store.create(LARGE));
    }
  }

  private ValkeySessionStore store(Layout layout) {
    return ValkeySessionStore.builder(proxy.uri())
        .layout(layout)
        .connections(1)
        .maxAnswerSize(LIMIT)
        .maxSessionSize(LIMIT / 2)
        .commandTimeout(PATIENCE)
        .build();
  }

  private static <T> Mono<T> whenBack(Mono<T> call) {
    return call.retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                .filter(SessionStoreUnavailableException.class::isInstance))
        .timeout(PATIENCE);
  }
}
