package io.latchkey.internal;

import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.JsonBytes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where sessions are stored: a layout in Valkey, or a map in memory. Each method is one atomic
 * step, cold and non-blocking. It signals {@link UnreadableSessionException} where it finds
 * something that is no session, and leaves that alone.
 *
 * <p>An id with a wrong secret finds nothing, in each method. So does a former one, unless the
 * session was renewed with a grace that is not over: then it does what the present one does.
 */
public interface SessionBackend {

  /**
   * The id in a text.
   *
   * @param id the text
   * @return null if no session can have it here
   */
  default @Nullable SessionId parse(String id) {
    return SessionId.parse(id);
  }

  /**
   * Stores a new session.
   *
   * @param id its id
   * @param session what to store
   * @return false if there is something under its locator already
   */
  Mono<Boolean> insert(SessionId id, Snapshot session);

  /**
   * Reads a session, with all that was written to it through this backend before.
   *
   * @param id its id
   * @return the session, or empty
   */
  Mono<Snapshot> read(SessionId id);

  /**
   * Reads a session as it is now, where {@link #read} may be content with what it was a moment ago.
   *
   * @param id its id
   * @return the session, or empty
   */
  default Mono<Snapshot> readLatest(SessionId id) {
    return read(id);
  }

  /**
   * Reads a session of which it is not known whether it was stored. Where this backend answers an
   * insert only once the session would survive a failover, that holds for what this answers too.
   *
   * @param id its id
   * @return the session, or empty
   */
  default Mono<Snapshot> readAcknowledged(SessionId id) {
    return read(id);
  }

  /**
   * Reads sessions in one round trip.
   *
   * @param ids their ids
   * @return for each id what was found, in their order
   */
  Flux<Found> readAll(List<SessionId> ids);

  /**
   * Writes the next version of a session if the present one is the one expected.
   *
   * @param id its id
   * @param write what to write
   * @return the outcome
   */
  Mono<WriteResult> write(SessionId id, Write write);

  /**
   * Reads the salt of a session's last renewal.
   *
   * @param id the session's former id
   * @param former what the session holds of that id's secret
   * @return the salt; empty after the grace, or if the rotation had none
   */
  Mono<String> salt(SessionId id, FormerSecret former);

  /**
   * Records an access, unless a later one is stored already, and restarts the time to live from the
   * stored idle timeout and absolute end.
   *
   * @param id the session's id
   * @param now the time of the access, epoch milliseconds
   * @return false if there is no such session
   */
  Mono<Boolean> touch(SessionId id, long now);

  /**
   * Removes a session.
   *
   * @param id its id
   * @return false if there was none
   */
  Mono<Boolean> delete(SessionId id);

  /**
   * What was found under an id: a session, or something that is none.
   *
   * @param id the id
   * @param session the session
   * @param unreadable the error, if it is none
   */
  record Found(
      SessionId id, @Nullable Snapshot session, @Nullable UnreadableSessionException unreadable) {

    /**
     * Whether anything was found.
     *
     * @return false if there is nothing under the id
     */
    public boolean isThere() {
      return session != null || unreadable != null;
    }
  }

  /**
   * A save.
   *
   * @param expected the version that must be stored now
   * @param next what to store; its token tells this attempt from all others
   * @param changes what differs between the attributes of the two; a null value is a removal
   * @param rotation set if {@code next} has another secret: such a save is acknowledged as an
   *     insert is
   */
  record Write(
      Snapshot expected,
      Snapshot next,
      Map<String, @Nullable JsonBytes> changes,
      @Nullable Rotation rotation) {}

  /**
   * What a save that changes the secret leaves for the former one.
   *
   * @param salt gives the new secret to those who know the former one; stored for the time of the
   *     grace, before the save; null if nobody is to be told
   * @param graceMillis how long the former secret still opens the session, 0 for not at all
   */
  record Rotation(@Nullable String salt, long graceMillis) {}

  /** The outcome of a write. */
  sealed interface WriteResult {
    /** It was written, now or by an earlier run of the same attempt. */
    record Written() implements WriteResult {}

    /** There is no such session. */
    record Gone() implements WriteResult {}

    /**
     * Another version is stored; nothing was written.
     *
     * @param current that version
     */
    record Conflict(Snapshot current) implements WriteResult {}

    /** It was written. */
    WriteResult WRITTEN = new Written();

    /** There is no such session. */
    WriteResult GONE = new Gone();
  }
}
