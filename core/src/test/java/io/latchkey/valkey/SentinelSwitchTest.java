package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestSentinels;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What sentinels tell of a switch, and which of them is believed. */
class SentinelSwitchTest {
  private static final int SENTINELS = 3;

  /** The sentinels demote it some ten seconds later, and until then it takes what it is sent. */
  @Test
  void afterAPlannedHandoverNothingGoesToTheFormerPrimary() {
    try (TestSentinels own = TestSentinels.start();
        ValkeySessionStore plain = builder(own.uri(), "plain").build();
        ValkeySessionStore acknowledged =
            builder(own.uri(), "acknowledged").acknowledgedBy(1, Duration.ofMillis(100)).build()) {
      create(12, plain);
      create(12, acknowledged);
      awaitListeners(own, "plain", 1);
      awaitListeners(own, "acknowledged", 1);
      ServerProcess former = own.primary();
      ServerProcess next = handOver(own, SENTINELS);
      TestCluster.await(
          "both stores have followed",
          () -> clients(next).contains("name=plain") && clients(next).contains("=acknowledged"));
      long before = writes(next);
      long beforeAtFormer = writes(former);
      create(50, plain);
      // Whose only replica is still to come.
      assertThat(error(acknowledged.create(Map.of()))).hasMessageContaining("0 of 1 replicas");
      assertThat(writes(next)).isEqualTo(before + 51);
      assertThat(writes(former)).isEqualTo(beforeAtFormer);
      TestCluster.await(
          "the connections to the former primary are closed",
          () ->
              !clients(former).contains("name=plain")
                  && !clients(former).contains("=acknowledged"));
      assertThat(info(former, "replication")).contains("role:master");
    }
  }

  /** It is asked first, and whom it names still takes writes. */
  @Test
  void aSentinelThatMissedAFailoverIsNotBelieved() {
    try (ServerProcess former = ValkeyServer.start();
        ServerProcess next = ValkeyServer.start();
        FakeServer lagging = new FakeServer(naming(former, new AtomicInteger(0)));
        FakeServer current = new FakeServer(naming(next, new AtomicInteger(1)));
        ValkeySessionStore store = builder(uri(lagging, current), "plain").connections(1).build()) {
      created(store);
      TestCluster.await("the store has followed", () -> clients(next).contains("name=plain"));
      long beforeAtFormer = writes(former);
      // For longer than the news of the switch is taken for granted.
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1500);
      while (System.nanoTime() < end) {
        command(next, "CLIENT", "KILL", "TYPE", "normal");
        TestCluster.await("it is back", () -> clients(next).contains("name=plain"));
      }
      awaitWorks(store);
      assertThat(writes(former)).isEqualTo(beforeAtFormer);
      assertThat(writes(next)).isPositive();
    }
  }

  /** As after their files are lost: they count the failovers from zero again. */
  @Test
  void sentinelsThatAreSetUpAnewAreBelievedByTheirMajority() {
    AtomicInteger epoch = new AtomicInteger(7);
    ServerProcess primary = TestSentinels.shared().primary();
    try (FakeServer one = new FakeServer(naming(primary, epoch));
        FakeServer two = new FakeServer(naming(primary, epoch));
        ValkeySessionStore store = builder(uri(one, two), "anew").build()) {
      create(12, store);
      epoch.set(0);
      command(primary, "CLIENT", "KILL", "TYPE", "normal");
      awaitWorks(store);
    }
  }

  @Test
  void aStoreThatMayNotListenWorksAndSaysWhatToGrant() {
    for (int i = 0; i < SENTINELS; i++) {
      TestSentinels.shared()
          .sentinel(
              i,
              "ACL SETUSER deaf reset on >s3cret +sentinel|get-master-addr-by-name +sentinel|master"
                  .split(" "));
    }
    try (Logged warnings = Logged.by(SentinelWatch.class);
        ValkeySessionStore store =
            builder(TestSentinels.shared().uri(), "deaf")
                .sentinelCredentials(() -> Mono.just(Credentials.of("deaf", "s3cret")))
                .build()) {
      create(12, store);
      TestCluster.await("it is said", () -> !warnings.all.isEmpty());
      awaitListeners(TestSentinels.shared(), "deaf", 0);
      create(12, store);
      assertThat(warnings.all).singleElement().asString().contains(Sentinels.NEEDED);
    }
  }

  @Test
  void aClosedStoreListensToNobody() {
    ValkeySessionStore store = builder(TestSentinels.shared().uri(), "closing").build();
    create(1, store);
    awaitListeners(TestSentinels.shared(), "closing", 1);
    StepVerifier.create(store.closeAsync()).expectComplete().verify(PATIENCE);
    awaitListeners(TestSentinels.shared(), "closing", 0);
  }

  @Test
  void aSentinelThatHangsUpAgainAndAgainIsNotStormed() {
    AtomicInteger connections = new AtomicInteger();
    Function<List<?>, String> answers =
        naming(TestSentinels.shared().primary(), new AtomicInteger());
    try (FakeServer broken =
            new FakeServer(
                command -> {
                  if (command.get(0).equals("SUBSCRIBE")) {
                    connections.incrementAndGet();
                    return FakeServer.HANG_UP;
                  }
                  return answers.apply(command);
                });
        ValkeySessionStore store = builder(uri(broken), "calm").build()) {
      long began = System.nanoTime();
      create(1, store);
      TestCluster.await("it is tried again", () -> connections.get() >= 3);
      assertThat(System.nanoTime() - began).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(300));
      create(1, store);
    }
  }

  private static void awaitWorks(ValkeySessionStore store) {
    TestCluster.await(
        "it works again",
        () ->
            Boolean.TRUE.equals(
                store.create(Map.of()).hasElement().onErrorReturn(false).block(PATIENCE)));
  }

  /** Returns the next primary, when so many sentinels, from the first on, know it. */
  static ServerProcess handOver(TestSentinels sentinels, int knowing) {
    ServerProcess next = sentinels.replica();
    assertThat(sentinels.sentinel(0, "SENTINEL", "FAILOVER", TestSentinels.NAME)).isEqualTo("OK");
    TestCluster.await(
        "sentinels name the next primary: " + knowing,
        () ->
            IntStream.range(0, knowing)
                .allMatch(
                    i ->
                        sentinels
                            .sentinel(i, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", TestSentinels.NAME)
                            .contains(Integer.toString(next.port()))));
    return next;
  }

  /** Waits until each sentinel has so many connections of that name which have subscribed. */
  static void awaitListeners(TestSentinels sentinels, String name, int count) {
    TestCluster.await(
        "each sentinel has listeners: " + count,
        () ->
            IntStream.range(0, SENTINELS)
                .allMatch(i -> listeners(sentinels.process(i), name).size() == count));
  }

  /** The connections of that name which have subscribed, as CLIENT LIST has them. */
  static List<String> listeners(ServerProcess sentinel, String name) {
    return clients(sentinel)
        .lines()
        .filter(line -> line.contains(" name=" + name + " "))
        .filter(line -> line.contains(" sub=1 "))
        .toList();
  }

  /** A sentinel that names that primary, with that config-epoch. */
  private static Function<List<?>, String> naming(ServerProcess primary, AtomicInteger epoch) {
    String port = Integer.toString(primary.port());
    return command ->
        switch (String.valueOf(command.get(0))) {
          case "HELLO" -> FakeServer.hello("8.0.1");
          case "SUBSCRIBE" -> ">3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1";
          default ->
              command.get(1).equals("master")
                  ? "%1\r\n$12\r\nconfig-epoch\r\n$1\r\n" + epoch
                  : "*2\r\n$9\r\n127.0.0.1\r\n$" + port.length() + "\r\n" + port;
        };
  }

  private static String uri(FakeServer... sentinels) {
    StringBuilder hosts = new StringBuilder();
    for (FakeServer sentinel : sentinels) {
      hosts.append(hosts.isEmpty() ? "" : ",").append(sentinel.uri().replace("valkey://", ""));
    }
    return "valkey-sentinel://" + hosts + "?sentinelMasterId=m";
  }

  static void create(int count, ValkeySessionStore store) {
    IntStream.range(0, count).forEach(i -> created(store));
  }

  static String clients(ServerProcess server) {
    return command(server, "CLIENT", "LIST");
  }

  /** How many sessions it was told to store, by clients and not by replication. */
  static long writes(ServerProcess server) {
    return info(server, "commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_set:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("cmdstat_set:calls=(\\d+),.*", "$1")))
        .sum();
  }

  static String info(ServerProcess server, String section) {
    return command(server, "INFO", section);
  }

  private static String command(ServerProcess server, String... words) {
    try (RespConnection admin = RespConnection.open(server.uri())) {
      return String.valueOf(admin.call(words));
    }
  }

  static ValkeySessionStore.Builder builder(String uri, String clientName) {
    return ValkeySessionStore.builder(uri)
        .commandTimeout(Duration.ofSeconds(1))
        .clientName(clientName);
  }
}
