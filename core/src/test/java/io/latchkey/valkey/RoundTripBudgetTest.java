package io.latchkey.valkey;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/**
 * The table of DESIGN.md, asserted: which commands each operation sends, and how often it waits for
 * an answer before it sends more. Setting up a connection is not counted.
 */
class RoundTripBudgetTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final List<ValkeySessionStore> stores = new ArrayList<>();

  @BeforeEach
  void forgetScripts() {
    SERVER.command("SCRIPT", "FLUSH");
  }

  @AfterEach
  void close() {
    stores.forEach(ValkeySessionStore::close);
    proxy.close();
  }

  @ParameterizedTest
  @EnumSource
  void createIsOneCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    run(store.create(Map.of("user", "u", "cart", List.of("a", "b"))));
    assertSent(1, layout == Layout.STRING ? "SET" : "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void firstSaveIsOneCommandAndANewSessionNone(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    run(Mono.defer(() -> store.save(store.newSession().set("user", "u"))));
    assertSent(1, layout == Layout.STRING ? "SET" : "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void getIsOneCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(store.get(session.id()));
    assertSent(1, layout == Layout.STRING ? "GET" : "HGETALL");
  }

  @ParameterizedTest
  @EnumSource
  void getThatIsDueForATouchAnswersBeforeTheTouchDoes(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ZERO);
    Session session = create(store);
    proxy.awaitQuiet();
    proxy.reset();
    RecordingProxy.Fault held = proxy.holdAnswer(command -> command.name().startsWith("EVAL"));
    Session read = Objects.requireNonNull(store.get(session.id()).block());
    assertThat(read.names()).contains("user");
    held.awaitStruck();
    held.release();
    proxy.awaitQuiet();
    assertThat(proxy.names())
        .containsExactly(layout == Layout.STRING ? "GET" : "HGETALL", "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void saveWithChangesIsOneCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(Mono.defer(() -> store.save(session.set("cart", List.of("c")))));
    assertSent(1, "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void saveThatMeetsAnotherIsTwoRoundTrips(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    Session other = Objects.requireNonNull(store.get(session.id()).block());
    store.save(other.set("other", 1)).block();
    run(Mono.defer(() -> store.save(session.set("mine", 2))));
    assertSent(2, "EVALSHA", "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void saveWithoutChangesIsNoCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(store.save(session));
    assertSent(0);
  }

  @ParameterizedTest
  @EnumSource
  void touchIsOneCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(store.touch(session));
    assertSent(1, "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void rotateIdIsOneCommandWithItsChanges(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(Mono.defer(() -> store.rotateId(session.set("user", "v"))));
    assertSent(1, "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void renewIdIsOneCommandWhereItIsDueAndNoneWhereNot(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(store.renewId(session, Duration.ofDays(1), Duration.ofMinutes(1)));
    assertSent(0);
    run(
        Mono.delay(Duration.ofMillis(2)) // an id of this very millisecond is not due
            .then(
                Mono.defer(
                    () -> store.renewId(session, Duration.ofMillis(1), Duration.ofMinutes(1)))));
    assertSent(1, "SET", "EVALSHA"); // the salt goes out with the save
  }

  @ParameterizedTest
  @EnumSource
  void deleteByAFormerIdIsOneCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    store.rotateId(session, Duration.ofMinutes(1)).block();
    run(store.delete(session.id()));
    assertSent(1, "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void getByAFormerIdIsOneCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    store.rotateId(session, Duration.ofMinutes(1)).block();
    String read = layout == Layout.STRING ? "GET" : "HGETALL";
    run(store.get(session.id()));
    assertSent(1, read);
  }

  @ParameterizedTest
  @EnumSource
  void deleteIsOneCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(store.delete(session.id()));
    assertSent(1, "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void rotateIdThatMeetsASaveIsTwoRoundTrips(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    Session other = Objects.requireNonNull(store.get(session.id()).block());
    store.save(other.set("other", 1)).block();
    run(Mono.defer(() -> store.rotateId(session.set("mine", 2))));
    assertSent(2, "EVALSHA", "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void updateIsTwoRoundTrips(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    run(store.update(session.id(), current -> Mono.just(current.set("n", 1))));
    assertSent(2, layout == Layout.STRING ? "GET" : "HGETALL", "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void updateIsOneMoreForEachSaveThatCameBetween(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    AtomicBoolean first = new AtomicBoolean(true);
    run(
        store.update(
            session.id(),
            current ->
                first.getAndSet(false)
                    ? store.save(session.set("other", 1)).thenReturn(current.set("n", 1))
                    : Mono.just(current.set("n", 1))));
    // The save that comes between is one of the commands.
    assertSent(4, layout == Layout.STRING ? "GET" : "HGETALL", "EVALSHA", "EVALSHA", "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void getAllOfFiftyIsOneRoundTrip(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      ids.add(create(store).id());
    }
    proxy.reset();
    assertThat(store.getAll(ids).collectList().block()).hasSize(50);
    proxy.awaitQuiet();
    assertThat(proxy.names()).hasSize(50).containsOnly(layout == Layout.STRING ? "GET" : "HGETALL");
    assertThat(proxy.roundTrips()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void malformedIdIsNoCommand(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    run(store.get("no-such-id").then(store.delete("x".repeat(33))));
    assertSent(0);
  }

  @ParameterizedTest
  @EnumSource
  void forgottenScriptsCostOneMoreRoundTripOnce(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = create(store);
    SERVER.command("SCRIPT", "FLUSH");
    run(Mono.defer(() -> store.save(session.set("n", 1))));
    assertSent(2, "EVALSHA", "EVAL");
    run(Mono.defer(() -> store.save(session.set("n", 2))));
    assertSent(1, "EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void hashSaveSendsTheBytesOfWhatChanged(Layout layout) {
    ValkeySessionStore store = warm(layout, Duration.ofSeconds(30));
    Session session = store.newSession();
    for (int i = 0; i < 200; i++) {
      session.set("attribute" + i, "value".repeat(20) + i);
    }
    store.save(session).block();
    run(Mono.defer(() -> store.save(session.set("attribute7", "changed"))));
    if (layout == Layout.HASH) {
      assertThat(proxy.bytesToServer()).isLessThan(500);
    } else {
      assertThat(proxy.bytesToServer()).isGreaterThan(20_000);
    }
  }

  /** A store whose connections are open, and whose scripts the server knows. */
  private ValkeySessionStore warm(Layout layout, Duration touchInterval) {
    ValkeySessionStore store =
        ValkeySessionStore.builder(proxy.uri())
            .namespace(SERVER.namespace())
            .layout(layout)
            .connections(1)
            .touchInterval(touchInterval)
            .build();
    stores.add(store);
    Session session = create(store);
    store.save(session.set("warm", true)).block();
    store.touch(session).block();
    Session rotated = Objects.requireNonNull(store.rotateId(session).block());
    store.delete(rotated.id()).block();
    proxy.awaitQuiet();
    proxy.reset();
    return store;
  }

  private Session create(ValkeySessionStore store) {
    Session session =
        Objects.requireNonNull(store.create(Map.of("user", "u", "cart", List.of("a"))).block());
    proxy.awaitQuiet();
    proxy.reset();
    return session;
  }

  private void run(Mono<?> operation) {
    proxy.awaitQuiet();
    proxy.reset();
    operation.block();
    proxy.awaitQuiet();
  }

  private void assertSent(int roundTrips, String... commands) {
    assertThat(proxy.names()).containsExactly(commands);
    assertThat(proxy.roundTrips()).isEqualTo(roundTrips);
  }
}
