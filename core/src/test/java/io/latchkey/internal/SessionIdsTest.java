package io.latchkey.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdsTest {
  private final SessionIds ids = new SessionIds();

  @RepeatedTest(100)
  void anIdIs32CharactersOfTheBase64UrlAlphabet() {
    String id = ids.next();
    assertThat(id).matches("[A-Za-z0-9_-]{32}");
    assertThat(SessionIds.isValid(id)).isTrue();
  }

  @RepeatedTest(100)
  void theIdAfterARotationKeepsTheTagAndNothingElse() {
    String id = ids.next();
    String next = ids.nextAfter(id);
    assertThat(next).matches("[A-Za-z0-9_-]{32}").startsWith(id.substring(0, 4));
    assertThat(next.substring(4)).isNotEqualTo(id.substring(4));
  }

  @Test
  void everyCharacterOfAnIdIsRandom() {
    for (int position = 0; position < SessionIds.LENGTH; position++) {
      Set<Character> seen = new HashSet<>();
      for (int i = 0; i < 2000; i++) {
        seen.add(ids.next().charAt(position));
      }
      assertThat(seen).as("at %d", position).hasSize(64);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "AAAA}AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "ÀAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "АAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "٣AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void anythingElseIsNoId(String text) {
    assertThat(SessionIds.isValid(text)).isFalse();
  }
}
