package io.latchkey.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class OpenLoopTest {
  private final FakeTime time = new FakeTime();

  @Test
  void operationsStartAtTheirIntendedTimes() {
    List<Long> starts = new ArrayList<>();
    long begin = time.nanos();

    Step step =
        loop(n -> Mono.fromCallable(() -> starts.add(time.nanos() - begin)))
            .run(1_000, Duration.ofSeconds(1));

    assertThat(starts).hasSize(1_000).startsWith(0L, 1_000_000L).endsWith(999_000_000L);
    assertThat(step.achieved()).isEqualTo(1_000);
    assertThat(step.held(1_000)).isTrue();
  }

  @Test
  void aStallIsCountedFromTheIntendedStartOfAllThatItHeldUp() {
    // At 1,000 per second, number 500 takes the thread for 100 ms: those of the 100 ms after it
    // start late, and would each look fast if counted from when they were started.
    Step step =
        loop(n -> Mono.fromCallable(() -> stallAt(n, 500))).run(1_000, Duration.ofSeconds(1));

    assertThat(step.latencies().getTotalCount()).isEqualTo(1_000);
    assertThat(step.latencies().getMaxValue()).isCloseTo(100_000, within(100L));
    assertThat(step.latencies().getCountBetweenValues(1_000, 200_000)).isEqualTo(100);
    assertThat(step.latencies().getValueAtPercentile(95)).isCloseTo(50_000, within(2_000L));
    assertThat(step.achieved()).isEqualTo(1_000);
  }

  @Test
  void whatArrivesBeyondTheBoundIsRefusedAndTheOthersGoOnToTheirEnd() {
    List<Sinks.One<String>> waiting = new ArrayList<>();

    time.at(Duration.ofMillis(20), () -> waiting.forEach(one -> one.tryEmitValue("answer")));

    Step step =
        loop(n -> {
              Sinks.One<String> answer = Sinks.one();
              waiting.add(answer);
              return answer.asMono();
            })
            .run(1_000, Duration.ofMillis(10));

    assertThat(step.arrivals()).isEqualTo(10);
    assertThat(step.refused()).isEqualTo(2);
    assertThat(step.latencies().getTotalCount()).isEqualTo(8);
    assertThat(step.latencies().getMaxValue()).isCloseTo(20_000, within(20L));
    assertThat(step.held(1_000_000)).isFalse();
  }

  @Test
  void anOperationThatFailsOrAnswersNothingHasFailed() {
    Step step =
        loop(n -> n == 3 ? Mono.error(new ArithmeticException("no")) : Mono.just("answer"))
            .run(1_000, Duration.ofMillis(10));
    Step empty = loop(n -> Mono.empty()).run(1_000, Duration.ofMillis(10));

    assertThat(step.failed()).isEqualTo(1);
    assertThat(step.failure()).isInstanceOf(ArithmeticException.class);
    assertThat(step.latencies().getTotalCount()).isEqualTo(9);
    assertThat(empty.failed()).isEqualTo(10);
    assertThat(empty.held(1_000_000)).isFalse();
  }

  @Test
  void whatIsNeverAnsweredEndsTheClimbAtOnce() {
    List<Step> steps = new ArrayList<>();
    OpenLoop loop = loop(n -> n == 3 ? Mono.never() : Mono.just("answer"));

    new Climb(new Ladder(1_000, 2, 4_000), Duration.ofSeconds(1), 500_000)
        .run(loop, (step, held) -> steps.add(step), () -> false);

    assertThat(steps)
        .singleElement()
        .satisfies(
            step -> {
              assertThat(step.unanswered()).isEqualTo(1);
              assertThat(step.failure()).hasMessage("Not answered within PT10S");
              assertThat(step.held(500_000)).isFalse();
              assertThat(LoadResult.RateStep.of(step, false).failed()).isEqualTo(1);
            });
  }

  @Test
  void aRateSlightlyAboveWhatTheStoreManagesDoesNotHold() {
    // One of 50 is not answered before the step has ended.
    List<Sinks.One<String>> waiting = new ArrayList<>();
    time.at(Duration.ofSeconds(1), () -> waiting.forEach(one -> one.tryEmitValue("answer")));
    OpenLoop loop =
        loop(
            n -> {
              if (n % 50 != 0) {
                return Mono.just("answer");
              }
              Sinks.One<String> answer = Sinks.one();
              waiting.add(answer);
              return answer.asMono();
            });

    Step step = loop.run(100, Duration.ofMillis(999));

    assertThat(step.answered()).isEqualTo(98);
    assertThat(step.failed() + step.refused() + step.unanswered()).isZero();
    assertThat(step.held(2_000_000)).isFalse();
  }

  @Test
  void theClimbEndsAtTheFirstRateThatTwiceDoesNotHold() {
    List<String> steps = new ArrayList<>();
    // A store that does one in 100 us, and nothing meanwhile: 10,000 per second.
    OpenLoop loop = loop(n -> Mono.fromCallable(() -> work(Duration.ofNanos(100_000))));

    new Climb(new Ladder(4_000, 1.5, 100_000), Duration.ofMillis(500), 500_000)
        .run(loop, (step, held) -> steps.add(step.offered() + " " + held), () -> false);

    assertThat(steps)
        .containsExactly("4000 true", "6000 true", "9000 true", "13500 false", "13500 false");
  }

  @Test
  void aRateThatHoldsAtTheSecondTryIsNoEnd() {
    List<String> steps = new ArrayList<>();
    OpenLoop loop = loop(n -> n == 10 ? Mono.error(new ArithmeticException()) : Mono.just("a"));

    new Climb(new Ladder(1_000, 2, 2_000), Duration.ofMillis(100), 500_000)
        .run(loop, (step, held) -> steps.add(step.offered() + " " + held), () -> false);

    assertThat(steps).containsExactly("1000 false", "1000 true", "2000 true");
  }

  @Test
  void theClimbEndsWhenItIsStopped() {
    List<Step> steps = new ArrayList<>();

    new Climb(new Ladder(1_000, 2, 8_000), Duration.ofMillis(100), 500_000)
        .run(loop(n -> Mono.just("a")), (step, held) -> steps.add(step), () -> !steps.isEmpty());

    assertThat(steps).hasSize(1);
  }

  private OpenLoop loop(LongFunction<? extends Publisher<?>> operation) {
    return new OpenLoop(operation, 8, Duration.ofSeconds(10), time);
  }

  private long stallAt(long number, long stalled) {
    if (number == stalled) {
      time.pass(Duration.ofMillis(100));
    }
    return number;
  }

  private boolean work(Duration duration) {
    time.pass(duration);
    return true;
  }
}
