package io.latchkey.valkey;

import io.latchkey.internal.SessionIds;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/** Makes the key of a session from its id. */
final class SessionKeys {
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private static final MessageDigest SHA_256 = sha256();

  private final Keys kind;
  private final byte[] prefix;

  SessionKeys(String namespace, Keys kind) {
    this.kind = kind;
    this.prefix =
        (kind == Keys.DIGEST ? namespace + ":s:{" : namespace + ":")
            .getBytes(StandardCharsets.ISO_8859_1);
  }

  byte[] key(String id) {
    byte[] bytes = id.getBytes(StandardCharsets.ISO_8859_1);
    if (kind == Keys.PLAIN) {
      byte[] key = Arrays.copyOf(prefix, prefix.length + bytes.length);
      System.arraycopy(bytes, 0, key, prefix.length, bytes.length);
      return key;
    }
    byte[] digest = BASE64URL.encode(newSha256().digest(bytes));
    int tagEnd = prefix.length + SessionIds.TAG_LENGTH;
    byte[] key = Arrays.copyOf(prefix, tagEnd + 2 + digest.length);
    System.arraycopy(bytes, 0, key, prefix.length, SessionIds.TAG_LENGTH);
    key[tagEnd] = '}';
    key[tagEnd + 1] = ':';
    System.arraycopy(digest, 0, key, tagEnd + 2, digest.length);
    return key;
  }

  /** No session's key, in the slot of the session. */
  byte[] mark(String id) {
    if (kind == Keys.PLAIN) {
      return prefix.clone();
    }
    int tagEnd = prefix.length + SessionIds.TAG_LENGTH;
    byte[] key = Arrays.copyOf(prefix, tagEnd + 2);
    byte[] tag = id.substring(0, SessionIds.TAG_LENGTH).getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(tag, 0, key, prefix.length, tag.length);
    key[tagEnd] = '}';
    key[tagEnd + 1] = ':';
    return key;
  }

  /** A copy: looking it up among the JDK's providers takes longer than digesting an id. */
  private static MessageDigest newSha256() {
    try {
      return (MessageDigest) SHA_256.clone();
    } catch (CloneNotSupportedException e) {
      return sha256();
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256, which every JDK has", e);
    }
  }
}
