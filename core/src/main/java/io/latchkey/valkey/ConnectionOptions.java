package io.latchkey.valkey;

import io.latchkey.valkey.ValkeyUri.Topology;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a store is connected: what a URI cannot say. */
final class ConnectionOptions {
  private static final String DEFAULT_CLIENT_NAME = "latchkey";

  private String clientName = DEFAULT_CLIENT_NAME;

  void clientName(String name) {
    if (!name.matches("[!-~]{1,64}")) {
      throw new IllegalArgumentException(
          "clientName must be 1 to 64 printable characters of ASCII without spaces, but was '"
              + name
              + "'");
    }
    clientName = name;
  }

  /** Connections that are not open yet. */
  Connections connections(
      String uri, @Nullable ClientResources lent, Duration commandTimeout, int count) {
    ValkeyUri parsed = ValkeyUri.parse(uri, commandTimeout);
    parsed.servers().forEach(server -> server.setClientName(clientName));
    ServerClient client =
        new ServerClient(
            ClientFactory.options(commandTimeout, parsed.isTls()),
            ClientFactory.resources(lent, commandTimeout));
    return parsed.topology() == Topology.CLUSTER
        ? new ClusterConnections(parsed.servers(), client, count, commandTimeout)
        : new StandaloneConnections(parsed.servers().get(0), client, count);
  }
}
