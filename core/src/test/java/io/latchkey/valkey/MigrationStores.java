package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static java.util.Objects.requireNonNull;

import io.latchkey.histories.BlockingAllowed;
import io.latchkey.tck.ValkeyServer;
import io.lettuce.core.resource.ClientResources;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Stores for the tests of migration, and a look at what lies in the server. */
final class MigrationStores {
  /**
   * Lent to all stores: a test needs many. As they open and close all the time, BlockHound would
   * throw errors out of Lettuce's locks.
   */
  private static final ClientResources RESOURCES = BlockingAllowed.resources();

  private MigrationStores() {}

  static Layout other(Layout layout) {
    return layout == Layout.STRING ? Layout.HASH : Layout.STRING;
  }

  static ValkeySessionStore.Builder builder(String uri, String namespace, Layout layout) {
    return ValkeySessionStore.builder(uri)
        .resources(RESOURCES)
        .namespace(namespace)
        .layout(layout)
        .commandTimeout(PATIENCE)
        .connections(1);
  }

  /** Every key with all that it holds. */
  static Map<String, String> content(ValkeyServer server, Set<String> keys) {
    Map<String, String> content = new HashMap<>();
    for (String key : keys) {
      String type = type(server, key);
      content.put(
          key,
          type
              + switch (type) {
                case "string" -> server.command("GET", key);
                case "hash" -> server.command("HGETALL", key);
                default -> server.command("LRANGE", key, "0", "-1");
              });
    }
    return content;
  }

  static String type(ValkeyServer server, String key) {
    return String.valueOf(server.command("TYPE", key));
  }

  static String type(Layout layout) {
    return layout == Layout.STRING ? "string" : "hash";
  }

  static long timeToLive(ValkeyServer server, String key) {
    return (Long) requireNonNull(server.command("PTTL", key));
  }
}
