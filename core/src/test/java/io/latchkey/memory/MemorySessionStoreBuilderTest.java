package io.latchkey.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.Session;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MemorySessionStoreBuilderTest {
  private static final Duration TOO_LONG = Duration.ofDays(36_501);

  static Stream<Arguments> outOfRange() {
    return Stream.of(
        refused(b -> b.allow("shop.*"), "allow", "'shop.*'"),
        refused(
            b -> b.attribute("a", String.class).attribute("a", Long.class),
            "'a'",
            "java.lang.Long"),
        refused(b -> b.maxSessionSize(0), "maxSessionSize", "256 MiB", "0"),
        refused(b -> b.maxAttributeSize(0), "maxAttributeSize", "1 byte", "0"),
        refused(b -> b.maxAttributes(0), "maxAttributes", "1 to 1000000", "0"),
        refused(
            b -> b.maxSessionSize(10).maxAttributeSize(11).build(),
            "maxAttributeSize",
            "maxSessionSize",
            "10 bytes"),
        refused(b -> b.idleTimeout(Duration.ZERO), "idleTimeout", "1 millisecond", "PT0S"),
        refused(b -> b.idleTimeout(Duration.ofMillis(-1)), "idleTimeout", "36500 days", "-0.001"),
        refused(b -> b.idleTimeout(TOO_LONG), "idleTimeout", "36500 days", "PT876024H"),
        refused(b -> b.absoluteTimeout(Duration.ZERO), "absoluteTimeout", "1 milli", "PT0S"),
        refused(b -> b.absoluteTimeout(TOO_LONG), "absoluteTimeout", "36500", "PT876024H"),
        refused(b -> b.touchInterval(Duration.ofMillis(-1)), "touchInterval", "from 0", "-0.001"),
        refused(b -> b.touchInterval(TOO_LONG), "touchInterval", "idle timeout", "PT876024H"),
        refused(
            b -> b.idleTimeout(Duration.ofSeconds(1)).touchInterval(Duration.ofHours(1)).build(),
            "touchInterval",
            "PT1S",
            "PT1H"));
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void anOptionOutOfRangeIsRefused(Consumer<MemorySessionStore.Builder> option, String[] words) {
    MemorySessionStore.Builder builder = MemorySessionStore.builder();
    assertThatThrownBy(() -> option.accept(builder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(words);
  }

  static Stream<Arguments> nulls() {
    return Stream.of(
        arguments("timeout", call(b -> b.idleTimeout(nothing()))),
        arguments("timeout", call(b -> b.absoluteTimeout(nothing()))),
        arguments("interval", call(b -> b.touchInterval(nothing()))),
        arguments("policy", call(b -> b.conflicts(nothing()))),
        arguments("packagesOrClasses", call(b -> b.allow("shop", nothing()))),
        arguments("policy", call(b -> b.unreadableAttributes(nothing()))),
        arguments("clock", call(b -> b.clock(nothing()))));
  }

  @ParameterizedTest
  @MethodSource("nulls")
  void aNullIsRefusedByTheNameOfTheArgument(
      String argument, Consumer<MemorySessionStore.Builder> call) {
    MemorySessionStore.Builder builder = MemorySessionStore.builder();
    assertThatNullPointerException()
        .isThrownBy(() -> call.accept(builder))
        .withMessageContaining(argument);
  }

  @Test
  void theClockThatIsSetTellsTheTime() {
    Instant now = Instant.parse("2026-11-24T10:15:30.123Z");
    Session session =
        MemorySessionStore.builder().clock(Clock.fixed(now, ZoneOffset.UTC)).build().newSession();
    assertThat(session.createdAt()).isEqualTo(now);
    assertThat(session.expiresAt()).contains(now.plus(Duration.ofMinutes(30)));
  }

  private static Arguments refused(Consumer<MemorySessionStore.Builder> option, String... words) {
    return arguments(option, words);
  }

  private static Consumer<MemorySessionStore.Builder> call(
      Consumer<MemorySessionStore.Builder> call) {
    return call;
  }

  /** Null, where the compiler is told that it cannot be. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    @Nullable T nothing = null;
    return nothing;
  }
}
