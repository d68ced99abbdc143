package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.latchkey.Session;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/** Rule 7: no id, attribute value, key or password in a log line, whatever goes wrong. */
class NothingSecretIsLoggedTest {
  private static final String PASSWORD = "s3cretPassw0rd";
  private static final String VALUE = "valueOfAnAttribute";
  private static final String NAMESPACE = "namespaceOfKeys";

  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Logger ours = (Logger) LoggerFactory.getLogger("io.latchkey");
  private final Lines lines = new Lines();
  private final Set<String> secrets =
      Collections.synchronizedSet(new HashSet<>(Set.of(PASSWORD, VALUE, NAMESPACE)));

  @BeforeEach
  void listen() {
    ours.setLevel(Level.TRACE);
    lines.start();
    root.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    root.detachAppender(lines);
    ours.setLevel(null);
  }

  @Test
  void theTestHearsWhatIsLogged() {
    LoggerFactory.getLogger("io.latchkey.Something").trace("about {}", VALUE);
    LoggerFactory.getLogger("another.Something")
        .warn("failed", new Throwable(VALUE, null, false, false) {});
    assertThat(lines.all).hasSize(2).allMatch(line -> line.contains(VALUE));
  }

  @Test
  void whileAllGoesWell() {
    try (ServerProcess own = ValkeyServer.start("--requirepass", PASSWORD);
        ValkeySessionStore store = store(own)) {
      everyCall(store, stored(store));
    }
    assertNothingSecretWasLogged();
  }

  @Test
  void whileWhatIsStoredIsUnreadable() {
    try (ServerProcess own = ValkeyServer.start("--requirepass", PASSWORD);
        ValkeySessionStore store = store(own)) {
      Session session = stored(store);
      replaceAll(own);
      everyCall(store, session);
    }
    assertNothingSecretWasLogged();
  }

  @Test
  void whileThePasswordIsWrong() {
    try (ServerProcess own = ValkeyServer.start("--requirepass", "another");
        ValkeySessionStore store = store(own)) {
      everyCall(store, Sessions.storedElsewhere());
    }
    assertNothingSecretWasLogged();
  }

  @Test
  void whileTheServerIsPausedKilledAndClosed() {
    try (ServerProcess own = ValkeyServer.start("--requirepass", PASSWORD);
        ValkeySessionStore store = store(own)) {
      Session session = stored(store);
      own.pause();
      everyCall(store, session);
      own.kill();
      everyCall(store, session);
      store.closeAsync().block(PATIENCE);
      everyCall(store, session);
    }
    assertNothingSecretWasLogged();
  }

  /** Answers that come when nobody waits any more are a library's favourite to log. */
  @Test
  void whileCallersGoAway() {
    try (ServerProcess own = ValkeyServer.start("--requirepass", PASSWORD);
        ValkeySessionStore store = store(own)) {
      Session session = stored(store);
      own.pause();
      for (Call call : Call.values()) {
        Flux.from(call.on(store, session)).subscribe(value -> {}, error -> {}).dispose();
      }
      own.resume();
      everyCall(store, session);
      own.pause();
      for (Call call : Call.values()) {
        Flux.from(call.on(store, session)).subscribe(value -> {}, error -> {}).dispose();
      }
    }
    assertNothingSecretWasLogged();
  }

  private ValkeySessionStore store(ServerProcess server) {
    return ValkeySessionStore.builder(server.uri().replace("://", "://:" + PASSWORD + "@"))
        .namespace(NAMESPACE)
        .commandTimeout(Duration.ofSeconds(1))
        .build();
  }

  private Session stored(ValkeySessionStore store) {
    Session session = Sessions.value(store.create(Map.of("secret", VALUE)).retry(20));
    secrets.add(session.id());
    return session;
  }

  /** All at once, so that the timeouts do not add up. */
  private void everyCall(ValkeySessionStore store, Session session) {
    Flux.fromArray(Call.values())
        .flatMap(
            call ->
                Flux.from(call.on(store, session))
                    .doOnNext(
                        answer -> {
                          if (answer instanceof Session known) {
                            secrets.add(known.id());
                          }
                        })
                    .onErrorComplete())
        .blockLast(PATIENCE);
    secrets.add(session.id());
  }

  private static void replaceAll(ServerProcess server) {
    String uri = server.uri().replace("://", "://:" + PASSWORD + "@");
    try (var admin = RespConnection.open(uri)) {
      for (Object key : (List<?>) requireNonNull(admin.call("KEYS", "*"))) {
        admin.call("SET", key.toString(), VALUE);
      }
    }
  }

  private void assertNothingSecretWasLogged() {
    assertThat(lines.all).noneMatch(line -> secrets.stream().anyMatch(line::contains));
  }

  private static final class Lines extends AppenderBase<ILoggingEvent> {
    final List<String> all = new CopyOnWriteArrayList<>();

    @Override
    protected void append(ILoggingEvent event) {
      String thrown =
          event.getThrowableProxy() == null
              ? ""
              : ThrowableProxyUtil.asString(event.getThrowableProxy());
      all.add(event.getFormattedMessage() + " [" + event.getThreadName() + "] " + thrown);
    }
  }
}
