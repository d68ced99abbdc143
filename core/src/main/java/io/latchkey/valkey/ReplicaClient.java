package io.latchkey.valkey;

import io.lettuce.core.RedisURI;
import java.time.Duration;

/**
 * Connects to the replicas of primaries.
 *
 * @param primary a server of the store's URI, whose user, TLS and database the replicas have too
 * @param client makes the connections
 * @param count how many connections each replica gets
 * @param timeout how long a replica may take
 * @param inCluster whether they belong to a cluster
 */
record ReplicaClient(
    RedisURI primary, ServerClient client, int count, Duration timeout, boolean inCluster) {
  private static final int PART_OF_THE_TIMEOUT = 4;

  /** How long a replica may take, so that there is time left to ask the primary. */
  static Duration timeout(Duration commandTimeout) {
    Duration part = commandTimeout.dividedBy(PART_OF_THE_TIMEOUT);
    return part.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : part;
  }

  /** The replicas of a primary, of which nothing is known yet. */
  Replicas replicas(Node node) {
    return new Replicas(
        node,
        address -> new Replica(address, count, client.opener(uri(address)), inCluster),
        client::isClosed);
  }

  private RedisURI uri(Role.Address address) {
    RedisURI uri =
        RedisURI.builder(primary)
            .withHost(address.host())
            .withPort(address.port())
            .withTimeout(timeout)
            .build();
    uri.getSentinels().clear();
    return uri;
  }

  /** Without the URI, which may hold a password. */
  @Override
  public String toString() {
    return "ReplicaClient";
  }
}
