package io.latchkey.tck;

import static io.latchkey.tck.Signals.all;
import static io.latchkey.tck.Signals.assertEmpty;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.latchkey.Session;
import io.latchkey.TypeRef;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

abstract class ArgumentsContract extends ContractTopic {
  private static final String MALFORMED_IDS = "io.latchkey.tck.Samples#malformedIds";

  ArgumentsContract(SessionStoreContract kit) {
    super(kit);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(MALFORMED_IDS)
  void malformedIdIsEmpty(String description, String id) {
    assertEmpty(store().get(id));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(MALFORMED_IDS)
  void deleteOfAMalformedIdIsFalse(String description, String id) {
    assertThat(value(store().delete(id))).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(MALFORMED_IDS)
  void getAllLeavesAMalformedIdOut(String description, String id) {
    String known = created().id();
    assertThat(all(store().getAll(List.of(id, known, id))).stream().map(Session::id))
        .containsExactly(known);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(MALFORMED_IDS)
  void updateOfAMalformedIdIsEmptyAndCallsNothing(String description, String id) {
    AtomicInteger calls = new AtomicInteger();
    assertEmpty(
        store()
            .update(
                id,
                session -> {
                  calls.incrementAndGet();
                  return Mono.just(session);
                }));
    assertThat(calls).hasValue(0);
  }

  @Test
  void idOfAnotherCaseIsAnotherId() {
    String id = created().id();
    String changed =
        Character.isLowerCase(id.charAt(31))
            ? id.toUpperCase(Locale.ROOT)
            : id.toLowerCase(Locale.ROOT);
    assertEmpty(store().get(changed));
  }

  @Test
  @SuppressWarnings("NullAway")
  void nullArgumentsOfTheStoreAreRefusedAtOnceByTheirNames() {
    assertRefusesNull("attributes", () -> store().create(null));
    assertRefusesNull("null value", () -> store().create(Collections.singletonMap("n", null)));
    assertRefusesNull("null name", () -> store().create(Collections.singletonMap(null, 1)));
    assertRefusesNull("id", () -> store().get(null));
    assertRefusesNull("ids", () -> store().getAll(null));
    assertRefusesNull("session", () -> store().save(null));
    assertRefusesNull("session", () -> store().touch(null));
    assertRefusesNull("session", () -> store().rotateId(null));
    assertRefusesNull("id", () -> store().delete(null));
    assertRefusesNull("id", () -> store().update(null, Mono::just));
    assertRefusesNull("change", () -> store().update(UNKNOWN_ID, null));
  }

  @Test
  @SuppressWarnings("NullAway")
  void nullArgumentsOfASessionAreRefusedByTheirNames() {
    Session session = created();
    assertRefusesNull("name", () -> session.set(null, "value"));
    assertRefusesNull("value", () -> session.set("name", null));
    assertRefusesNull("name", () -> session.remove(null));
    assertRefusesNull("name", () -> session.get(null, String.class));
    assertRefusesNull("name", () -> session.get(null, new TypeRef<String>() {}));
    assertRefusesNull("type", () -> session.get("name", (Class<String>) null));
    assertRefusesNull("type", () -> session.get("name", (TypeRef<String>) null));
    assertRefusesNull("timeout", () -> session.idleTimeout(null));
  }

  @Test
  @SuppressWarnings("NullAway")
  void refusedValueLeavesTheAttributeAsItIs() {
    Session session = created().set("n", 1);
    assertRefusesNull("value", () -> session.set("n", null));
    assertThat(session.get("n", Integer.class)).contains(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-0.001S", "PT-1H", "PT876001H"})
  void idleTimeoutOutOfRangeIsRefusedByItsName(Duration timeout) {
    Session session = created();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> session.idleTimeout(timeout))
        .withMessageMatching("(?is).*(idle ?)?timeout.*")
        .withMessageContaining(timeout.toString());
    assertThat(session.idleTimeout()).isEqualTo(options().idleTimeout());
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0.001S", "PT1H", "PT876000H"})
  void idleTimeoutInRangeIsTaken(Duration timeout) {
    assertThat(created().idleTimeout(timeout).idleTimeout()).isEqualTo(timeout);
  }

  @Test
  void idleTimeoutIsRoundedUpToMilliseconds() {
    Session session = created();
    assertThat(session.idleTimeout(Duration.ofNanos(1)).idleTimeout()).hasMillis(1);
    assertThat(session.idleTimeout(Duration.ofNanos(1_500_000)).idleTimeout()).hasMillis(2);
  }

  @Test
  void changesAnswerWithTheSessionThatTheyChanged() {
    Session session = created();
    assertThat(session.set("n", 1)).isSameAs(session);
    assertThat(session.remove("n")).isSameAs(session);
    assertThat(session.idleTimeout(Session.NEVER_IDLE)).isSameAs(session);
  }

  private static void assertRefusesNull(String name, ThrowingCallable call) {
    assertThatNullPointerException()
        .as(name)
        .isThrownBy(call)
        .withMessageMatching("(?s).*\\b" + name + "\\b.*");
  }
}
