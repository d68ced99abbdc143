package io.latchkey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

class ClosedLoopTest {
  @Test
  void runsEachNumberOnce() throws Exception {
    Set<Long> numbers = ConcurrentHashMap.newKeySet();
    AtomicInteger runs = new AtomicInteger();

    ClosedLoop.run(
        n ->
            Mono.fromCallable(
                    () -> {
                      runs.incrementAndGet();
                      return numbers.add(n);
                    })
                .subscribeOn(Schedulers.parallel()),
        7,
        1_000,
        16);

    assertThat(runs).hasValue(1_000);
    assertThat(numbers).hasSize(1_000).contains(7L, 1_006L);
  }

  @Test
  void doesNotNestOperationsThatEndAtOnce() throws Exception {
    AtomicInteger runs = new AtomicInteger();

    ClosedLoop.run(n -> Mono.fromCallable(runs::incrementAndGet), 0, 200_000, 1);

    assertThat(runs).hasValue(200_000);
  }

  @Test
  void keepsAsManyInFlightAsAsked() throws Exception {
    Queue<Sinks.One<String>> waiting = new ArrayDeque<>();
    AtomicInteger most = new AtomicInteger();

    ClosedLoop.run(
        n -> {
          Sinks.One<String> answer = Sinks.one();
          waiting.add(answer);
          most.accumulateAndGet(waiting.size(), Math::max);
          if (waiting.size() == 8) {
            answerAll(waiting);
          }
          return answer.asMono();
        },
        0,
        800,
        8);

    assertThat(most).hasValue(8);
  }

  @Test
  void failsWhenAnOperationAnswersNothing() {
    assertThatThrownBy(() -> ClosedLoop.run(n -> Mono.empty(), 0, 100, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("An operation answered nothing");
  }

  @Test
  void failsWhenAnOperationFails() {
    assertThatThrownBy(
            () -> ClosedLoop.run(n -> Mono.error(new ArithmeticException("no")), 0, 100, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("no");
  }

  @Test
  void callersAreTheFourThreadsOnly() throws Exception {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    Set<Long> numbers = ConcurrentHashMap.newKeySet();

    try (Workers callers = new Workers()) {
      ClosedLoop.measure(
          n ->
              Mono.defer(
                  () -> {
                    threads.add(Thread.currentThread().getName());
                    return Mono.fromCallable(() -> numbers.add(n))
                        .subscribeOn(Schedulers.parallel());
                  }),
          0,
          20_000,
          16,
          callers);
    }

    assertThat(threads).containsExactlyInAnyOrder("caller-0", "caller-1", "caller-2", "caller-3");
    assertThat(numbers).hasSize(20_000);
  }

  @Test
  void failsWhenAnOperationOfACallerFails() {
    try (Workers callers = new Workers()) {
      assertThatThrownBy(
              () ->
                  ClosedLoop.measure(
                      n -> Mono.error(new ArithmeticException("no")), 0, 100, 4, callers))
          .isInstanceOf(IllegalStateException.class)
          .hasRootCauseMessage("no");
    }
  }

  private static void answerAll(Queue<Sinks.One<String>> waiting) {
    while (!waiting.isEmpty()) {
      waiting.remove().tryEmitValue("answer");
    }
  }
}
