package io.latchkey.internal;

import io.latchkey.codec.JsonBytes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A session as it is, or shall be, stored. Immutable; how its body is decoded, and when, is the
 * affair of whoever read it.
 *
 * @param lastAccessedAt epoch milliseconds
 * @param idleMillis the idle timeout, {@link SessionSettings#NEVER} for none
 * @param absoluteEnd epoch milliseconds, {@link SessionSettings#NEVER} for none
 * @param version counts the saves, from 1
 * @param mark who wrote this version: a new one for each attempt of a save
 * @param body what is needed only when asked for
 */
public record Snapshot(
    long lastAccessedAt, long idleMillis, long absoluteEnd, long version, String mark, Body body) {

  /**
   * This snapshot, found by an id that the session does not have any more.
   *
   * @return a snapshot that says so
   */
  public Snapshot foundByFormerId() {
    return new Snapshot(
        lastAccessedAt, idleMillis, absoluteEnd, version, mark, new FormerIdsBody(body));
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
     * Since when the session has its id.
     *
     * @return null if it has the one that it was created with
     */
    default @Nullable IdSince idSince() {
      return null;
    }

    /**
     * Whether the session was found by the id that it had before, in the time of a grace.
     *
     * @return false for what lies under the id itself
     */
    default boolean isFoundByFormerId() {
      return false;
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
     * Whether every access has to be written down, as what is stored has a time to live without the
     * touch interval on top.
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
   * @param idSince null for the id that the session was created with
   * @param attributes the attributes
   * @param unknown fields of a later release
   */
  public record PlainBody(
      long createdAt,
      @Nullable IdSince idSince,
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
      this(createdAt, null, attributes, unknown);
    }
  }

  private record FormerIdsBody(Body body) implements Body {
    @Override
    public long createdAt() {
      return body.createdAt();
    }

    @Override
    public @Nullable IdSince idSince() {
      return body.idSince();
    }

    @Override
    public boolean isFoundByFormerId() {
      return true;
    }

    @Override
    public Map<String, JsonBytes> attributes() {
      return body.attributes();
    }

    @Override
    public Map<String, JsonBytes> unknown() {
      return body.unknown();
    }

    @Override
    public boolean touchedAtEveryAccess() {
      return body.touchedAtEveryAccess();
    }
  }
}
