package io.latchkey.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DelayingProxyTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private ServerSocket server;

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  @Test
  void whatIsSentComesBackAfterTwiceTheDelay() throws Exception {
    Duration delay = Duration.ofMillis(20);
    try (DelayingProxy proxy = DelayingProxy.start(server.getLocalSocketAddress(), delay);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket accepted = server.accept()) {
      long sent = System.nanoTime();
      send(client, "ping");
      assertThat(receive(accepted)).isEqualTo("ping");
      send(accepted, "pong");
      assertThat(receive(client)).isEqualTo("pong");

      assertThat(System.nanoTime() - sent).isGreaterThanOrEqualTo(2 * delay.toNanos());
    }
  }

  @Test
  void anyNumberOfChunksIsUnderWayAtOnceAndComesInOrder() throws Exception {
    try (DelayingProxy proxy =
            DelayingProxy.start(server.getLocalSocketAddress(), Duration.ofSeconds(2));
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket accepted = server.accept()) {
      client.setTcpNoDelay(true);
      StringBuilder sent = new StringBuilder();
      // Each is sent when the one before has come into the proxy: none waits for another to leave.
      for (int chunk = 0; chunk < 100; chunk++) {
        String text = "%04d".formatted(chunk);
        send(client, text);
        sent.append(text);
        awaitHeld(proxy, chunk + 1);
      }

      assertThat(proxy.held()).isEqualTo(100);
      assertThat(new String(accepted.getInputStream().readNBytes(400), StandardCharsets.US_ASCII))
          .isEqualTo(sent.toString());
    }
  }

  @Test
  void theEndOfAConnectionIsPassedOn() throws Exception {
    try (DelayingProxy proxy =
            DelayingProxy.start(server.getLocalSocketAddress(), Duration.ofMillis(1));
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket accepted = server.accept()) {
      send(client, "last");
      client.shutdownOutput();

      assertThat(receive(accepted)).isEqualTo("last");
      assertThat(accepted.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void theUriKeepsWhatIsNeededToConnect() {
    try (DelayingProxy proxy =
        DelayingProxy.start(server.getLocalSocketAddress(), Duration.ofMillis(1))) {
      assertThat(proxy.uri(URI.create("redis://user:secret@valkey.example:6390/3")))
          .isEqualTo("redis://user:secret@127.0.0.1:" + proxy.port() + "/3");
    }
  }

  private static void awaitHeld(DelayingProxy proxy, int chunks) {
    long begin = System.nanoTime();
    while (proxy.held() < chunks) {
      assertThat(System.nanoTime() - begin)
          .as("waiting for %s chunks to be under way", chunks)
          .isLessThan(PATIENCE.toNanos());
      Thread.onSpinWait();
    }
  }

  private static void send(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static String receive(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    return new String(in.readNBytes(4), StandardCharsets.US_ASCII);
  }
}
