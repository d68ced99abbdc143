package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.context.WebServerApplicationContext;

/** An application that starts while its server is away, or will not have it. */
@ExtendWith(OutputCaptureExtension.class)
class LatchkeyStartTest {
  private final ServerProcess server = ValkeyServer.start();
  private final ReactiveWebApplicationContextRunner web =
      BootContexts.web()
          .withPropertyValues(
              "latchkey.uri=valkey://ada:hunter2@127.0.0.1:" + server.port() + "/3");

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void applicationDoesNotStartWithoutItsServerAndSaysWhatToDo() {
    server.kill();

    web.run(
        context -> {
          FailureAnalysis analysis = analysis(context.getStartupFailure());
          assertThat(analysis.getDescription())
              .contains("127.0.0.1:" + server.port(), "the property latchkey.uri")
              .doesNotContain("hunter2", "ada", "..");
          assertThat(analysis.getAction())
              .contains(
                  "docker run -p 6379:6379 valkey/valkey",
                  "latchkey.uri",
                  "latchkey.check-on-startup=warn");
        });
  }

  @Test
  void applicationWithoutAnyAddressIsToldThatItIsTheDefault() {
    server.kill();

    BootContexts.web()
        .withPropertyValues("spring.data.redis.port=" + server.port())
        .run(
            context ->
                assertThat(analysis(context.getStartupFailure()).getDescription())
                    .contains("localhost:" + server.port(), "spring.data.redis.*"));
  }

  @Test
  void wrongPasswordIsNotTakenForAnAbsentServer() {
    try (RespConnection admin = RespConnection.open(server.uri())) {
      admin.call("ACL", "SETUSER", "ada", "reset", "on", ">another", "~*", "+@all");

      web.run(
          context -> {
            FailureAnalysis analysis = analysis(context.getStartupFailure());
            assertThat(analysis.getDescription())
                .contains("127.0.0.1:" + server.port())
                .doesNotContain("hunter2", "answered at");
            assertThat(analysis.getAction()).contains("user:password");
          });
    }
  }

  @Test
  void warningIsEnoughWhereTheApplicationAsksForIt(CapturedOutput output) {
    server.kill();

    web.withPropertyValues("latchkey.check-on-startup=warn")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(output)
                  .contains("WARN", "127.0.0.1:" + server.port(), "latchkey.uri")
                  .doesNotContain("hunter2");
            });
  }

  @ParameterizedTest
  @CsvSource({"off", "false"})
  void serverIsNotAskedWhereTheApplicationDoesNotWantIt(String value, CapturedOutput output) {
    server.kill();

    web.withPropertyValues("latchkey.check-on-startup=" + value)
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(output).doesNotContain("latchkey.uri");
            });
  }

  @Test
  void checkIsDoneBeforeTheWebServerStarts() {
    var check = new ServerCheck[1];
    web.withPropertyValues("latchkey.uri=" + server.uri())
        .run(
            context -> {
              check[0] = context.getBean(ServerCheck.class);
              assertThat(check[0].isRunning()).isTrue();
              assertThat(check[0].getPhase())
                  .isLessThan(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE);
            });
    assertThat(check[0].isRunning()).isFalse();
  }

  private static FailureAnalysis analysis(@Nullable Throwable failure) {
    return Objects.requireNonNull(
        new LatchkeyFailureAnalyzer().analyze(Objects.requireNonNull(failure)));
  }
}
