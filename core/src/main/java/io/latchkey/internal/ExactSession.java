package io.latchkey.internal;

import io.latchkey.Session;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a session of ours can do besides, for the adapters that give attributes to their users as
 * what they were, and find out what was changed in place.
 */
public interface ExactSession extends Session {

  /**
   * When the session ends however much it is used.
   *
   * @return that time, or null if there is none
   */
  @Nullable Instant absoluteEnd();

  /**
   * Decides anew what {@link #nextId} answers with, unless a rotation to it was sent already.
   *
   * @return the next id
   */
  String redrawNextId();

  /**
   * Whether an access now is to be written down: if it is later, by the store's touch interval or
   * more, than the last one that the store was told of through this object.
   *
   * @return true if a touch is due
   */
  boolean isTouchDue();

  /**
   * An attribute as it is stored, without this session's own changes.
   *
   * @param name the attribute's name
   * @return its value, decoded anew, with its stored form; null if there is none, or none that can
   *     be read
   * @throws io.latchkey.SessionAttributeException if it cannot be read, and the store's options say
   *     that this is an error
   */
  @Nullable Stored stored(String name);

  /**
   * Sets an attribute to what the value is at this moment.
   *
   * @param name the attribute's name
   * @param value its value
   * @return its stored form
   * @throws io.latchkey.SessionAttributeException if it cannot be written, or would not come back
   *     as its class
   */
  Object setExactly(String name, Object value);

  /**
   * Whether a value is still what it was.
   *
   * @param name the attribute's name
   * @param value its value now
   * @param form its stored form
   * @return false if it was changed since, in more than the order of its sets and maps
   */
  boolean isUnchanged(String name, Object value, Object form);

  /**
   * A value and the form in which it is stored.
   *
   * @param value the value
   * @param form its form, which only {@link #isUnchanged} understands
   */
  record Stored(Object value, Object form) {
    /** Tells nothing: a value belongs into no log. */
    @Override
    public String toString() {
      return "Stored";
    }
  }
}
