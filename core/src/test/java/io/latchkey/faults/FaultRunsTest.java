package io.latchkey.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.histories.BlockingAllowed;
import io.latchkey.tck.Resp;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.PipelineErrors;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestSentinels;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/**
 * The faults that users' servers have, under load. In the build each is short; {@code
 * -Dlatchkey.faults.seconds=5} makes them long, and prints the table of docs/operations.md.
 */
class FaultRunsTest {
  private static final int SECONDS = Integer.getInteger("latchkey.faults.seconds", 0);
  private static final Duration STEADY =
      SECONDS == 0 ? Duration.ofMillis(300) : Duration.ofSeconds(SECONDS);

  /** Longer than a command may take in the long form only. */
  private static final Duration HANG =
      SECONDS == 0 ? Duration.ofSeconds(1) : Duration.ofSeconds(10);

  /** How far a replica may be behind. */
  private static final Duration REPLICATION = Duration.ofSeconds(1);

  private static final String ASYNCHRONOUS = "asynchronous replication";

  /** By the order in which the page has them. */
  private static final Map<Integer, Account> ACCOUNTS =
      Collections.synchronizedMap(new TreeMap<>());

  @AfterAll
  static void print() {
    if (SECONDS > 0) {
      System.out.println(Account.header());
      ACCOUNTS.values().forEach(account -> System.out.println(account.row()));
    }
  }

  @Test
  void serverKilledThatWritesEachCommandToDiskLosesNothing() {
    try (ServerProcess server =
            ValkeyServer.start("--appendonly", "yes", "--appendfsync", "always");
        ValkeySessionStore store = store(server.uri());
        ValkeySessionStore audit = store(server.uri())) {
      FaultRun run =
          FaultRun.of(
              "server killed and restarted, AOF `always`",
              store,
              audit,
              STEADY,
              struck -> restart(server, struck));
      ACCOUNTS.put(1, run.account().isClean().hasErrors());
    }
  }

  @Test
  void serverKilledThatWritesToDiskEverySecondLosesTheLastOnesOnly() {
    try (ServerProcess server =
            ValkeyServer.start("--appendonly", "yes", "--appendfsync", "everysec");
        ValkeySessionStore store = store(server.uri());
        ValkeySessionStore audit = store(server.uri())) {
      FaultRun run =
          FaultRun.of(
              "server killed and restarted, AOF `everysec`",
              store,
              audit,
              STEADY,
              struck -> restart(server, struck));
      ACCOUNTS.put(
          2,
          run.accountWhereServerMayLose(Duration.ofSeconds(2), "the AOF's last two seconds")
              .isClean()
              .hasErrors());
    }
  }

  @Test
  void serverThatHangsLosesNothing() {
    try (ServerProcess server = ValkeyServer.start();
        ValkeySessionStore store = store(server.uri());
        ValkeySessionStore audit = store(server.uri())) {
      FaultRun run =
          FaultRun.of(
              "server hangs for %d s (SIGSTOP)".formatted(HANG.toSeconds()),
              store,
              audit,
              STEADY,
              struck -> {
                server.pause();
                FaultRun.pause(HANG);
                server.resume();
              });
      Account account = run.account().isClean();
      ACCOUNTS.put(3, account);
      if (HANG.compareTo(Duration.ofSeconds(2)) > 0) {
        account.hasErrors();
      }
    }
  }

  @Test
  void connectionsCutAllTheTimeLoseNothing() {
    try (ServerProcess server = ValkeyServer.start();
        RecordingProxy proxy = RecordingProxy.of(server.uri());
        ValkeySessionStore store = store(proxy.uri());
        ValkeySessionStore audit = store(proxy.uri())) {
      FaultRun run =
          FaultRun.of(
              "connections cut every 100 ms",
              store,
              audit,
              STEADY,
              struck -> {
                Disposable cuts =
                    Flux.interval(Duration.ofMillis(100)).subscribe(tick -> proxy.cutAll());
                FaultRun.pause(STEADY.multipliedBy(2));
                cuts.dispose();
              });
      ACCOUNTS.put(4, run.account().isClean().hasErrors());
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectionsBroughtOutOfStepAllTheTimeLoseNothing(Layout layout) {
    ClientResources resources = BlockingAllowed.resources();
    PipelineErrors errors = new PipelineErrors();
    Random random = new Random(1);
    try (ServerProcess server = ValkeyServer.start();
        RecordingProxy proxy = RecordingProxy.of(server.uri());
        ValkeySessionStore store =
            ValkeySessionStore.builder(proxy.uri())
                .resources(errors.in(resources))
                .layout(layout)
                .commandTimeout(FaultRun.COMMAND_TIMEOUT)
                .build();
        ValkeySessionStore audit =
            ValkeySessionStore.builder(server.uri()).layout(layout).build()) {
      FaultRun run =
          FaultRun.of(
              "bytes of answers lost or repeated, errors while they are read, every 50 ms",
              store,
              audit,
              STEADY,
              struck -> {
                Disposable damages =
                    Flux.interval(Duration.ofMillis(50))
                        .subscribe(tick -> damage(tick, random, proxy, errors));
                FaultRun.pause(STEADY.multipliedBy(4));
                damages.dispose();
                errors.disarm(proxy.port());
              });
      Account account =
          run.accountWhereAbsenceMayBeBelieved(layout == Layout.HASH).isClean().hasErrors();
      assertThat(store.stats().brokenConnections()).isPositive();
      ACCOUNTS.put(layout == Layout.STRING ? 13 : 14, account);
    } finally {
      resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  private static void damage(
      long tick, Random random, RecordingProxy proxy, PipelineErrors errors) {
    int count = 1 + random.nextInt(random.nextBoolean() ? 8 : 400);
    int index = random.nextInt(400);
    switch ((int) (tick % 3)) {
      case 0 -> proxy.damageAnswers(command -> true, RecordingProxy.losing(count, index));
      case 1 -> proxy.damageAnswers(command -> true, RecordingProxy.repeating(count, index));
      default -> errors.throwAtNextReadFrom(proxy.port());
    }
  }

  @Test
  void fullServerRefusesAndLosesNothing() {
    try (ServerProcess server = ValkeyServer.start("--maxmemory-policy", "noeviction");
        RespConnection admin = RespConnection.open(server.uri());
        ValkeySessionStore store = store(server.uri());
        ValkeySessionStore audit = store(server.uri())) {
      FaultRun run =
          FaultRun.of(
              "server full, `noeviction`", store, audit, STEADY, struck -> fill(admin, "1"));
      ACCOUNTS.put(5, run.account().isClean().hasErrors());
    }
  }

  @Test
  void fullServerThatEvictsLosesWhatItEvicts() {
    try (ServerProcess server = ValkeyServer.start("--maxmemory-policy", "allkeys-lru");
        RespConnection admin = RespConnection.open(server.uri());
        ValkeySessionStore store = store(server.uri());
        ValkeySessionStore audit = store(server.uri())) {
      AtomicBoolean evicted = new AtomicBoolean();
      FaultRun run =
          FaultRun.of(
              "server full, `allkeys-lru`",
              store,
              audit,
              STEADY,
              struck -> {
                // What it uses now: each session more costs another.
                String used = String.valueOf(admin.call("INFO", "memory"));
                fill(admin, used.replaceAll("(?s).*used_memory:(\\d+).*", "$1"));
                evicted.set(
                    !String.valueOf(admin.call("INFO", "stats")).contains("evicted_keys:0\r"));
              });
      assertThat(evicted).isTrue();
      ACCOUNTS.put(6, run.accountWhereServerMayLoseSessions("eviction").isClean());
    }
  }

  @Test
  void primaryOfAClusterKilledLosesWhatWasNotReplicated() {
    try (TestCluster cluster = TestCluster.start(3, 1);
        ValkeySessionStore store = store(cluster.uri());
        ValkeySessionStore audit = store(cluster.uri())) {
      FaultRun run =
          FaultRun.of(
              "primary of a 3+3 cluster killed, its replica promoted",
              store,
              audit,
              STEADY,
              new ClusterFaults(cluster)::killAPrimary);
      ACCOUNTS.put(
          7, run.accountWhereServerMayLose(REPLICATION, ASYNCHRONOUS).isClean().hasErrors());
    }
  }

  @Test
  void slotsThatMoveLoseNothing() {
    try (TestCluster cluster = TestCluster.start(3, 0);
        ValkeySessionStore store = store(cluster.uri());
        ValkeySessionStore audit = store(cluster.uri())) {
      FaultRun run =
          FaultRun.of(
              "slots of a cluster moved to another node and back",
              store,
              audit,
              STEADY,
              struck -> new ClusterFaults(cluster).moveSlots(SECONDS == 0 ? 10 : 10 * SECONDS));
      ACCOUNTS.put(8, run.account().isClean());
    }
  }

  @Test
  void everyNodeOfAClusterRestartedLosesNothing() {
    try (TestCluster cluster = TestCluster.start(3, 1);
        ValkeySessionStore store = store(cluster.uri());
        ValkeySessionStore audit = store(cluster.uri())) {
      FaultRun run =
          FaultRun.of(
              "every node of a 3+3 cluster restarted, primaries after a handover",
              store,
              audit,
              STEADY,
              struck -> new ClusterFaults(cluster).restartNodes(SECONDS == 0 ? 1 : 3));
      // A handover may go unnoticed.
      ACCOUNTS.put(9, run.account().isClean());
    }
  }

  @Test
  void handoverBySentinelsLosesNothingThatWasReplicated() {
    try (TestSentinels sentinels = TestSentinels.start();
        ValkeySessionStore store = store(sentinels.uri());
        ValkeySessionStore audit = store(sentinels.uri())) {
      FaultRun run =
          FaultRun.of(
              "`SENTINEL FAILOVER`",
              store,
              audit,
              STEADY,
              struck -> {
                ServerProcess former = sentinels.primary();
                sentinels.sentinel(0, "SENTINEL", "FAILOVER", TestSentinels.NAME);
                TestCluster.await(
                    "another primary", () -> sentinels.primary().port() != former.port());
                // It has been promoted for up to a second, as the sentinels ask no more often.
                FaultRun.pause(REPLICATION);
                struck.serverLosesNoMore();
                if (SECONDS == 0) {
                  hurry(sentinels);
                }
                // Which acknowledges whatever it is sent until then, and loses it.
                TestCluster.await("the former primary follows", () -> isReplica(former));
              });
      // No call need fail: those that come while the connections are replaced wait for them.
      ACCOUNTS.put(
          10,
          run.accountWhereServerMayLose(REPLICATION, "the former primary, until a sentinel tells")
              .isClean());
    }
  }

  @Test
  void primaryKilledUnderSentinelsLosesWhatWasNotReplicated() {
    try (TestSentinels sentinels = TestSentinels.start();
        ValkeySessionStore store = store(sentinels.uri());
        ValkeySessionStore audit = store(sentinels.uri())) {
      FaultRun run =
          FaultRun.of(
              "primary killed under three sentinels",
              store,
              audit,
              STEADY,
              struck -> {
                ServerProcess former = sentinels.primary();
                former.kill();
                struck.serverLosesNoMore();
                TestCluster.await(
                    "another primary", () -> sentinels.primary().port() != former.port());
              });
      ACCOUNTS.put(
          11, run.accountWhereServerMayLose(REPLICATION, ASYNCHRONOUS).isClean().hasErrors());
    }
  }

  @Test
  void primaryThatHangsUnderSentinelsLosesWhatWasNotReplicated() {
    assumeTrue(SECONDS > 0, "SKIPPED: the short form is SentinelTest's");
    try (TestSentinels sentinels = TestSentinels.start();
        ValkeySessionStore store = store(sentinels.uri());
        ValkeySessionStore audit = store(sentinels.uri())) {
      FaultRun run =
          FaultRun.of(
              "primary hangs (SIGSTOP) under three sentinels",
              store,
              audit,
              STEADY,
              struck -> {
                ServerProcess former = sentinels.primary();
                former.pause();
                struck.serverLosesNoMore();
                TestCluster.await(
                    "another primary", () -> sentinels.primary().port() != former.port());
                FaultRun.pause(STEADY);
                former.resume();
                TestCluster.await("the former primary follows", () -> isReplica(former));
              });
      ACCOUNTS.put(
          12, run.accountWhereServerMayLose(REPLICATION, ASYNCHRONOUS).isClean().hasErrors());
    }
  }

  private static ValkeySessionStore store(String uri) {
    return ValkeySessionStore.builder(uri).commandTimeout(FaultRun.COMMAND_TIMEOUT).build();
  }

  private static void restart(ServerProcess server, FaultRun run) {
    server.kill();
    run.serverLosesNoMore();
    FaultRun.pause(Duration.ofMillis(300));
    server.restart();
  }

  /** Four publish periods pass before a former primary is demoted: by default eight seconds. */
  private static void hurry(TestSentinels sentinels) {
    for (int i = 0; i < 3; i++) {
      try {
        sentinels.sentinel(i, "SENTINEL", "DEBUG", "PUBLISH-PERIOD", "100", "INFO-PERIOD", "200");
      } catch (Resp.ErrorReply unknown) {
        // Before 7.0 it takes its time.
      }
    }
  }

  private static boolean isReplica(ServerProcess server) {
    try (RespConnection admin = RespConnection.open(server.uri())) {
      return String.valueOf(admin.call("INFO", "replication")).contains("role:slave");
    }
  }

  private static void fill(RespConnection admin, String maxmemory) {
    admin.call("CONFIG", "SET", "maxmemory", maxmemory);
    FaultRun.pause(STEADY);
    admin.call("CONFIG", "SET", "maxmemory", "0");
  }
}
