package io.latchkey.valkey;

import io.latchkey.internal.SessionId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Makes the keys of a session: {@code <namespace>:<locator>} for the session itself, and {@code
 * <namespace>:<purpose>:{<namespace>:<locator>}} for all else, which so is in the same slot of a
 * cluster.
 */
final class SessionKeys {
  private static final int HASHED = 4;

  private final String namespace;
  private final byte[] prefix;

  SessionKeys(String namespace) {
    this.namespace = namespace;
    this.prefix = ByteWriter.ascii(namespace + ":");
  }

  /** The key of the session. */
  byte[] key(SessionId id) {
    byte[] key = Arrays.copyOf(prefix, prefix.length + SessionId.LOCATOR_LENGTH);
    System.arraycopy(id.locatorBytes(), 0, key, prefix.length, SessionId.LOCATOR_LENGTH);
    return key;
  }

  /** The key of the salt of a renewal, which the token of its save names. */
  byte[] salt(SessionId id, String token) {
    return ByteWriter.ascii(beside("salt", namespace + ":" + id.locator()) + ":" + token);
  }

  /** The key of a write that changes nothing, see {@link Changes}. */
  byte[] fence(byte[] key) {
    return ByteWriter.ascii(beside("fence", new String(key, StandardCharsets.ISO_8859_1)));
  }

  /** The locator in the key of a session. */
  static byte[] locator(byte[] key) {
    return Arrays.copyOfRange(key, key.length - SessionId.LOCATOR_LENGTH, key.length);
  }

  /** A hash of a session's key, by the locator's last characters, which are random. */
  static int hash(byte[] key) {
    int hash = 0;
    for (int i = key.length - HASHED; i < key.length; i++) {
      hash = 31 * hash + key[i];
    }
    return hash;
  }

  private String beside(String purpose, String key) {
    return namespace + ":" + purpose + ":{" + key + "}";
  }
}
