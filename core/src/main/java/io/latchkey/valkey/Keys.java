package io.latchkey.valkey;

/** How the key of a session is made from its id. */
public enum Keys {
  /**
   * {@code <namespace>:s:{<tag>}:<digest>}: the first 4 characters of the id as the hash tag of a
   * cluster, and the SHA-256 of the whole id in base64url. Whoever reads the store, a dump of it or
   * its traffic holds no id that a server would accept. The default.
   */
  DIGEST,

  /**
   * {@code <namespace>:<id>}, which clients in other languages look for. Whoever reads the store
   * can take over every session in it.
   */
  PLAIN
}
