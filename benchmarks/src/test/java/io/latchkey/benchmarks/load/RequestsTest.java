package io.latchkey.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.latchkey.benchmarks.BenchServer;
import io.latchkey.benchmarks.BenchStore;
import io.latchkey.benchmarks.SessionSize;
import io.latchkey.benchmarks.StoreType;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RequestsTest {
  /** As of a store that refuses one of two changes at once: the run goes on with its steps. */
  @Test
  void requestsThatFailWhileTheStoreWarmsUpEndNothing() throws InterruptedException {
    try (BenchServer server = BenchServer.start();
        BenchStore store =
            StoreType.LATCHKEY.open(server.uri(), SessionSize.SMALL, Duration.ofSeconds(1))) {
      Requests requests = Requests.fill(store, 100, 10, stored -> {});
      server.clear();
      assertThatCode(() -> requests.warmUp(store, Duration.ofMillis(50)))
          .doesNotThrowAnyException();
    }
  }
}
