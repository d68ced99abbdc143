package io.latchkey.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.testing.TestCluster;
import io.lettuce.core.cluster.SlotHash;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What happens to a cluster. The i-th replica of three belongs to the i-th primary of three. */
final class ClusterFaults {
  private static final int PRIMARIES = 3;

  private final TestCluster cluster;

  ClusterFaults(TestCluster cluster) {
    this.cluster = cluster;
  }

  /** Kills a primary; its replica takes over. */
  void killAPrimary(FaultRun run) {
    cluster.process(0).kill();
    run.serverLosesNoMore();
    TestCluster.await("the replica takes over", () -> isPrimary(PRIMARIES));
  }

  /** Moves slots in which sessions are to the next node, and back again. */
  void moveSlots(int count) {
    Set<Integer> slots = new LinkedHashSet<>();
    long moved = 0;
    for (int i = 0; i < count; i++) {
      int slot = slotWithASession(slots);
      slots.add(slot);
      moved += move(slot, 0, 1) > 0 ? 1 : 0;
    }
    slots.forEach(slot -> move(slot, 1, 0));
    // The sessions of a few may have been deleted meanwhile.
    assertThat(moved).as("slots that moved with sessions").isGreaterThan(count / 2);
  }

  /** Asked right before it moves, as sessions come and go. */
  private int slotWithASession(Set<Integer> butNot) {
    return Stream.ofNullable((List<?>) cluster.command(0, "KEYS", "*"))
        .flatMap(List::stream)
        .map(key -> SlotHash.getSlot(String.valueOf(key)))
        .filter(slot -> !butNot.contains(slot))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no slot with a session"));
  }

  /** How many sessions it has then at its new place. */
  private long move(int slot, int from, int to) {
    cluster.beginMigration(slot, from, to);
    cluster.moveKeys(slot, from, to);
    cluster.endMigration(slot, to);
    // Whoever had not heard of the move has sent new ones after the last look.
    cluster.moveKeys(slot, from, to);
    Object sessions = cluster.command(to, "CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot));
    return Long.parseLong(String.valueOf(sessions));
  }

  /**
   * Restarts nodes in turn; before a primary, its replica takes over from it.
   *
   * @param pairs how many primaries with their replicas, of three
   */
  void restartNodes(int pairs) {
    for (int i = 0; i < pairs; i++) {
      int replica = i + PRIMARIES;
      restart(replica);
      cluster.command(replica, "CLUSTER", "FAILOVER");
      TestCluster.await("the replica takes over", () -> isPrimary(replica));
      int primary = i;
      TestCluster.await("the former primary follows", () -> isInSync(primary));
      restart(primary);
    }
  }

  private void restart(int replica) {
    cluster.process(replica).restart();
    TestCluster.await("the replica is in sync", () -> isInSync(replica));
    TestCluster.await(
        "all agree",
        () ->
            IntStream.range(0, 2 * PRIMARIES)
                .allMatch(
                    i ->
                        String.valueOf(cluster.command(i, "CLUSTER", "INFO"))
                            .contains("cluster_state:ok")));
  }

  private boolean isPrimary(int node) {
    return replication(node).contains("role:master");
  }

  private boolean isInSync(int node) {
    return replication(node).contains("master_link_status:up");
  }

  private String replication(int node) {
    return String.valueOf(cluster.command(node, "INFO", "replication"));
  }
}
