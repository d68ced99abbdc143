package io.latchkey.valkey;

import static java.util.Objects.requireNonNull;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;

/** What is stored in the shared server for one session, past the store. */
final class Stored {
  private final ValkeyServer server;
  private final String key;

  private Stored(ValkeyServer server, String key) {
    this.server = server;
    this.key = key;
  }

  static Stored of(ValkeyServer server, Session session) {
    return of(server, session.id());
  }

  static Stored of(ValkeyServer server, String id) {
    return new Stored(server, key(server, id));
  }

  static String key(ValkeyServer server, String id) {
    return server.namespace() + ":" + id.substring(0, 16);
  }

  String key() {
    return key;
  }

  String document() {
    return String.valueOf(server.command("GET", key));
  }

  /** The key's type and bytes, with a checksum of the server. */
  String dump() {
    return String.valueOf(server.command("DUMP", key));
  }

  boolean exists() {
    return requireNonNull(server.command("EXISTS", key)).equals(1L);
  }

  /** How long it has to live; -1 ms is for ever, -2 ms that it is not there. */
  Duration timeToLive() {
    return Duration.ofMillis((Long) requireNonNull(server.command("PTTL", key)));
  }

  /** Overwrites it, with some time to live. */
  void replace(String document) {
    server.command("SET", key, document, "PX", "600000");
  }

  void expireIn(Duration time) {
    server.command("PEXPIRE", key, Long.toString(time.toMillis()));
  }
}
