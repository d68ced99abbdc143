package io.latchkey.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.SessionAttributeException;
import java.util.List;
import java.util.Map;
import kotlin.Pair;
import kotlin.Triple;
import org.junit.jupiter.api.Test;

/** Data classes as the Kotlin compiler makes them: those of its own library. */
class KotlinAttributesTest {

  @Test
  void dataClassComesBackWithTheModuleThatIsOnTheClassPath() {
    AttributeOptions options = new AttributeOptions();
    options.allow("kotlin.Pair", "kotlin.Triple");
    options.attribute("pair", Pair.class);
    options.modules();
    AttributeCodec codec = options.codec();
    for (Object value :
        List.of(
            new Pair<>("a", 5L),
            new Triple<>("a", 5, List.of(1L)),
            new Pair<>(new Pair<>(1, 2L), Map.of("x", new Triple<>("a", "b", "c"))))) {
      assertThat(codec.decode("a", codec.encode("a", value))).isEqualTo(value);
      assertThat(codec.decode("a", codec.encode("a", List.of(value)))).isEqualTo(List.of(value));
    }
    Pair<String, Long> pair = new Pair<>("a", 5L);
    assertThat(codec.decode("pair", codec.encode("pair", pair))).isEqualTo(pair);
  }

  @Test
  void withoutTheModuleADataClassIsRefusedAtOnceAsNobodyCouldReadIt() {
    AttributeOptions options = new AttributeOptions();
    options.allow("kotlin.Pair");
    assertThatThrownBy(() -> options.codec().encode("a", new Pair<>("a", 5L)))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContainingAll("'a'", "kotlin.Pair", "constructor", "jacksonModules()");
  }
}
