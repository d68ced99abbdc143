package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What becomes of a session whose key lost its time to live: by PERSIST, or by RESTORE with 0. */
@ExtendWith(ValkeyServer.class)
class KeyWithoutTimeToLiveTest {
  private static final Instant START = Instant.ofEpochMilli(1764000000000L);
  private static final Duration IDLE = Duration.ofHours(10);
  private static final Duration INTERVAL = Duration.ofHours(1);
  private static final Instant OVER = START.plus(IDLE.multipliedBy(2)).plus(INTERVAL).plusMillis(1);
  private static final Duration TOLERANCE = Duration.ofSeconds(30);

  private final ValkeyServer server;
  private final List<ValkeySessionStore> stores = new ArrayList<>();

  KeyWithoutTimeToLiveTest(ValkeyServer server) {
    this.server = server;
  }

  @AfterEach
  void close() {
    stores.forEach(ValkeySessionStore::close);
  }

  @ParameterizedTest
  @EnumSource
  void aReadWhoseTouchIsDueGivesTheKeyItsTimeToLive(Layout layout) {
    Session session = persisted(layout, START);
    readTwice(at(START.plus(INTERVAL), layout), session);
    assertTimeToLive(session);
  }

  @ParameterizedTest
  @EnumSource
  void aSaveGivesTheKeyItsTimeToLive(Layout layout) {
    Session session = persisted(layout, START);
    value(at(START.plusMillis(1), layout).save(session.set("n", 1)));
    assertTimeToLive(session);
  }

  /** Twice, as the clock of the instance that reads may be ahead. */
  @ParameterizedTest
  @EnumSource
  void aSessionUnusedForTwiceItsIdleTimeoutIsNotRead(Layout layout) {
    Session session = persisted(layout, START);
    ValkeySessionStore later = at(OVER, layout);
    StepVerifier.create(later.get(session.id())).verifyComplete();
  }

  @ParameterizedTest
  @EnumSource
  void aSessionUnusedForTwiceItsIdleTimeoutIsNotUpdated(Layout layout) {
    Session session = persisted(layout, START);
    StepVerifier.create(
            at(OVER, layout).update(session.id(), s -> Mono.just(s.set("revived", true))))
        .verifyComplete();
    assertThat(Stored.of(server, session).timeToLive()).isNegative();
  }

  @ParameterizedTest
  @EnumSource
  void aSessionUnusedForTwiceItsIdleTimeoutIsNotReadAmongOthers(Layout layout) {
    Session session = persisted(layout, START);
    ValkeySessionStore later = at(OVER, layout);
    StepVerifier.create(later.getAll(List.of(session.id()))).verifyComplete();
  }

  private Session persisted(Layout layout, Instant now) {
    Session session = created(at(now, layout));
    server.command("PERSIST", Stored.of(server, session).key());
    assertThat(Stored.of(server, session).timeToLive()).isNegative();
    return session;
  }

  /** The touch beside the first read runs before the second, on the same connection. */
  private void readTwice(ValkeySessionStore store, Session session) {
    value(store.touch(created(store)));
    value(store.get(session.id()));
    value(store.get(session.id()));
  }

  private void assertTimeToLive(Session session) {
    assertThat(Stored.of(server, session).timeToLive())
        .isBetween(IDLE.plus(INTERVAL).minus(TOLERANCE), IDLE.plus(INTERVAL));
  }

  private ValkeySessionStore at(Instant now, Layout layout) {
    ValkeySessionStore store =
        ValkeySessionStore.builder(server.uri())
            .namespace(server.namespace())
            .layout(layout)
            .connections(1)
            .idleTimeout(IDLE)
            .touchInterval(INTERVAL)
            .clock(Clock.fixed(now, ZoneOffset.UTC))
            .build();
    stores.add(store);
    return store;
  }
}
