package io.latchkey.valkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.UnreadableSessionException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What servers of several releases say, which no server here can be brought to say. */
class ServerErrorsTest {
  private static final String SCRIPT = "`local head = redis.call('GETRANGE', KEYS[1], 0, 100)`, ";

  static Stream<Arguments> answers() {
    return Stream.of(
        arguments("ERR unknown command 'evalsha', with args beginning with: 'k'", "Lua scripts"),
        arguments("ERR unknown command 'EVAL', with args beginning with: 'k'", "Lua scripts"),
        arguments("ERR unknown command `EVALSHA`, with args beginning with: `k`, ", "Lua scripts"),
        arguments("ERR unknown command `EVAL`, with args beginning with: " + SCRIPT, "Lua scripts"),
        arguments("ERR Could not find scripting engine 'lua'", "Lua scripts"),
        arguments("ERR unknown command 'UNLINK', with args beginning with: ", "command UNLINK"),
        arguments(
            "ERR unknown command `UNLINK`, with args beginning with: `k`, ", "command UNLINK"),
        arguments("NOPERM User app has no permissions to run the 'get' command", "command GET"),
        arguments(
            "ERR ACL failure in script: User app has no permissions to run the 'pexpire' command",
            "command PEXPIRE"),
        arguments(
            "ERR Error running script (call to f_0c): @user_script:1: @user_script: 1: The user"
                + " executing the script can't run this command or subcommand",
            "permission for a key or command"),
        arguments(
            "ERR Error running script (call to f_0c): @user_script:1: @user_script: 1: The user"
                + " executing the script can't access at least one of the keys mentioned in the"
                + " command arguments",
            "permission for a key or command"),
        arguments("NOPERM this user has no permissions to run the 'get' command", "command GET"),
        arguments("NOPERM No permissions to access a key", "permission for a key"),
        arguments("WRONGPASS invalid username-password pair or user is disabled.", "password"),
        arguments("ERR invalid password", "password"),
        arguments("NOAUTH Authentication required.", "password"));
  }

  @Test
  void theReadmeGrantsWhatTheErrorNames() throws IOException {
    assertThat(Files.readString(Path.of("../README.md")))
        .contains(ServerErrors.NEEDED, ServerErrors.NEEDED_ON_A_CLUSTER);
  }

  @ParameterizedTest
  @MethodSource("answers")
  void aServersAnswerBecomesAnErrorThatSaysWhatToDo(String answer, String said) {
    Throwable error = translated(answer);
    assertThat(error)
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining(said)
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OOM command not allowed when used memory > 'maxmemory'.",
        "ERR Error running script (call to f_0c): @user_script:9: -OOM command not allowed when"
            + " used memory > 'maxmemory'.",
        "ERR Error running script (call to f_0c): @user_script:9: @user_script: 9: -READONLY You"
            + " can't write against a read only replica.",
        "READONLY You can't write against a read only replica.",
        "LOADING Valkey is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "CLUSTERDOWN The cluster is down",
        "BUSY Valkey is busy running a script.",
        "NOREPLICAS Not enough good replicas to write.",
        "MISCONF Valkey is configured to save RDB snapshots"
      })
  void aServerThatCannotWorkNowIsUnavailableAndHasWrittenNothing(String answer) {
    assertThat(translated(answer))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isFalse())
        .hasMessageContaining(
            answer.startsWith("ERR")
                ? answer.replaceFirst(".*-(\\w+) .*", "$1")
                : answer.split(" ", 2)[0]);
  }

  @ParameterizedTest
  @CsvSource({
    "MOVED 3999 127.0.0.1:6381,MOVED,127.0.0.1,6381",
    "MOVED 3999 :6381,MOVED,'',6381",
    "MOVED 3999 node-1.example:6381,MOVED,node-1.example,6381",
    "ASK 16383 fd00::1:6381,ASK,fd00::1,6381",
    "MOVED somewhere,LATER,'',0",
    "TRYAGAIN Multiple keys request during rehashing of slot,LATER,'',0"
  })
  void aRedirectionSaysWhereToAskAndThatNothingWasWritten(
      String answer, String kind, String host, int port) {
    assertThat(translated(answer))
        .isInstanceOfSatisfying(
            ServerErrors.RedirectedException.class,
            redirected -> {
              assertThat(redirected.kind()).hasToString(kind);
              assertThat(redirected.host()).isEqualTo(host);
              assertThat(redirected.port()).isEqualTo(port);
              assertThat(redirected.outcomeUnknown()).isFalse();
            });
  }

  @Test
  void aKeyOfAnotherTypeIsUnreadable() {
    assertThat(translated("WRONGTYPE Operation against a key holding the wrong kind of value"))
        .isInstanceOf(UnreadableSessionException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ERR wrong value 'user123'",
        "USER123 something",
        "ERR Error running script: user123",
        "user123",
        ""
      })
  void anAnswerThatNobodyForesawIsNotRepeated(String answer) {
    assertThat(translated(answer))
        .isExactlyInstanceOf(SessionStoreException.class)
        .hasMessageNotContainingAny("user123", "USER123")
        .hasNoCause();
  }

  @Test
  void aNodeWhoseHostNobodyKnowsIsAskedForLater() {
    assertThat(translated("MOVED 3999 ?:6380"))
        .isInstanceOfSatisfying(
            ServerErrors.RedirectedException.class,
            redirected ->
                assertThat(redirected.kind())
                    .isEqualTo(ServerErrors.RedirectedException.Kind.LATER));
  }

  static Stream<Arguments> unsent() {
    return Stream.of(
        arguments(new RedisException("Currently not connected. Commands are rejected."), false),
        arguments(new RedisCommandTimeoutException("Command timed out after 2 second(s)"), true),
        arguments(new RedisException("Connection closed"), true),
        arguments(new IOException("Connection reset by peer"), true),
        arguments(new ServerErrors.ConnectionLostException(), true));
  }

  @ParameterizedTest
  @MethodSource("unsent")
  void anErrorOfTheConnectionTellsWhetherTheCommandMayHaveRun(Throwable error, boolean unknown) {
    assertThat(ServerErrors.translate(new CompletionException(error)))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            unavailable -> assertThat(unavailable.outcomeUnknown()).isEqualTo(unknown));
  }

  private static Throwable translated(String answer) {
    return ServerErrors.translate(
        new CompletionException(new RedisCommandExecutionException(answer)));
  }
}
