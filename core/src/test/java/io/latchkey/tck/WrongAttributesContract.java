package io.latchkey.tck;

import static io.latchkey.tck.Signals.assertTellsNothing;
import static io.latchkey.tck.Signals.error;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.TypeRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

abstract class WrongAttributesContract extends ContractTopic {
  private static final String SECRET = "top-secret";

  WrongAttributesContract(SessionStoreContract kit) {
    super(kit);
  }

  /** A bean that cannot be read as one of its properties throws. */
  public static final class Broken {
    /**
     * Throws.
     *
     * @return nothing
     */
    public String getValue() {
      return List.<String>of().get(0);
    }
  }

  static Stream<Arguments> unwritable() {
    List<Object> endless = new ArrayList<>();
    endless.add(endless);
    return Stream.of(
        arguments("object without properties", new Object(), "Object"),
        arguments("list that contains itself", endless, "ArrayList"),
        arguments("getter that throws", new Broken(), "Broken"),
        arguments("deep inside", Map.of("a", List.of(new Broken())), "Map|Broken"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unwritable")
  void valueThatCannotBeWrittenIsRefusedAtSaveAndNothingIsStored(
      String description, Object value, String className) {
    Session session = created(Map.of("kept", 1));
    session.set("fine", SECRET).set("broken", value);
    SessionAttributeException refusal =
        error(store().save(session), SessionAttributeException.class);
    assertThat(refusal.attributeName()).isEqualTo("broken");
    assertThat(refusal).hasMessageContaining("broken").hasMessageFindingMatch(className);
    assertTellsNothing(refusal, session.id(), SECRET);
    assertThat(stored(session).names()).containsExactly("kept");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unwritable")
  void newSessionWithAValueThatCannotBeWrittenIsNotStored(
      String description, Object value, String className) {
    Session session = store().newSession().set("broken", value);
    error(store().save(session), SessionAttributeException.class);
    error(store().rotateId(session), SessionAttributeException.class);
    assertGone(session.id());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unwritable")
  void createWithAValueThatCannotBeWrittenSignalsIt(
      String description, Object value, String className) {
    Mono<Session> create = store().create(Map.of("broken", value));
    SessionAttributeException refusal = error(create, SessionAttributeException.class);
    assertThat(refusal.attributeName()).isEqualTo("broken");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unwritable")
  void rotationWithAValueThatCannotBeWrittenLeavesTheSessionWhereItIs(
      String description, Object value, String className) {
    Session session = created(Map.of("kept", 1));
    error(store().rotateId(session.set("broken", value)), SessionAttributeException.class);
    assertThat(stored(session).names()).containsExactly("kept");
  }

  @Test
  void sessionCanBeSavedOnceTheValueIsRemoved() {
    Session session = created().set("fine", 1).set("broken", new Broken());
    error(store().save(session), SessionAttributeException.class);
    value(store().save(session.remove("broken")));
    assertThat(stored(session).names()).containsExactly("fine");
  }

  @Test
  void readingAsAnotherTypeNamesTheAttributeAndBothTypesButNotTheValue() {
    Session session = stored(created(Map.of("user", SECRET)));
    SessionAttributeException error = readError(() -> session.get("user", Integer.class));
    assertThat(error.attributeName()).isEqualTo("user");
    assertThat(error).hasMessageContaining("user").hasMessageContaining("Integer");
    assertThat(error.getMessage()).containsIgnoringCase("string");
    assertTellsNothing(error, SECRET, session.id());
  }

  @Test
  void readingAsAnotherGenericTypeDoesNotTellTheValue() {
    Session session = stored(created(Map.of("cart", List.of(SECRET))));
    SessionAttributeException error =
        readError(() -> session.get("cart", new TypeRef<List<Integer>>() {}));
    assertThat(error).hasMessageContaining("cart").hasMessageContaining("Integer");
    assertTellsNothing(error, SECRET, session.id());
  }

  @Test
  void readingNumberAsRecordDoesNotTellTheValue() {
    Session session = stored(created(Map.of("n", 8_675_309)));
    SessionAttributeException error = readError(() -> session.get("n", Samples.Item.class));
    assertThat(error).hasMessageContaining("n").hasMessageContaining("Item");
    assertThat(error.getMessage()).containsIgnoringCase("number");
    assertTellsNothing(error, "8675309");
  }

  @Test
  void readingNumberAsOneThatIsTooSmallForItIsAnError() {
    Session session = stored(created(Map.of("n", Long.MAX_VALUE)));
    SessionAttributeException error = readError(() -> session.get("n", Integer.class));
    assertTellsNothing(error, Long.toString(Long.MAX_VALUE));
  }

  @Test
  void ownChangeIsReadByTheSameRules() {
    Session session = created().set("user", SECRET);
    SessionAttributeException error = readError(() -> session.get("user", Integer.class));
    assertThat(error.attributeName()).isEqualTo("user");
    assertTellsNothing(error, SECRET);
  }

  @Test
  void restOfTheSessionDoesNotSuffer() {
    Session session = stored(created(Map.of("user", SECRET, "n", 1)));
    readError(() -> session.get("user", Integer.class));
    assertThat(session.get("user", String.class)).contains(SECRET);
    value(store().save(session.set("n", 2)));
    assertThat(stored(session).get("n", Integer.class)).contains(2);
  }

  private static SessionAttributeException readError(ThrowingCallable read) {
    SessionAttributeException error = catchThrowableOfType(SessionAttributeException.class, read);
    assertThat(error).as("SessionAttributeException").isNotNull();
    return error;
  }
}
