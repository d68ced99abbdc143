package io.latchkey.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 of short texts. */
final class Sha256 {
  private static final MessageDigest PROTOTYPE = prototype();

  private Sha256() {}

  static byte[] digest(String ascii) {
    return copy().digest(ascii.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** A copy, as a lookup among the JDK's providers takes longer than to digest an id. */
  private static MessageDigest copy() {
    try {
      return (MessageDigest) PROTOTYPE.clone();
    } catch (CloneNotSupportedException e) {
      return prototype();
    }
  }

  private static MessageDigest prototype() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256, which every JDK has", e);
    }
  }
}
