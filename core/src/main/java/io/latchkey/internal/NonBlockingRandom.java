package io.latchkey.internal;

import java.security.DrbgParameters;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * Secure randomness for event loops. The platform's default reads /dev/urandom again and again: a
 * file read, which BlockHound rightly reports. A DRBG computes.
 */
public final class NonBlockingRandom {
  private static final int STRENGTH_BITS = 256;

  private NonBlockingRandom() {}

  /**
   * A source of 256 bits of strength, safe for use by several threads.
   *
   * @return the source, seeded at once: the seed is read from a device on the thread that calls
   *     this
   */
  public static SecureRandom create() {
    try {
      SecureRandom random =
          SecureRandom.getInstance(
              "DRBG",
              DrbgParameters.instantiation(
                  STRENGTH_BITS, DrbgParameters.Capability.RESEED_ONLY, null));
      random.nextBytes(new byte[1]);
      return random;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no DRBG, which every JDK from 9 on has", e);
    }
  }
}
