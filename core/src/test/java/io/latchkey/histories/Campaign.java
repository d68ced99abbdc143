package io.latchkey.histories;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.Layout;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs many histories, several at a time, until one fails, or all of them; then shrinks the first
 * that failed.
 */
final class Campaign {
  private static final int SHRINK_TRIES = 3;
  private static final int MOST_VIOLATIONS = 5;

  private final ValkeyServer server;
  private final ClientResources resources;
  private final Layout layout;
  private final Duration shrinkLimit;
  private final boolean goesOn;
  private final AtomicInteger namespaces = new AtomicInteger();
  private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
  private final Counts counts = new Counts();

  /**
   * A campaign.
   *
   * @param shrinkLimit how long a failing history is shrunk
   * @param goesOn whether all histories are run, though one failed
   */
  Campaign(
      ValkeyServer server,
      ClientResources resources,
      Layout layout,
      Duration shrinkLimit,
      boolean goesOn) {
    this.server = server;
    this.resources = resources;
    this.layout = layout;
    this.shrinkLimit = shrinkLimit;
    this.goesOn = goesOn;
  }

  Counts counts() {
    return counts;
  }

  /** Runs the histories of these seeds; answers with a report of the first that fails, or null. */
  @Nullable String run(long firstSeed, int count, int threads) {
    ExecutorService workers = Executors.newFixedThreadPool(threads);
    try {
      AtomicInteger next = new AtomicInteger();
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(
            workers.submit(
                () -> {
                  for (int n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                    if (failure.get() != null && !goesOn) {
                      return;
                    }
                    runOne(Generator.history(firstSeed + n, layout));
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      workers.shutdownNow();
    }
    Failure found = failure.get();
    return found == null ? null : report(found);
  }

  private void runOne(History history) {
    Trace trace = trace(history);
    List<String> violations = Check.all(trace);
    counts.add(trace, violations);
    if (!violations.isEmpty()) {
      if (goesOn) {
        System.out.println("seed " + history.seed() + ": " + violations.get(0));
      }
      failure.compareAndSet(null, new Failure(history, trace, violations));
    }
  }

  private Trace trace(History history) {
    String namespace = server.namespace() + ":" + layout + namespaces.incrementAndGet();
    return Runner.run(history, server, namespace, resources);
  }

  private String report(Failure found) {
    List<Failure> smaller = new ArrayList<>(List.of(found));
    Shrinker<Step> shrinker =
        new Shrinker<>(
            steps -> {
              History candidate = found.history.withSteps(steps);
              Trace trace = trace(candidate);
              List<String> violations = Check.all(trace);
              if (violations.isEmpty()) {
                return false;
              }
              smaller.add(new Failure(candidate, trace, violations));
              return true;
            },
            SHRINK_TRIES,
            shrinkLimit);
    shrinker.shrink(found.history.steps());
    return "seed "
        + found.history.seed()
        + " failed after "
        + counts
        + "\n\nas it first failed:\n"
        + found.print(false)
        + "\nshrunk from "
        + found.history.steps().size()
        + " steps:\n"
        + smaller.get(smaller.size() - 1).print(true);
  }

  private record Failure(History history, Trace trace, List<String> violations) {
    String print(boolean whole) {
      StringBuilder text = new StringBuilder();
      violations.stream()
          .limit(MOST_VIOLATIONS)
          .forEach(violation -> text.append("  VIOLATION ").append(violation).append('\n'));
      if (violations.size() > MOST_VIOLATIONS) {
        text.append("  and ").append(violations.size() - MOST_VIOLATIONS).append(" more\n");
      }
      if (whole) {
        text.append(history.print());
        trace.calls().forEach(call -> text.append("    ").append(call).append('\n'));
      }
      return text.toString();
    }
  }
}
