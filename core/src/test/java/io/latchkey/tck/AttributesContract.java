package io.latchkey.tck;

import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.SessionStore;
import io.latchkey.TypeRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

abstract class AttributesContract extends ContractTopic {
  private static final TypeRef<List<String>> LIST = new TypeRef<>() {};
  private static final String SAMPLES = "io.latchkey.tck.Samples#";

  AttributesContract(SessionStoreContract kit) {
    super(kit);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({SAMPLES + "texts", SAMPLES + "longTexts"})
  void textComesBackAsItWentIn(String description, String text) {
    Session session = created(Map.of("text", text));
    assertThat(text.equals(session.get("text", String.class).orElseThrow())).isTrue();
    assertThat(text.equals(stored(session).get("text", String.class).orElseThrow())).isTrue();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(SAMPLES + "brokenTexts")
  void textThatIsNotUnicodeComesBackOrIsRefused(String description, String text) {
    Session session = created(Map.of("kept", 1)).set("text", text);
    Optional<SessionAttributeException> refusal = trySave(session);
    if (refusal.isPresent()) {
      assertThat(refusal.get().attributeName()).isEqualTo("text");
      assertThat(stored(session).names()).containsExactly("kept");
    } else {
      assertThat(stored(session).get("text", String.class)).contains(text);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(SAMPLES + "texts")
  void nameComesBackAsItWentIn(String description, String name) {
    Session session = created(Map.of("kept", 1));
    value(store().save(session.set(name, "value")));
    assertThat(stored(session).names()).containsExactlyInAnyOrder("kept", name);
    assertThat(stored(session).get(name, String.class)).contains("value");
    value(store().save(session.remove(name)));
    assertThat(stored(session).names()).containsExactly("kept");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(SAMPLES + "brokenTexts")
  void nameThatIsNotUnicodeComesBackOrIsRefused(String description, String name) {
    Session session = created(Map.of("kept", 1)).set(name, "value");
    if (trySave(session).isPresent()) {
      assertThat(stored(session).names()).containsExactly("kept");
    } else {
      assertThat(stored(session).get(name, String.class)).contains("value");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(SAMPLES + "plainValues")
  void valueIsReadAsItsClass(String description, Object value) {
    Session session = created().set("value", value);
    assertThat(session.get("value", value.getClass()).orElseThrow()).isEqualTo(value);
    value(store().save(session));
    assertThat(session.get("value", value.getClass()).orElseThrow()).isEqualTo(value);
    assertThat(stored(session).get("value", value.getClass()).orElseThrow()).isEqualTo(value);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(SAMPLES + "genericValues")
  void valueIsReadAsItsTypeWithArguments(String description, Object value, TypeRef<?> type) {
    Session session = created().set("value", value);
    assertThat(session.get("value", type).orElseThrow()).isEqualTo(value);
    value(store().save(session));
    assertThat(session.get("value", type).orElseThrow()).isEqualTo(value);
    assertThat(stored(session).get("value", type).orElseThrow()).isEqualTo(value);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource(SAMPLES + "plainValues")
  void valueSurvivesTheSaveOfAnother(String description, Object value) {
    Session session = created(Map.of("value", value));
    value(other().save(stored(session).set("another", 1)));
    assertThat(stored(session).get("value", value.getClass()).orElseThrow()).isEqualTo(value);
  }

  @Test
  void numberIsReadAsAnyNumberThatHoldsIt() {
    Session session = stored(created(Map.of("n", 42)));
    assertThat(session.get("n", Long.class)).contains(42L);
    assertThat(session.get("n", Double.class)).contains(42.0);
    assertThat(session.get("n", int.class)).contains(42);
  }

  @Test
  void attributeCanChangeItsType() {
    Session session = created(Map.of("v", 42));
    value(store().save(session.set("v", "text")));
    assertThat(stored(session).get("v", String.class)).contains("text");
  }

  @Test
  void changeOfWhatGetReturnedDoesNotChangeTheSession() {
    Session session = stored(created(Map.of("cart", List.of("itemA"))));
    session.get("cart", LIST).orElseThrow().add("itemB");
    assertThat(session.get("cart", LIST)).contains(List.of("itemA"));
    value(store().save(session));
    assertThat(stored(session).get("cart", LIST)).contains(List.of("itemA"));
  }

  @Test
  void changeOfWhatGetReturnedIsStoredOnceItIsSet() {
    Session session = stored(created(Map.of("cart", List.of("itemA"))));
    List<String> cart = session.get("cart", LIST).orElseThrow();
    cart.add("itemB");
    value(store().save(session.set("cart", cart)));
    assertThat(stored(session).get("cart", LIST)).contains(List.of("itemA", "itemB"));
  }

  @Test
  void changeOfAnObjectAfterItsSaveDoesNotChangeTheSession() {
    List<String> cart = new ArrayList<>(List.of("itemA"));
    Session session = created();
    value(store().save(session.set("cart", cart)));
    cart.add("itemB");
    assertThat(session.get("cart", LIST)).contains(List.of("itemA"));
    assertThat(stored(session).get("cart", LIST)).contains(List.of("itemA"));
  }

  private Optional<SessionAttributeException> trySave(Session session) {
    SessionStore store = store();
    return value(
        store
            .save(session)
            .map(saved -> Optional.<SessionAttributeException>empty())
            .onErrorResume(SessionAttributeException.class, e -> Mono.just(Optional.of(e))));
  }
}
