package io.latchkey.valkey;

import io.latchkey.internal.SessionIds;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/** Makes the key of a session from its id. */
final class SessionKeys {
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final Keys kind;
  private final String prefix;

  SessionKeys(String namespace, Keys kind) {
    this.kind = kind;
    this.prefix = kind == Keys.DIGEST ? namespace + ":s:{" : namespace + ":";
  }

  byte[] key(String id) {
    String key =
        kind == Keys.PLAIN
            ? prefix + id
            : prefix + id.substring(0, SessionIds.TAG_LENGTH) + "}:" + digest(id);
    return key.getBytes(StandardCharsets.ISO_8859_1);
  }

  List<byte[]> keys(List<String> ids) {
    return ids.stream().map(this::key).toList();
  }

  private static String digest(String id) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.ISO_8859_1));
      return BASE64URL.encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256, which every JDK has", e);
    }
  }
}
