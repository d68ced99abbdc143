package io.latchkey.benchmarks.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.benchmarks.shop.PageLoad.Measured;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

@Timeout(60)
class PageLoadTest {
  private static final String PAGE = "<h1>Your cart</h1> Teapot";
  private static final Duration LENGTH = Duration.ofMillis(50);

  private final CountDownLatch asked = new CountDownLatch(3);
  private DisposableServer server = serve(PAGE, false);

  @AfterEach
  void stop() {
    server.disposeNow();
  }

  @Test
  void pagesAreMeasured() throws Exception {
    Measured measured = measure(0);

    assertThat(measured.failed()).isZero();
    assertThat(measured.pages().getTotalCount()).isPositive();
  }

  @Test
  void aCartThatIsEmptyHasFailed() throws Exception {
    server.disposeNow();
    server = serve("<h1>Your cart</h1> Nothing in it yet.", false);

    Measured measured = measure(0);

    assertThat(measured.failed()).isPositive();
    assertThat(measured.pages().getTotalCount()).isZero();
  }

  @Test
  void aPageThatTheServerHangsUpOnIsLost() throws Exception {
    server.disposeNow();
    server = serve(PAGE, true);

    measure(2);
  }

  private Measured measure(long lost) throws InterruptedException {
    try (PageLoad load = new PageLoad(server.port(), List.of("a=1", "b=2"), 2, PAGE.length())) {
      Measured measured;
      do {
        measured = load.measure(LENGTH);
      } while (lost == 0 && !asked.await(0, TimeUnit.SECONDS));
      assertThat(load.end()).isEqualTo(lost);
      return measured;
    }
  }

  private DisposableServer serve(String page, boolean hangsUp) {
    return HttpServer.create()
        .host("127.0.0.1")
        .port(0)
        .handle(
            (request, response) -> {
              asked.countDown();
              if (hangsUp) {
                request.withConnection(connection -> connection.dispose());
                return Mono.never();
              }
              return response.sendByteArray(Mono.just(page.getBytes(StandardCharsets.US_ASCII)));
            })
        .bindNow();
  }
}
