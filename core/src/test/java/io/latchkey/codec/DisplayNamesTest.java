package io.latchkey.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.SessionAttributeException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No name adds a line to a log, or changes the text around it. */
class DisplayNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "cart", "a b", "Stra\u00dfe", "\u05e9\u05dc", "\ud83d\ude00", "'"})
  void whatCanBeSeenIsShownAsItIs(String name) {
    assertThat(DisplayNames.of(name)).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0x200e, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff})
  void whatCannotBeSeenIsEscaped(int character) {
    assertThat(DisplayNames.of("a" + (char) character + "b"))
        .isEqualTo("a\\u%04xb".formatted(character));
  }

  @Test
  void aLoneSurrogateAndABackslashAreEscaped() {
    assertThat(DisplayNames.of("a\ud83d")).isEqualTo("a\\ud83d");
    assertThat(DisplayNames.of("\\u000a")).isEqualTo("\\\\u000a");
    assertThat(DisplayNames.of("\udb40\udc41")).isEqualTo("\\udb40\\udc41");
  }

  @ParameterizedTest
  @CsvSource({"99, 99", "100, 100", "101, 103", "100000, 103"})
  void whatIsLongIsCut(int length, int shown) {
    assertThat(DisplayNames.of("n".repeat(length))).hasSize(shown);
  }

  @Test
  void noCharacterIsCutInHalf() {
    assertThat(DisplayNames.of("n".repeat(99) + "\ud83d\ude00")).isEqualTo("n".repeat(99) + "...");
  }

  @Test
  void theCodecsMessagesShowNamesLikeThat() {
    AttributeCodec codec = new AttributeCodec();
    JsonBytes json = JsonBytes.of("1".getBytes(StandardCharsets.UTF_8));
    JsonBytes damaged = JsonBytes.of("{".getBytes(StandardCharsets.UTF_8));
    String name = "a\nb" + "n".repeat(1_000);
    for (Runnable call :
        new Runnable[] {
          () -> codec.decode(name, json, String.class),
          () -> codec.decode(name, damaged),
          () -> codec.encode(name, new Object())
        }) {
      assertThatThrownBy(call::run)
          .isInstanceOf(SessionAttributeException.class)
          .hasMessageContaining("'a\\u000ab" + "n".repeat(97) + "...'")
          .extracting(e -> ((SessionAttributeException) e).attributeName())
          .isEqualTo(name);
    }
  }
}
