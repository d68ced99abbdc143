package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/**
 * A rotation and a save of the old id at the same time, on two stores: both orders in which their
 * commands can reach the server, forced by keeping the one back.
 */
@ParameterizedClass
@CsvSource({"STRING, PT0S", "STRING, PT1M", "HASH, PT0S", "HASH, PT1M"})
class RotationRaceTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final Layout layout;
  private final Duration grace;
  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final ValkeySessionStore late;
  private final ValkeySessionStore store;

  RotationRaceTest(Layout layout, Duration grace) {
    this.layout = layout;
    this.grace = grace;
    late = store(proxy.uri());
    store = store(SERVER.uri());
  }

  @AfterEach
  void close() {
    late.close();
    store.close();
    proxy.close();
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
  }

  @Test
  void saveThatComesAfterARotationWithChangesIsGoneWhateverTheGrace() {
    Session session = created(store);
    String old = session.id();
    Session other = value(late.get(old));

    RecordingProxy.Fault save = keepBack();
    Mono<Session> saved = begun(late.save(other.set("cart", "tea")));
    save.awaitStruck();
    Session rotated = value(store.rotateId(session.set("user", "signed in")));
    save.release();

    StepVerifier.create(saved).verifyError(SessionGoneException.class);
    StepVerifier.create(store.get(old)).verifyComplete();
    assertHolds(rotated.id(), "user");
    assertThat(SERVER.keys()).hasSize(1);
  }

  @Test
  void saveThatComesAfterARenewalIsKeptInTheGraceAndGoneWithoutOne() {
    Session session = created(store);
    String old = session.id();
    Session other = value(late.get(old));

    RecordingProxy.Fault save = keepBack();
    Mono<Session> saved = begun(late.save(other.set("cart", "tea")));
    save.awaitStruck();
    Session renewed = value(store.rotateId(session));
    save.release();

    if (grace.isZero()) {
      StepVerifier.create(saved).verifyError(SessionGoneException.class);
      StepVerifier.create(store.get(old)).verifyComplete();
      assertHolds(renewed.id(), "user");
    } else {
      StepVerifier.create(saved).expectNextCount(1).verifyComplete();
      assertHolds(renewed.id(), "cart", "user");
      assertHolds(old, "cart", "user");
    }
  }

  @Test
  void rotationThatComesAfterASaveTakesItAlongAndTheOldIdIsDeadWhateverTheGrace() {
    Session session = created(store);
    String old = session.id();
    Session other = value(late.get(old));

    RecordingProxy.Fault rotation = keepBack();
    Mono<Session> rotated = begun(late.rotateId(other.set("user", "signed in")));
    rotation.awaitStruck();
    value(store.save(session.set("cart", "tea")));
    rotation.release();

    Session moved = value(rotated);
    assertHolds(moved.id(), "cart", "user");
    assertThat(value(store.get(moved.id())).get("user", String.class)).contains("signed in");
    StepVerifier.create(store.get(old)).verifyComplete();
    assertThat(SERVER.keys()).hasSize(1);
  }

  @Test
  void renewalThatComesAfterASaveTakesItAlong() {
    Session session = created(store);
    String old = session.id();
    Session other = value(late.get(old));

    RecordingProxy.Fault rotation = keepBack();
    Mono<Session> rotated = begun(late.rotateId(other));
    rotation.awaitStruck();
    value(store.save(session.set("cart", "tea")));
    rotation.release();

    assertHolds(value(rotated).id(), "cart", "user");
    if (grace.isZero()) {
      StepVerifier.create(store.get(old)).verifyComplete();
    } else {
      assertHolds(old, "cart", "user");
    }
  }

  private void assertHolds(String id, String... names) {
    assertThat(value(store.get(id)).names()).containsExactlyInAnyOrder(names);
  }

  /** The next script that the late store sends: all that changes a session is one. */
  private RecordingProxy.Fault keepBack() {
    return proxy.holdRequest(command -> command.name().startsWith("EVAL"));
  }

  private static <T> Mono<T> begun(Mono<T> call) {
    Mono<T> begun = call.cache();
    begun.subscribe(value -> {}, error -> {});
    return begun.timeout(PATIENCE);
  }

  private ValkeySessionStore store(String uri) {
    return ValkeySessionStore.builder(uri)
        .namespace(SERVER.namespace())
        .layout(layout)
        .rotationGrace(grace)
        .build();
  }
}
