package io.latchkey.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdsTest {
  private final SessionIds ids = new SessionIds();

  @RepeatedTest(100)
  void anIdIs40CharactersOfTheBase64UrlAlphabet() {
    SessionId id = ids.next();
    assertThat(id.text()).matches("[A-Za-z0-9_-]{40}").startsWith(id.locator());
    assertThat(id.locator()).hasSize(16);
    assertThat(SessionId.parse(id.text())).isEqualTo(id);
  }

  @RepeatedTest(100)
  void theIdAfterARotationKeepsTheLocatorAndNothingElse() {
    SessionId id = ids.next();
    SessionId next = ids.nextAfter(id);
    assertThat(next.text()).matches("[A-Za-z0-9_-]{40}");
    assertThat(next.locator()).isEqualTo(id.locator());
    assertThat(next.text().substring(16)).isNotEqualTo(id.text().substring(16));
    assertThat(next.digest().matches(id.digest())).isFalse();
  }

  @Test
  void everyCharacterOfAnIdIsRandom() {
    for (int position = 0; position < SessionId.LENGTH; position++) {
      Set<Character> seen = new HashSet<>();
      for (int i = 0; i < 2000; i++) {
        seen.add(ids.next().text().charAt(position));
      }
      assertThat(seen).as("at %d", position).hasSize(64);
    }
  }

  /** As the documents tell readers in other languages. */
  @Test
  void theDigestIsTheFirst192BitsOfTheSecretsSha256() throws Exception {
    SessionId id = ids.next();
    byte[] sha256 =
        MessageDigest.getInstance("SHA-256").digest(id.text().substring(16).getBytes(UTF_8));
    assertThat(new String(id.digest().ascii(), UTF_8))
        .isEqualTo(Base64.getUrlEncoder().encodeToString(Arrays.copyOf(sha256, 24)));
  }

  @Test
  void whoeverHoldsTheSameFormerIdAndSaltComputesTheSameNewId() {
    SessionId former = ids.next();
    String salt = ids.salt();
    SessionId renewed = SessionIds.renewed(former, salt);
    assertThat(SessionIds.renewed(former, salt)).isEqualTo(renewed);
    assertThat(renewed.locator()).isEqualTo(former.locator());
    assertThat(SessionIds.renewed(former, ids.salt())).isNotEqualTo(renewed);
    assertThat(SessionIds.renewed(ids.nextAfter(former), salt)).isNotEqualTo(renewed);
  }

  @Test
  void anIdOfAnotherLibraryIsAllSecret() {
    String uuid = "3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d11";
    SessionId id = requireNonNull(SessionId.parseUuid(uuid));
    assertThat(id.locator()).hasSize(16).matches("[A-Za-z0-9_-]{16}");
    assertThat(uuid).doesNotContain(id.locator());
    assertThat(id.digest()).isEqualTo(SecretDigest.of(uuid));
    assertThat(id.isNative()).isFalse();
    assertThat(ids.nextAfter(id).locator()).isEqualTo(id.locator());
    assertThat(ids.nextAfter(id).isNative()).isTrue();
  }

  @Test
  void noPartOfAnIdIsInItsText() {
    SessionId id = ids.next();
    assertThat(id + " " + id.digest()).isEqualTo("SessionId SecretDigest");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "AAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "AAAA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "ÀAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "АAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "٣AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void anythingElseIsNoId(String text) {
    assertThat(SessionId.parse(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "3C6F0B1E-9A58-4E0C-8F4E-0A3C2C0B7D11",
        "3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d1",
        "3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d111",
        "3c6f0b1e09a58-4e0c-8f4e-0a3c2c0b7d11",
        "3c6f0b1g-9a58-4e0c-8f4e-0a3c2c0b7d11"
      })
  void anythingElseIsNoUuid(String text) {
    assertThat(SessionId.parseUuid(text)).isNull();
  }
}
