package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.messages;
import static io.latchkey.valkey.Sessions.storedElsewhere;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.internal.ExactSession;
import io.latchkey.tck.Resp;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What is wrong with a server, or with the way to it, is said once, clearly, at the first use. */
class FirstUseTest {
  private static final String PASSWORD = "s3cret";

  @Test
  void aWrongPasswordIsSaidWithoutRepeatingIt() {
    try (ServerProcess own = ValkeyServer.start("--requirepass", PASSWORD);
        ValkeySessionStore store =
            ValkeySessionStore.connect(own.uri().replace("://", "://:wr0ng@"))) {
      Throwable error = error(store.create(Map.of()));
      assertThat(error)
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("refused the user name or password: check both in the URI");
      assertThat(messages(error)).noneMatch(m -> m.contains("wr0ng") || m.contains(PASSWORD));
    }
  }

  @Test
  void aMissingPasswordIsSaid() {
    try (ServerProcess own = ValkeyServer.start("--requirepass", PASSWORD);
        ValkeySessionStore store = ValkeySessionStore.connect(own.uri())) {
      assertThat(error(store.create(Map.of())))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("refused the user name or password: check both in the URI");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatDoesNotRunIsSaidAtOnceAndNothingWasWritten(Call call) throws IOException {
    // Far beyond what the test waits for: to wait for the timeout would fail it.
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(uriOfNobody()).commandTimeout(Duration.ofMinutes(1)).build()) {
      assertThat(error(call.on(store, storedElsewhere())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).isFalse())
          .hasMessageContaining("is it running, and is the URI right?");
    }
  }

  @Test
  void aHostThatDoesNotExistIsSaidAtOnce() {
    try (ValkeySessionStore store = ValkeySessionStore.connect("valkey://host.invalid:6379")) {
      assertThat(error(store.create(Map.of())))
          .isInstanceOf(SessionStoreUnavailableException.class)
          .hasMessageContaining("is it running, and is the URI right?");
    }
  }

  /** The kernel accepts the connection, and nobody ever answers. */
  @Test
  void aServerThatNeverAnswersIsUnavailableAfterTheCommandTimeoutAndNothingWasWritten() {
    try (ServerProcess own = ValkeyServer.start();
        ValkeySessionStore store =
            ValkeySessionStore.builder(own.uri()).commandTimeout(Duration.ofMillis(200)).build()) {
      own.pause();
      assertThat(error(store.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).isFalse());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.0.16", "6.1.0", "5.0.7", "2.8.24"})
  void aServerThatIsTooOldIsSaidWithItsVersion(String version) {
    try (FakeServer fake = new FakeServer(command -> FakeServer.hello(version));
        ValkeySessionStore store = ValkeySessionStore.connect(fake.uri())) {
      assertThat(error(store.create(Map.of())))
          .isInstanceOf(SessionStoreException.class)
          .hasMessage(
              "the server is too old: Latchkey needs Valkey, or Redis 6.2 or newer, and this one is "
                  + version);
    }
  }

  @Test
  void aServerThatDoesNotKnowHelloIsTooOld() {
    try (FakeServer fake =
            new FakeServer(command -> "-ERR unknown command `HELLO`, with args beginning with: ");
        ValkeySessionStore store = ValkeySessionStore.connect(fake.uri())) {
      assertThat(error(store.create(Map.of())))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("the server is too old: Latchkey needs Valkey, or Redis 6.2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.2.0", "7.0.15", "8.0.1", "9.1.0", "10.0.0", "255.255.255", "unstable"})
  void aServerThatIsNewEnoughIsUsed(String version) {
    try (FakeServer fake =
            new FakeServer(
                command -> command.get(0).equals("HELLO") ? FakeServer.hello(version) : "+OK");
        ValkeySessionStore store = ValkeySessionStore.connect(fake.uri())) {
      assertThat(created(store).id()).hasSize(40);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SAVE", "TOUCH", "ROTATE_ID"})
  void aServerWithoutScriptsIsSaid(Call call) {
    try (ServerProcess own = withoutScripts();
        ValkeySessionStore store = ValkeySessionStore.connect(own.uri())) {
      assertThat(error(call.on(store, created(store))))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageStartingWith("the server cannot run Lua scripts, which Latchkey needs")
          .hasNoCause();
    }
  }

  /** From Valkey 9.1 on Lua is a module, and may be left out. */
  @ParameterizedTest
  @EnumSource(names = {"SAVE", "TOUCH", "ROTATE_ID"})
  void aServerWithoutTheModuleForScriptsIsSaid(Call call) {
    try (ServerProcess own = withoutTheModuleForScripts();
        ValkeySessionStore store = ValkeySessionStore.connect(own.uri())) {
      assertThat(error(call.on(store, created(store))))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageStartingWith("the server cannot run Lua scripts, which Latchkey needs")
          .hasMessageContaining("module (lua)")
          .hasNoCause();
    }
  }

  private static ServerProcess withoutTheModuleForScripts() {
    ServerProcess own;
    try {
      own = ValkeyServer.start("--enable-module-command", "yes");
    } catch (IllegalStateException e) {
      // Redis 6.2 does not know the option.
      throw new TestAbortedException("SKIPPED: this server has Lua built in", e);
    }
    try (RespConnection admin = RespConnection.open(own.uri())) {
      admin.call("MODULE", "UNLOAD", "lua");
      return own;
    } catch (Resp.ErrorReply e) {
      own.close();
      throw new TestAbortedException("SKIPPED: this server has Lua built in", e);
    }
  }

  private static ServerProcess withoutScripts() {
    return ValkeyServer.start("--rename-command", "EVALSHA", "", "--rename-command", "EVAL", "");
  }

  private static String uriOfNobody() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "valkey://127.0.0.1:" + socket.getLocalPort();
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class AUserWithFewPermissions {
    private static final String NAMESPACE = "shop";

    private final ServerProcess own = ValkeyServer.start();
    private final RespConnection admin = RespConnection.open(own.uri());

    @BeforeAll
    void connect() {
      assertThat(admin.call("PING")).isEqualTo("PONG");
    }

    @AfterAll
    void stop() {
      admin.close();
      own.close();
    }

    static Stream<String> needed() {
      return Arrays.stream(ServerErrors.NEEDED.split(" ")).map(word -> word.substring(1));
    }

    @Test
    void needsNoMoreThanTheCommandsThatTheErrorNames() {
      permit(NAMESPACE, ServerErrors.NEEDED);
      assertThat(errors()).isEmpty();
    }

    @Test
    void needsSelectTooInAnotherDatabase() {
      permit(NAMESPACE, ServerErrors.NEEDED + " +select");
      try (ValkeySessionStore store = store(own.uri() + "/1")) {
        assertThat(created(store).id()).hasSize(40);
      }
    }

    @ParameterizedTest
    @MethodSource("needed")
    void needsEachOfThemAndIsToldWhichOneIsMissing(String command) {
      permit(NAMESPACE, ServerErrors.NEEDED + " -" + command);
      List<Throwable> errors = errors();
      assertThat(errors).isNotEmpty();
      assertThat(errors)
          .allSatisfy(
              error ->
                  assertThat(error)
                      .isInstanceOf(ServerErrors.ForbiddenException.class)
                      .hasMessageMatching(
                          "the server's user has no permission for "
                              + (scriptsErrorsNameTheCommand() ? "" : "(a key or command|")
                              + "the command "
                              + command.toUpperCase(Locale.ROOT)
                              + (scriptsErrorsNameTheCommand() ? "" : ")")
                              + ": .*")
                      .hasMessageContaining(ServerErrors.NEEDED)
                      .hasMessageNotContaining(PASSWORD)
                      .hasNoCause());
    }

    /** What lies under two ids for a while takes other ways through the scripts. */
    @ParameterizedTest
    @EnumSource
    void needsNoMoreForAGrace(Layout layout) {
      permit(NAMESPACE, ServerErrors.NEEDED);
      try (ValkeySessionStore store = builder(own.uri()).layout(layout).build()) {
        Duration grace = Duration.ofMinutes(1);
        Session session = created(store);
        Session renewed = Sessions.value(store.rotateId(session, grace));
        Session found = Sessions.value(store.get(session.id()));
        assertThat(Sessions.value(store.touch(found))).isTrue();
        Sessions.value(store.save(found.set("n", 1)));
        Sessions.value(store.rotateId(found, grace));
        Sessions.value(store.renewId(found, Duration.ofNanos(1), grace));
        assertThat(Sessions.value(store.delete(session.id()))).isTrue();
        StepVerifier.create(store.get(renewed.id())).verifyComplete();
      }
    }

    /** A script is not undone where it fails. */
    @ParameterizedTest
    @MethodSource("needed")
    void whatItMayNotDoLeavesNothingHalfDone(String command) {
      for (Layout layout : Layout.values()) {
        for (Call call : Call.values()) {
          if (call == Call.DELETE) {
            continue;
          }
          admin.call("FLUSHALL");
          permit(NAMESPACE, ServerErrors.NEEDED);
          try (ValkeySessionStore administrators =
                  builder(own.uri()).layout(layout).idleTimeout(Duration.ofHours(1)).build();
              ValkeySessionStore store = builder(own.uri()).layout(layout).build()) {
            Session session = created(administrators).remove("user");
            permit(NAMESPACE, ServerErrors.NEEDED + " -" + command);
            boolean failed =
                Flux.from(call.on(store, session))
                    .then(Mono.just(false))
                    .onErrorReturn(true)
                    .blockOptional(Sessions.PATIENCE)
                    .orElseThrow();
            permit(NAMESPACE, ServerErrors.NEEDED);
            if (failed) {
              assertThat(Sessions.value(administrators.get(session.id())).names())
                  .as("%s %s", layout, call)
                  .containsExactly("user");
            }
            assertThat((List<?>) admin.call("KEYS", "*"))
                .as("%s %s", layout, call)
                .hasSize(failed || !(call == Call.CREATE || call == Call.SAVE_NEW) ? 1 : 2)
                .allSatisfy(
                    key -> assertThat((Long) admin.call("PTTL", String.valueOf(key))).isPositive());
          }
        }
      }
    }

    /** Up to Redis 7.0 they say only that the script did what its user may not do. */
    private boolean scriptsErrorsNameTheCommand() {
      String info = String.valueOf(admin.call("INFO", "server"));
      return !info.contains("redis_version:6.") && !info.contains("redis_version:7.0.");
    }

    @Test
    void isToldThatTheKeysAreMissing() {
      permit("another", ServerErrors.NEEDED);
      Session session = storedElsewhere();
      try (ValkeySessionStore store = store(own.uri())) {
        for (Call call : Call.values()) {
          Throwable error = error(call.on(store, session));
          assertThat(error)
              .as("%s", call)
              .isInstanceOf(SessionStoreException.class)
              .hasMessageContaining("~<namespace>:*")
              .hasMessageNotContaining(NAMESPACE);
        }
      }
    }

    @Test
    void readsASessionWhoseAccessItMayNotWriteDown() {
      permit(NAMESPACE, ServerErrors.NEEDED + " -setrange");
      try (ValkeySessionStore store =
          builder(own.uri()).touchInterval(Duration.ZERO).connections(1).build()) {
        Session session = created(store);
        // Commands are answered in order: the last answer comes after that of the first touch.
        for (int i = 0; i < 4; i++) {
          assertThat(Sessions.value(store.get(session.id())).names()).containsExactly("user");
        }
        assertThat(store.stats().failedTouches()).isPositive();
      }
    }

    @Test
    void accessThatCouldNotBeWrittenDownIsDueAgain() {
      permit(NAMESPACE, ServerErrors.NEEDED + " -setrange");
      Clock later = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(1));
      try (ValkeySessionStore store = builder(own.uri()).build();
          ValkeySessionStore next = builder(own.uri()).clock(later).connections(1).build()) {
        String id = created(store).id();
        Session session = Sessions.value(next.get(id));
        // Commands are answered in order, and a touch takes two of them at the most.
        for (int i = 0; i < 3; i++) {
          Sessions.value(next.get(id));
        }

        assertThat(((ExactSession) session).isTouchDue()).isTrue();
      }
    }

    /** What fails when every call is made once in both layouts, each without a script loaded. */
    private List<Throwable> errors() {
      List<Throwable> errors = new ArrayList<>();
      for (Layout layout : Layout.values()) {
        for (Call call : Call.values()) {
          try (ValkeySessionStore store = builder(own.uri()).layout(layout).build()) {
            Session session = putByAdmin(layout);
            admin.call("SCRIPT", "FLUSH");
            Flux.from(call.on(store, session))
                .doOnError(errors::add)
                .onErrorComplete()
                .blockLast(Sessions.PATIENCE);
          }
        }
      }
      return errors;
    }

    /** For ever and with an attribute to remove, as some commands serve nothing else. */
    private Session putByAdmin(Layout layout) {
      // The default user of this server may do all.
      try (ValkeySessionStore store =
          ValkeySessionStore.builder(own.uri())
              .namespace(NAMESPACE)
              .layout(layout)
              .idleTimeout(Session.NEVER_IDLE)
              .build()) {
        return created(store).remove("user");
      }
    }

    private void permit(String namespace, String commands) {
      List<String> words = new ArrayList<>(List.of("ACL", "SETUSER", "app", "reset", "on"));
      words.addAll(List.of(">" + PASSWORD, "~" + namespace + ":*"));
      words.addAll(List.of(commands.split(" ")));
      assertThat(admin.call(words.toArray(String[]::new))).isEqualTo("OK");
    }

    private ValkeySessionStore store(String uri) {
      return builder(uri).build();
    }

    private ValkeySessionStore.Builder builder(String uri) {
      return ValkeySessionStore.builder(uri.replace("://", "://app:" + PASSWORD + "@"))
          .namespace(NAMESPACE);
    }
  }
}
