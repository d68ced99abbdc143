package io.latchkey.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.benchmarks.BenchServer;
import io.latchkey.benchmarks.BenchStore;
import io.latchkey.benchmarks.SessionSize;
import io.latchkey.benchmarks.StoreType;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The run goes on with its steps, whatever became of the requests of the warm-up. */
class RequestsTest {
  /** As of a store that refuses one of two changes at once. */
  @Test
  void requestsThatFailWhileTheStoreWarmsUpEndNothing() throws InterruptedException {
    try (BenchServer server = BenchServer.start()) {
      BenchStore store = open(server);
      Requests requests;
      try (store) {
        requests = Requests.fill(store, 100, 10, stored -> {});
      }
      // It is closed, so all of them do.
      assertThatThrownBy(() -> requests.start(store, 0).block()).hasMessageContaining("closed");
      assertWarmsUp(requests, store);
    }
  }

  @Test
  void requestsThatFindNoSessionWhileTheStoreWarmsUpEndNothing() throws InterruptedException {
    try (BenchServer server = BenchServer.start();
        BenchStore store = open(server)) {
      Requests requests = Requests.fill(store, 100, 10, stored -> {});
      server.clear();
      assertWarmsUp(requests, store);
    }
  }

  private static void assertWarmsUp(Requests requests, BenchStore store) {
    assertThatCode(() -> requests.warmUp(store, Duration.ofMillis(50))).doesNotThrowAnyException();
  }

  private static BenchStore open(BenchServer server) {
    return StoreType.LATCHKEY.open(server.uri(), SessionSize.SMALL, Duration.ofSeconds(1));
  }
}
