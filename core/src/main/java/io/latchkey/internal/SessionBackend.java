package io.latchkey.internal;

import io.latchkey.UnreadableSessionException;
import io.latchkey.codec.JsonBytes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where sessions lie: a layout in Valkey, or a map in memory. Each method is one atomic step, cold
 * and non-blocking. It is given valid ids only, and signals {@link UnreadableSessionException}
 * where it finds something that is no session, which it leaves alone.
 */
public interface SessionBackend {

  /**
   * Whether a text can be the id of a session here; no other reaches the methods below.
   *
   * @param id the text
   * @return true if it has the form of one of our ids, or of one that this backend knows beside
   */
  default boolean accepts(String id) {
    return SessionIds.isValid(id);
  }

  /**
   * Stores a new session.
   *
   * @param id its id
   * @param session what to store
   * @return false if there is something under this id already
   */
  Mono<Boolean> insert(String id, Snapshot session);

  /**
   * Reads a session, with all that was written to it through this backend before.
   *
   * @param id its id
   * @return the session, or empty
   */
  Mono<Snapshot> read(String id);

  /**
   * Reads a session as it is now, where {@link #read} may be content with what it was a moment ago.
   *
   * @param id its id
   * @return the session, or empty
   */
  default Mono<Snapshot> readLatest(String id) {
    return read(id);
  }

  /**
   * Reads a session of which it is not known whether it was stored. Where this backend answers an
   * insert only once the session would survive a failover, that holds for what this answers too.
   *
   * @param id its id
   * @return the session, or empty
   */
  default Mono<Snapshot> readAcknowledged(String id) {
    return read(id);
  }

  /**
   * Reads sessions in one round trip.
   *
   * @param ids their ids
   * @return for each id what is there, in their order
   */
  Flux<Found> readAll(List<String> ids);

  /**
   * Writes the next version of a session if the present one is the one expected.
   *
   * @param id its id
   * @param write what to write
   * @return what came of it
   */
  Mono<WriteResult> write(String id, Write write);

  /**
   * Writes the next version of a session under a new id and removes the old one, if the present
   * version is the one expected. With a grace, a session that lies under another id already is left
   * alone: it was renewed, and a second renewal would end the grace of the first.
   *
   * @param oldId its id
   * @param newId its new id, with the same routing tag
   * @param write what to write
   * @param graceMillis how long the old id finds the session, 0 for not at all
   * @return what came of it
   */
  Mono<WriteResult> rotate(String oldId, String newId, Write write, long graceMillis);

  /**
   * Writes down an access, unless a later one is stored already, and sets the time to live anew
   * from the stored idle timeout and absolute end.
   *
   * @param id the session's id
   * @param now the time of the access, epoch milliseconds
   * @return false if there is no such session
   */
  Mono<Boolean> touch(String id, long now);

  /**
   * Removes a session.
   *
   * @param id its id, or one that it had before and that finds it for the time of a grace
   * @return false if there was none
   */
  Mono<Boolean> delete(String id);

  /**
   * What was found under an id: a session, or something that is none.
   *
   * @param id the id
   * @param session the session
   * @param unreadable the error, if it is none
   */
  record Found(
      String id, @Nullable Snapshot session, @Nullable UnreadableSessionException unreadable) {

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
   * @param expected the version that must be there now
   * @param next what to store; its mark tells this attempt from all others
   * @param changes what differs between the two; a null value is a removal
   */
  record Write(Snapshot expected, Snapshot next, Map<String, @Nullable JsonBytes> changes) {}

  /** What came of a write. */
  sealed interface WriteResult {
    /** It was written, now or by an earlier run of the same attempt. */
    record Written() implements WriteResult {}

    /** There is no such session. */
    record Gone() implements WriteResult {}

    /**
     * Another version is there; nothing was written.
     *
     * @param current that version
     */
    record Conflict(Snapshot current) implements WriteResult {}

    /**
     * The old id is gone, and the new one is there: somebody rotated the session to this very id,
     * as only an earlier attempt of the same rotation can have done.
     *
     * @param current what is stored under the new id
     */
    record Moved(Snapshot current) implements WriteResult {}

    /**
     * The id finds the session only for the time of a grace; nothing was written, as a rotation
     * with a grace has been done already.
     */
    record Renewed() implements WriteResult {}

    /** It was renewed before. */
    WriteResult RENEWED = new Renewed();

    /** It was written. */
    WriteResult WRITTEN = new Written();

    /** There is no such session. */
    WriteResult GONE = new Gone();
  }
}
