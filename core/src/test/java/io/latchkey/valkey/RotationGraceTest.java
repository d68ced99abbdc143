package io.latchkey.valkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.memory.MemorySessionStore;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** What the old id of a renewed session still opens, and for how long. */
class RotationGraceTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final ClientResources RESOURCES = DefaultClientResources.create();
  private static final Duration GRACE = Duration.ofSeconds(30);

  static Stream<SessionStore> stores() {
    return Stream.of(
        MemorySessionStore.builder().rotationGrace(GRACE).build(),
        store(Layout.STRING, GRACE),
        store(Layout.HASH, GRACE));
  }

  @ParameterizedTest
  @MethodSource("stores")
  void formerIdFindsARenewedSession(SessionStore store) {
    Session session = create(store);
    Session renewed = get(store.rotateId(session));
    Session found = get(store.get(session.id()));
    assertThat(found.get("user", String.class)).contains("ada");
    assertThat(found.id()).isEqualTo(session.id()).isNotEqualTo(renewed.id());
    StepVerifier.create(store.get(renewed.id())).expectNextCount(1).verifyComplete();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void changesUnderTheOldIdReachTheSession(SessionStore store) {
    Session underWay = create(store);
    Session renewed = get(store.rotateId(get(store.get(underWay.id()))));
    get(store.save(underWay.set("cart", 3)));
    Session foundByOldId = get(store.get(underWay.id()));
    get(store.save(foundByOldId.set("seen", true)));
    Session session = get(store.get(renewed.id()));
    assertThat(session.get("cart", Integer.class)).contains(3);
    assertThat(session.get("seen", Boolean.class)).contains(true);
    StepVerifier.create(store.touch(underWay)).expectNext(true).verifyComplete();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void rotationWithChangesLeavesNoGrace(SessionStore store) {
    Session session = create(store);
    get(store.rotateId(session.set("user", "signed in")));
    StepVerifier.create(store.get(session.id())).verifyComplete();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void rotationWithZeroGraceLeavesNone(SessionStore store) {
    Session session = create(store);
    get(store.rotateId(session, Duration.ZERO));
    StepVerifier.create(store.get(session.id())).verifyComplete();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void deletionUnderTheNewIdEndsTheOldOne(SessionStore store) {
    Session session = create(store);
    Session renewed = get(store.rotateId(session));
    StepVerifier.create(store.delete(renewed.id())).expectNext(true).verifyComplete();
    StepVerifier.create(store.get(session.id())).verifyComplete();
    StepVerifier.create(store.save(session.set("late", 1))).verifyError(SessionGoneException.class);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void deletionUnderTheOldIdEndsTheSession(SessionStore store) {
    Session session = create(store);
    Session renewed = get(store.rotateId(session));
    StepVerifier.create(store.delete(session.id())).expectNext(true).verifyComplete();
    StepVerifier.create(store.get(renewed.id())).verifyComplete();
    StepVerifier.create(store.get(session.id())).verifyComplete();
    StepVerifier.create(store.delete(session.id())).expectNext(false).verifyComplete();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void requestsThatRenewASessionAtOnceRenewItOnce(SessionStore store) {
    Session session = create(store);
    Session one = get(store.get(session.id()));
    Session other = get(store.get(session.id()));
    Session renewed = get(store.rotateId(one));
    Session answer = get(store.rotateId(other, GRACE));
    assertThat(answer.id()).isEqualTo(session.id()).isNotEqualTo(renewed.id());
    get(store.rotateId(get(store.get(session.id())).set("cart", 3), GRACE));
    assertThat(get(store.get(renewed.id())).get("cart", Integer.class)).contains(3);
    assertThat(get(store.get(session.id())).get("cart", Integer.class)).contains(3);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void signingInUnderTheOldIdEndsBoth(SessionStore store) {
    Session session = create(store);
    Session renewed = get(store.rotateId(session));
    Session signedIn = get(store.rotateId(get(store.get(session.id())).set("user", "signed in")));
    StepVerifier.create(store.get(signedIn.id())).expectNextCount(1).verifyComplete();
    StepVerifier.create(store.get(session.id())).verifyComplete();
    StepVerifier.create(store.get(renewed.id())).verifyComplete();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void oldIdIsDeadAfterTheNextRenewal(SessionStore store) {
    Session session = create(store);
    Session second = get(store.rotateId(session));
    Session third = get(store.rotateId(get(store.get(second.id()))));
    StepVerifier.create(store.get(session.id())).verifyComplete();
    StepVerifier.create(store.delete(session.id())).expectNext(false).verifyComplete();
    StepVerifier.create(store.get(second.id())).expectNextCount(1).verifyComplete();
    StepVerifier.create(store.get(third.id())).expectNextCount(1).verifyComplete();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void oldIdIsFoundAmongManyInTheirOrder(SessionStore store) {
    Session first = create(store);
    Session session = create(store);
    get(store.rotateId(session));
    Session last = create(store);
    StepVerifier.create(store.getAll(List.of(first.id(), session.id(), last.id())).map(Session::id))
        .expectNext(first.id(), session.id(), last.id())
        .verifyComplete();
  }

  @ParameterizedTest
  @EnumSource
  void aStoreWithoutAGraceEndsASessionByItsOldIdToo(Layout layout) {
    try (ValkeySessionStore store = store(layout, Duration.ZERO)) {
      Session session = create(store);
      Session renewed = get(store.rotateId(session, GRACE));
      StepVerifier.create(store.delete(session.id())).expectNext(true).verifyComplete();
      StepVerifier.create(store.get(renewed.id())).verifyComplete();
    }
  }

  @ParameterizedTest
  @EnumSource
  void signingInAfterARenewalOfUnknownOutcomeLeavesNoGrace(Layout layout) {
    try (RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
        ValkeySessionStore store =
            ValkeySessionStore.builder(proxy.uri())
                .resources(RESOURCES)
                .namespace(SERVER.namespace())
                .layout(layout)
                .build()) {
      get(store.rotateId(create(store), GRACE)); // the server knows the script from now on
      Session session = create(store);
      RecordingProxy.Fault held = proxy.holdAnswer(command -> command.name().startsWith("EVAL"));
      Disposable renewal = store.rotateId(session, GRACE).subscribe();
      held.awaitStruck();
      renewal.dispose();
      held.release();
      Session signedIn = get(store.rotateId(session.set("user", "signed in"), Duration.ZERO));
      assertThat(get(store.get(signedIn.id())).get("user", String.class)).contains("signed in");
      StepVerifier.create(store.get(session.id())).verifyComplete();
      StepVerifier.create(store.delete(session.id())).expectNext(false).verifyComplete();
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void formerIdFindsTheSessionAtEveryMomentOfItsRenewal(SessionStore store) {
    for (int i = 0; i < 100; i++) {
      Session session = create(store);
      Mono<Session> renewal = store.rotateId(session).subscribeOn(Schedulers.parallel());
      Mono<List<Session>> reads =
          store.get(session.id()).repeat(20).collectList().subscribeOn(Schedulers.parallel());
      assertThat(Objects.requireNonNull(Mono.zip(renewal, reads).block()).getT2()).hasSize(21);
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void graceIsOffByDefaultAndChecked(SessionStore store) {
    try (ValkeySessionStore without = store(Layout.STRING, Duration.ZERO)) {
      Session session = create(without);
      get(without.rotateId(session));
      StepVerifier.create(without.get(session.id())).verifyComplete();
    }
    Session session = create(store);
    assertThatThrownBy(() -> store.rotateId(session, Duration.ofMinutes(6)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("grace");
  }

  @Test
  void graceTakesNoKeyAndHoldsNoSecret() {
    String namespace = SERVER.namespace() + ":alone";
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(SERVER.uri())
            .namespace(namespace)
            .rotationGrace(GRACE)
            .build()) {
      Session session = create(store);
      Session renewed = get(store.rotateId(session));
      List<String> keys = SERVER.keys().stream().filter(key -> key.startsWith(namespace)).toList();
      assertThat(keys).containsExactly(namespace + ":" + session.handle());
      String key = keys.get(0);
      assertThat((Long) SERVER.command("PTTL", key)).isPositive();
      assertThat(key + SERVER.command("GET", key))
          .doesNotContain(session.id().substring(16))
          .doesNotContain(renewed.id().substring(16));
    }
  }

  private static ValkeySessionStore store(Layout layout, Duration grace) {
    return ValkeySessionStore.builder(SERVER.uri())
        .resources(RESOURCES)
        .namespace(SERVER.namespace())
        .layout(layout)
        .rotationGrace(grace)
        .build();
  }

  private static Session create(SessionStore store) {
    return get(store.create(Map.of("user", "ada")));
  }

  private static Session get(Mono<Session> session) {
    return Objects.requireNonNull(session.block());
  }
}
