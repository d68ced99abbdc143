package io.latchkey.histories;

import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.Layout;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Runs random histories of concurrent calls and broken connections against a real server, and
 * checks each against the promises of the library. The same seeds each time; for as long a run as
 * one likes:
 *
 * <pre>{@code
 * mvn -pl core test -Dtest=HistoriesTest -Dlatchkey.histories.count=5000 -Dlatchkey.histories.seed=1000
 * }</pre>
 *
 * <p>Further properties: {@code latchkey.histories.threads}, how many histories run at a time, as
 * most of them wait most of the time; {@code latchkey.histories.shrink}, for how many seconds a
 * failing history is shrunk; {@code latchkey.histories.all=true}, to go on when one has failed, and
 * print the seed of each that does.
 *
 * <p>What is done, to which session, what breaks, and what overlaps what comes from the seed. What
 * the network and the scheduler make of it does not: a failure that depends on a race shows itself
 * in some runs of its seed, not in all.
 */
class HistoriesTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  /** Made for each run: one that failed is run again in the same process. */
  @SuppressWarnings("NullAway.Init") // before all
  private static ClientResources resources;

  private static final int SEED = Integer.getInteger("latchkey.histories.seed", 40);
  private static final int COUNT = Integer.getInteger("latchkey.histories.count", 70);
  private static final int THREADS = Integer.getInteger("latchkey.histories.threads", 12);
  private static final int SHRINK = Integer.getInteger("latchkey.histories.shrink", 60);

  private static final boolean ALL = Boolean.getBoolean("latchkey.histories.all");

  @BeforeAll
  static void expectTrouble() {
    resources = BlockingAllowed.resources();
    // Broken connections are the point here, and each is a warning of Lettuce's or Netty's.
    for (String name : List.of("io.lettuce", "io.netty")) {
      ((Logger) LoggerFactory.getLogger(name)).setLevel(Level.OFF);
    }
  }

  @AfterAll
  static void shutDown() {
    for (String name : List.of("io.lettuce", "io.netty")) {
      ((Logger) LoggerFactory.getLogger(name)).setLevel(null);
    }
    resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void nothingIsLostAndNothingComesBack(Layout layout) {
    long start = System.nanoTime();
    Campaign campaign = new Campaign(SERVER, resources, layout, Duration.ofSeconds(SHRINK), ALL);
    String failure = campaign.run(SEED, COUNT, THREADS);
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    System.out.println(
        "Histories, "
            + layout
            + ", from seed "
            + SEED
            + ", in "
            + seconds
            + " s: "
            + campaign.counts());
    if (failure != null) {
      fail(failure);
    }
  }
}
