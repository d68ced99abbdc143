package io.latchkey.histories;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Test
  void onlyWhatTheFailureNeedsIsLeft() {
    List<Integer> steps = IntStream.range(0, 50).boxed().toList();
    Shrinker<Integer> shrinker =
        new Shrinker<>(left -> left.containsAll(List.of(3, 4, 41)), 1, LIMIT);
    assertThat(shrinker.shrink(steps)).containsExactly(3, 4, 41);
  }

  @Test
  void failureThatShowsOnlyNowAndThenIsTriedSeveralTimes() {
    List<Integer> steps = IntStream.range(0, 50).boxed().toList();
    AtomicInteger runs = new AtomicInteger();
    Shrinker<Integer> shrinker =
        new Shrinker<>(left -> left.contains(7) && runs.incrementAndGet() % 3 == 0, 3, LIMIT);
    assertThat(shrinker.shrink(steps)).containsExactly(7);
  }

  @Test
  void whatDoesNotFailAgainIsLeftAsItIs() {
    List<Integer> steps = List.of(1, 2, 3);
    assertThat(new Shrinker<Integer>(left -> false, 2, LIMIT).shrink(steps)).isEqualTo(steps);
  }

  @Test
  void noTimeNoShrinking() {
    List<Integer> steps = List.of(1, 2, 3);
    assertThat(new Shrinker<Integer>(left -> true, 1, Duration.ZERO).shrink(steps))
        .isEqualTo(steps);
  }
}
