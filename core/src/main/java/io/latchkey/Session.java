package io.latchkey;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What a service remembers of one visitor between two requests: named attributes, and the times
 * that decide how long they are kept.
 *
 * <p>A session is a copy of what is stored, taken when it was read. Changes to it stay in memory
 * until {@link SessionStore#save}; it knows its own changes since the read, and only those are
 * written. Attributes are kept as JSON and decoded when they are asked for: changing an object that
 * {@code get} returned does not change the session, until {@link #set} is called with it. (What was
 * set and is not saved yet is that object itself, and is encoded as it is at the save.)
 *
 * <p>Safe for use by several threads. {@code toString} tells neither the id nor any value.
 */
public interface Session {

  /**
   * The idle timeout of a session that does not end by itself for being unused. It may still have
   * an absolute end, if its store sets one.
   */
  Duration NEVER_IDLE = Duration.ofSeconds(Long.MAX_VALUE);

  /**
   * The id by which the store finds this session again: 40 base64url characters, a secret that is
   * as good as the visitor's password for as long as the session lasts. It belongs into a cookie,
   * and never into a log or a URL.
   *
   * @return the id, which never changes; {@link SessionStore#rotateId} answers with another session
   *     object that has the new one
   */
  String id();

  /**
   * The id that {@link SessionStore#rotateId} will give this session: decided by the first call, so
   * that one who has to name the new id before the rotation can. Until then no session has it.
   *
   * @return that id, the same at each call
   * @throws UnsupportedOperationException if the session's store does not decide it beforehand;
   *     those of Latchkey do
   */
  default String nextId() {
    throw new UnsupportedOperationException("this session's store does not tell the next id");
  }

  /**
   * A stable reference to this session for pages, logs of the application and admin tools. It opens
   * nothing, and stays the same when the id is rotated.
   *
   * @return 16 base64url characters, the part of the id that names the session's key
   * @throws UnsupportedOperationException if the session's store has no such reference; those of
   *     Latchkey do
   */
  default String handle() {
    throw new UnsupportedOperationException("this session's store has no handles");
  }

  /**
   * When the session was created, by the clock of the store that created it.
   *
   * @return the time of creation, in whole milliseconds
   */
  Instant createdAt();

  /**
   * When the session was given its present id: when it was created, or its id was last changed.
   *
   * @return that time, in whole milliseconds; the time of creation from a store that cannot tell
   */
  default Instant idCreatedAt() {
    return createdAt();
  }

  /**
   * When the session was last accessed before it was read, as the store knows it: a read writes it
   * down at most once per touch interval.
   *
   * @return the time of the last access, in whole milliseconds
   */
  Instant lastAccessedAt();

  /**
   * How long the session is kept after its last access.
   *
   * @return the timeout, in whole milliseconds, or {@link #NEVER_IDLE}
   */
  Duration idleTimeout();

  /**
   * Sets how long this session is kept after its last access, whatever the store's default is. It
   * takes effect with the next save.
   *
   * @param timeout from one millisecond to 36,500 days, or {@link #NEVER_IDLE}; a part below a
   *     millisecond is rounded up
   * @return this session
   * @throws IllegalArgumentException if the timeout is zero, negative or too long
   */
  Session idleTimeout(Duration timeout);

  /**
   * When the session ends if it is not accessed again: its last access and its idle timeout, but
   * not later than its absolute end. The store may keep it for one touch interval longer than the
   * idle timeout asks, never shorter.
   *
   * @return that time, or empty if the session was made to last for ever
   */
  Optional<Instant> expiresAt();

  /**
   * The value of an attribute.
   *
   * @param name the attribute's name
   * @param type the class to read it as
   * @param <T> the type to read it as
   * @return the value, or empty if there is no such attribute
   * @throws SessionAttributeException if the attribute cannot be read as that type; nothing else of
   *     the session suffers
   */
  <T> Optional<T> get(String name, Class<T> type);

  /**
   * The value of an attribute whose type has type arguments, such as a list of strings.
   *
   * @param name the attribute's name
   * @param type the type to read it as
   * @param <T> the type to read it as
   * @return the value, or empty if there is no such attribute
   * @throws SessionAttributeException if the attribute cannot be read as that type; nothing else of
   *     the session suffers
   */
  <T> Optional<T> get(String name, TypeRef<T> type);

  /**
   * The value of an attribute as the class that it went in as, as far as the store allows that
   * class. What JSON itself tells apart needs no leave: texts, booleans, {@code Integer}, {@code
   * Double}, lists and maps; nor do the JDK's own values and collections. All others come back as
   * their class if an option of the store's builder named them, {@code allow} or {@code attribute};
   * else as the maps, lists and values that their JSON consists of.
   *
   * @param name the attribute's name
   * @return the value, or empty if there is no such attribute, or if it cannot be read as what it
   *     was and {@code unreadableAttributes} says that it is absent then
   * @throws SessionAttributeException if it cannot be read as what it was and {@code
   *     unreadableAttributes} says that this is an error; nothing else of the session suffers
   */
  default Optional<Object> get(String name) {
    return get(name, Object.class);
  }

  /**
   * Sets an attribute. The value is encoded when the session is saved: whatever Jackson can write
   * as JSON will do.
   *
   * @param name the attribute's name
   * @param value its value; to remove an attribute use {@link #remove}
   * @return this session
   * @throws NullPointerException if the name or the value is null
   */
  Session set(String name, Object value);

  /**
   * Removes an attribute; does nothing if there is none.
   *
   * @param name the attribute's name
   * @return this session
   */
  Session remove(String name);

  /**
   * The names of all attributes, with this session's own changes counted in.
   *
   * @return an unmodifiable snapshot, in no particular order
   */
  Set<String> names();
}
