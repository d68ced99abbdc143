package io.latchkey.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.tck.Resp;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ValkeyServer.class)
class ValkeyServerTest {
  private final ValkeyServer server;

  ValkeyServerTest(ValkeyServer server) {
    this.server = server;
  }

  @Test
  void answersAtItsUri() {
    try (RespConnection connection = RespConnection.open(server.uri())) {
      assertThat(connection.call("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void tellsItsVersion() {
    assertThat(server.version()).matches("\\d+\\.\\d+\\.\\d+");
  }

  @Test
  void listsTheKeysOfItsNamespaceOnly() {
    String inside = server.namespace() + ":inside";
    String outside = server.namespace() + "-outside";
    server.command("SET", inside, "1", "PX", "10000");
    server.command("SET", outside, "1", "PX", "10000");
    assertThat(server.keys()).contains(inside).doesNotContain(outside);
    assertThat(server.command("DEL", outside)).isEqualTo(1L);
  }

  @Nested
  class InANestedClass {
    @Test
    void theNamespaceIsThatOfTheOuterClass(ValkeyServer nested) {
      assertThat(nested.namespace()).startsWith("latchkey-test-ValkeyServerTest-");
    }
  }

  @Nested
  class AServerOfOnesOwn {
    @Test
    void takesOptions() {
      try (ServerProcess own = ValkeyServer.start("--requirepass", "sesame");
          RespConnection connection = RespConnection.open(own.uri())) {
        assertThatThrownBy(() -> connection.call("GET", "x"))
            .isInstanceOf(Resp.ErrorReply.class)
            .hasMessageStartingWith("NOAUTH");
        assertThat(connection.call("AUTH", "sesame")).isEqualTo("OK");
      }
    }

    @Test
    void refusesAnOptionThatTheServerDoesNotKnow() {
      assertThatThrownBy(() -> ValkeyServer.start("--no-such-option", "1"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no-such-option");
    }

    @Test
    void isEmptyAndOnTheSamePortAfterARestart() {
      try (ServerProcess own = ValkeyServer.start()) {
        String uri = own.uri();
        call(own, "SET", "x", "1");
        own.restart();
        assertThat(own.uri()).isEqualTo(uri);
        assertThat(call(own, "DBSIZE")).isEqualTo(0L);
      }
    }

    @Test
    void doesNotAnswerOnceKilledUntilRestarted() {
      try (ServerProcess own = ValkeyServer.start()) {
        own.kill();
        assertThatThrownBy(() -> call(own, "PING")).isInstanceOf(UncheckedIOException.class);
        own.restart();
        assertThat(call(own, "PING")).isEqualTo("PONG");
      }
    }

    @Test
    void answersAfterAPauseWhatWasAskedInIt() throws Exception {
      try (ServerProcess own = ValkeyServer.start();
          RespConnection connection = RespConnection.open(own.uri())) {
        own.pause();
        CompletableFuture<?> answer =
            CompletableFuture.supplyAsync(() -> String.valueOf(connection.call("PING")));
        assertThat(answer).isNotDone();
        own.resume();
        assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("PONG");
      }
    }

    @Test
    void endsWhenClosedEvenWhilePaused() {
      ServerProcess own = ValkeyServer.start();
      own.pause();
      own.close();
      assertThatThrownBy(() -> call(own, "PING")).isInstanceOf(UncheckedIOException.class);
    }

    private @Nullable Object call(ServerProcess process, String... words) {
      try (RespConnection connection = RespConnection.open(process.uri())) {
        return connection.call(words);
      }
    }
  }
}
