package io.latchkey.internal;

import io.latchkey.codec.JsonBytes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session as it is, or is to be, stored. Immutable. The layout decides how and when the body is
 * decoded.
 *
 * @param lastAccessedAt epoch milliseconds
 * @param idleMillis the idle timeout, {@link SessionSettings#NEVER} for none
 * @param absoluteEnd epoch milliseconds, {@link SessionSettings#NEVER} for none
 * @param version counts the saves, from 1
 * @param token the writer of this version: a new one for each attempt of a save
 * @param digest the digest of the present secret
 * @param body what is needed only when asked for
 */
public record Snapshot(
    long lastAccessedAt,
    long idleMillis,
    long absoluteEnd,
    long version,
    String token,
    SecretDigest digest,
    Body body) {

  /**
   * Whether an id opens this session: by its present secret, or by its former one within the grace
   * of a renewal. The locator is not compared.
   *
   * @param id the id
   * @param now the time now, epoch milliseconds
   * @return false for a wrong or former secret
   */
  public boolean isOpenedBy(SessionId id, long now) {
    return digest.matches(id.digest()) || isOpenedByFormer(id, now);
  }

  /**
   * Whether an id opens this session by its former secret.
   *
   * @param id the id
   * @param now the time now, epoch milliseconds
   * @return true within the grace of a renewal
   */
  public boolean isOpenedByFormer(SessionId id, long now) {
    FormerSecret former = body.former();
    return former != null && now < former.until() && former.digest().matches(id.digest());
  }

  /**
   * This session with another time of the last access.
   *
   * @param time epoch milliseconds
   * @return a copy
   */
  public Snapshot accessedAt(long time) {
    return new Snapshot(time, idleMillis, absoluteEnd, version, token, digest, body);
  }

  /**
   * This session with another body.
   *
   * @param other the body
   * @return a copy
   */
  public Snapshot withBody(Body other) {
    return new Snapshot(lastAccessedAt, idleMillis, absoluteEnd, version, token, digest, other);
  }

  /** The part of a session that is decoded when it is asked for. */
  public interface Body {
    /**
     * When the session was created.
     *
     * @return epoch milliseconds
     */
    long createdAt();

    /**
     * When the session got its present id.
     *
     * @return epoch milliseconds; the time of creation if it never got another
     */
    default long idSince() {
      return createdAt();
    }

    /**
     * The secret that the session had before its last renewal.
     *
     * @return null if the last rotation left no grace
     */
    default @Nullable FormerSecret former() {
      return null;
    }

    /**
     * The attributes.
     *
     * @return an unmodifiable map of their names to their values
     */
    Map<String, JsonBytes> attributes();

    /**
     * Fields that a later release wrote, to be kept as they are.
     *
     * @return an unmodifiable map of their names to their values
     */
    Map<String, JsonBytes> unknown();

    /**
     * Whether every access has to be recorded, as the stored time to live lacks the touch interval.
     *
     * @return false for what a store of ours wrote
     */
    default boolean touchedAtEveryAccess() {
      return false;
    }
  }

  /**
   * A body that is decoded already.
   *
   * @param createdAt epoch milliseconds
   * @param idSince epoch milliseconds; {@code createdAt} if the session never got another id
   * @param former null if the last rotation left no grace
   * @param attributes the attributes
   * @param unknown fields of a later release
   */
  public record PlainBody(
      long createdAt,
      long idSince,
      @Nullable FormerSecret former,
      Map<String, JsonBytes> attributes,
      Map<String, JsonBytes> unknown)
      implements Body {

    /**
     * A body of a session that has the id which it was created with.
     *
     * @param createdAt epoch milliseconds
     * @param attributes the attributes
     * @param unknown fields of a later release
     */
    public PlainBody(
        long createdAt, Map<String, JsonBytes> attributes, Map<String, JsonBytes> unknown) {
      this(createdAt, createdAt, null, attributes, unknown);
    }
  }
}
