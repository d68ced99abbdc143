package io.latchkey.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.latchkey.shop.Browser.Page;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The shop without its server. */
class OutageTest {
  private final ServerProcess server = ValkeyServer.start();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void visitorIsToldToTryAgainAndKeepsTheSession() {
    try (var shop = RunningShop.start(server.uri(), "shop")) {
      var browser = new Browser(shop.port());
      browser.post("/sign-in", "name", "Ada");
      String cookie = browser.cookie();
      server.kill();

      Page page = browser.get("/cart");

      assertIsApology(page);
      assertThat(browser.cookie()).isEqualTo(cookie);
    }
  }

  @Test
  void firstCartThatCannotBeStoredSetsNoCookie() {
    try (var shop = RunningShop.start(server.uri(), "shop")) {
      var browser = new Browser(shop.port());
      server.kill();

      assertIsApology(browser.post("/cart", "item", "mug"));
      assertIsApology(browser.post("/sign-in", "name", "Ada"));
      assertThat(browser.cookie()).isNull();
    }
  }

  @Test
  void signOutThatDidNotReachTheServerKeepsTheCookieToTryAgain() {
    try (var shop = RunningShop.start(server.uri(), "shop")) {
      var browser = new Browser(shop.port());
      browser.post("/sign-in", "name", "Ada");
      server.kill();

      assertIsApology(browser.post("/sign-out"));

      assertThat(browser.cookie()).isNotNull();
    }
  }

  @Test
  void productsAreShownToNewVisitorsNevertheless() {
    try (var shop = RunningShop.start(server.uri(), "shop")) {
      server.kill();

      assertThat(new Browser(shop.port()).get("/").status()).isEqualTo(200);
    }
  }

  @Test
  void startWithoutTheServerSaysWhatToDoAndNoPassword() {
    String uri = server.uri().replace("valkey://", "valkey://ada:hunter2@");
    server.kill();

    Throwable failure = catchThrowable(() -> RunningShop.start(uri, "shop").close());

    FailureAnalysis analysis =
        Objects.requireNonNull(new SessionServerFailureAnalyzer().analyze(failure));
    assertThat(analysis.getDescription())
        .contains(":" + server.port() + " (LATCHKEY_URI)")
        .doesNotContain("hunter2", "ada");
    assertThat(analysis.getAction()).contains("LATCHKEY_URI");
  }

  @Test
  void embeddedServerEndsWhenItIsClosed() throws IOException {
    int port = freePort();
    try (var embedded = EmbeddedServer.start(port)) {
      assertThat(isReadable(embedded.uri())).isTrue();
    }

    assertThatThrownBy(() -> ping("127.0.0.1", port)).isInstanceOf(ConnectException.class);
  }

  @Test
  void embeddedServerRefusesClientsWithoutItsPassword() throws IOException {
    int port = freePort();
    try (var embedded = EmbeddedServer.start(port)) {
      assertThat(embedded.uri()).matches("valkey://:[A-Za-z0-9_-]{32}@127.0.0.1:" + port);
      assertThat(ping("127.0.0.1", port)).startsWith("-NOAUTH");
    }
  }

  @Test
  void embeddedServerHasAnotherPasswordAtEachStart() throws IOException {
    int port = freePort();
    String first;
    try (var embedded = EmbeddedServer.start(port)) {
      first = embedded.uri();
    }

    try (var embedded = EmbeddedServer.start(port)) {
      assertThat(embedded.uri()).isNotEqualTo(first);
    }
  }

  @Test
  void embeddedServerListensOnLoopbackOnly() throws IOException {
    int port = freePort();
    try (var embedded = EmbeddedServer.start(port)) {
      assertThat(isReadable(embedded.uri())).isTrue();
      NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> !address.isLoopbackAddress())
          .forEach(
              address ->
                  assertThatThrownBy(() -> ping(address.getHostAddress(), port))
                      .isInstanceOf(IOException.class));
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean isReadable(String uri) {
    try (ValkeySessionStore sessions = ValkeySessionStore.connect(uri)) {
      return sessions.get(sessions.newSession().id()).blockOptional().isEmpty();
    }
  }

  private static String ping(String host, int port) throws IOException {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), 5_000);
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readNBytes(7), StandardCharsets.US_ASCII);
    }
  }

  private static void assertIsApology(Page page) {
    assertThat(page.status()).isEqualTo(503);
    assertThat(page.header("Retry-After")).hasValue("3");
    assertThat(page.setCookie()).isEmpty();
    assertThat(page.body()).contains("We will be right back").doesNotContain("Exception", "at io.");
  }
}
