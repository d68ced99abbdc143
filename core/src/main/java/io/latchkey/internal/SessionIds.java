package io.latchkey.internal;

import java.util.Arrays;

/** Makes session ids: a locator of 96 random bits and a secret of 144. Safe for several threads. */
public final class SessionIds {
  private static final int LOCATOR_BYTES = 12;
  private static final int SECRET_BYTES = 18;
  private static final int SALT_BYTES = 18;

  /** How many characters a salt has. */
  public static final int SALT_LENGTH = 24;

  private final RandomBytes random = new RandomBytes();

  /** A source of ids, which draws nothing before the first. */
  public SessionIds() {}

  /**
   * A new id.
   *
   * @return an id that no session has
   */
  public SessionId next() {
    return SessionId.of(
        Base64Url.encode(random.next(LOCATOR_BYTES)), Base64Url.encode(random.next(SECRET_BYTES)));
  }

  /**
   * A new id for the same session.
   *
   * @param id the present id
   * @return an id with the same locator and a new secret
   */
  public SessionId nextAfter(SessionId id) {
    return SessionId.of(id.locator(), Base64Url.encode(random.next(SECRET_BYTES)));
  }

  /**
   * What an id can be renewed with.
   *
   * @return 24 base64url characters of 144 random bits
   */
  public String salt() {
    return Base64Url.encode(random.next(SALT_BYTES));
  }

  /**
   * The id that follows another, for everybody who knows both that one and the salt. Neither the
   * former id from a cookie nor the salt from the store is enough to compute it.
   *
   * @param id the former id
   * @param salt the salt
   * @return an id with the same locator
   */
  public static SessionId renewed(SessionId id, String salt) {
    byte[] digest = Sha256.digest(salt + ' ' + id.secret());
    return SessionId.of(id.locator(), Base64Url.encode(Arrays.copyOf(digest, SECRET_BYTES)));
  }
}
