package io.latchkey.internal;

import io.latchkey.codec.JsonBytes;
import java.util.Map;

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

  /** The part of a session that is decoded when it is asked for. */
  public interface Body {
    /**
     * When the session was created.
     *
     * @return epoch milliseconds
     */
    long createdAt();

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
   * @param attributes the attributes
   * @param unknown fields of a later release
   */
  public record PlainBody(
      long createdAt, Map<String, JsonBytes> attributes, Map<String, JsonBytes> unknown)
      implements Body {}
}
