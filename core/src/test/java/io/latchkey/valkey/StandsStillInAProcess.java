package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;

import io.latchkey.SessionStoreUnavailableException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.util.retry.Retry;

/**
 * The program of a process of its own with little memory: for two seconds it stores sessions of 500
 * KB in a server that stands still, and prints how that went.
 */
final class StandsStillInAProcess {
  private StandsStillInAProcess() {}

  public static void main(String[] args) throws Exception {
    ValkeySessionStore store = ValkeySessionStore.connect(args[0]);
    Map<String, String> large = Map.of("text", "t".repeat(500_000));
    for (int i = 0; i < 10; i++) {
      store.create(large).block(PATIENCE);
    }
    System.out.println("ready");
    System.in.read();
    AtomicLong refused = new AtomicLong();
    AtomicLong slowest = new AtomicLong();
    AtomicLong errors = new AtomicLong();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
    while (System.nanoTime() < end) {
      long called = System.nanoTime();
      store
          .create(large)
          .subscribe(
              stored -> {},
              error -> {
                if (error instanceof SessionStoreUnavailableException unavailable) {
                  if (!unavailable.outcomeUnknown()) {
                    refused.incrementAndGet();
                    slowest.accumulateAndGet(System.nanoTime() - called, Math::max);
                  }
                }
                if (error.getCause() instanceof Error || error instanceof Error) {
                  errors.incrementAndGet();
                }
              });
    }
    System.out.println("refused=" + refused);
    System.out.println("slowestRefusalMillis=" + slowest.get() / 1_000_000);
    System.out.println("errors=" + errors);
    System.out.println("broken=" + store.stats().brokenConnections());
    System.out.println("end=1");
    System.in.read();
    store
        .create(large)
        .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20)))
        .block(PATIENCE);
    System.out.println("works");
    System.exit(0);
  }
}
