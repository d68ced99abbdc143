package io.latchkey;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Keeps sessions where every instance of a service finds them.
 *
 * <p>For every method: nothing happens before a subscription, and each subscription does the work
 * once. Nothing blocks. Absence is an empty {@code Mono}, never an exception. A null argument
 * throws {@link NullPointerException} at once; an id that is not 40 characters of the base64url
 * alphabet belongs to no session, and no command is sent for it. All other failures are signals:
 *
 * <ul>
 *   <li>{@link SessionStoreUnavailableException}: the server could not be reached, did not answer
 *       in time, or cannot work just now. Whether a change was written may be unknown then;
 *       repeating the call is safe.
 *   <li>{@link SessionGoneException}: the session ended before the change was stored.
 *   <li>{@link SessionConflictException}: someone else's change stood in the way.
 *   <li>{@link SessionAttributeException}: an attribute cannot be written as JSON.
 *   <li>{@link UnreadableSessionException}: what is stored is not a session that this release can
 *       read.
 *   <li>{@link SessionStoreException}: all else, such as a missing permission.
 * </ul>
 *
 * <p>Cancelling gives up waiting. A change that was under way may have been written, or may still
 * be. Signals arrive on the thread that received the server's answer: do not block it.
 *
 * <p>A session that was deleted or has expired never comes back, whatever is called in whatever
 * order.
 */
public interface SessionStore {

  /**
   * A new session that is only in memory. It has an id already, and is stored by its first {@link
   * #save}.
   *
   * @return the session, without attributes
   */
  Session newSession();

  /**
   * Creates a session and stores it: one command per subscription.
   *
   * @param attributes the attributes to start with, which may be none
   * @return the stored session, with a new id at each subscription
   */
  Mono<Session> create(Map<String, ?> attributes);

  /**
   * Reads a session: one command per subscription. If the last access that the store knows is older
   * than the touch interval, the new one is written beside whatever the caller does next, without
   * delay for the answer; a failure of that is counted, not signalled.
   *
   * @param id the session's id
   * @return the session, or empty if there is none, or it has ended
   */
  Mono<Session> get(String id);

  /**
   * Reads several sessions in one round trip, or one for every 1,000 ids. This does not count as an
   * access to them.
   *
   * @param ids the ids of the sessions
   * @return the sessions in the order of the ids, without those that are absent
   */
  Flux<Session> getAll(Collection<String> ids);

  /**
   * Stores what changed in a session since it was read: one command, or none if nothing changed and
   * it is stored already. A session from {@link #newSession} is stored as it is. Saving counts as
   * an access.
   *
   * <p>Changes that others saved meanwhile are kept, as the store's {@link ConflictPolicy} says.
   *
   * @param session a session of this store
   * @return the same session, as it is stored now, others' changes included; changes that are made
   *     to it while it is being saved wait for the next save
   */
  Mono<Session> save(Session session);

  /**
   * Writes down that a session is in use, so that its idle timeout starts anew. Always asks the
   * server, and changes nothing else of the session.
   *
   * @param session a session of this store
   * @return true, or false if the session has ended
   */
  Mono<Boolean> touch(Session session);

  /**
   * Gives a session a new id, in one step with its unsaved changes. It is a save that changes the
   * id's secret: {@link Session#handle()} stays. The former id is dead at once, and so is one that
   * an earlier renewal left a grace for. To be called whenever a visitor signs in, so that nobody
   * who knew the former id gets in with them: best with what signing in changes set before, so that
   * it goes along. A session that was never stored is stored.
   *
   * <p>Only if the store was given a rotation grace, and the session has no unsaved changes, does
   * its former id find it for so long. Signing in wants {@link #rotateId(Session, Duration)} with
   * zero then, unless it has changes to take along.
   *
   * @param session a session of this store; it keeps its id, and can no longer be saved
   * @return the same session under its new id
   */
  Mono<Session> rotateId(Session session);

  /**
   * Gives a session a new id, as {@link #rotateId(Session)} does, with a grace of the caller's
   * choice.
   *
   * <p>With a grace other requests of the same visitor, which are under way with the former id,
   * still find the session and may change it. So does everybody else who knows the former id. Hence
   * a grace is for renewing the id of a session that stays what it is. Where it becomes worth more,
   * as when a visitor signs in, the grace must be zero: then the former id is dead at once, and
   * whoever planted it is left with nothing.
   *
   * <p>Several requests of one visitor may find at the same moment that the id is to be renewed. A
   * rotation with a grace leaves a session alone that another has renewed already, within the grace
   * of that: it stores the changes, and answers with the session under the id that it was read by.
   *
   * @param session a session of this store; it keeps its id
   * @param grace from zero to 5 minutes; a store that knows no grace takes it for zero
   * @return the same session under its new id, or under its former one if it was renewed before
   */
  default Mono<Session> rotateId(Session session, Duration grace) {
    return rotateId(session);
  }

  /**
   * Gives a session a new id once its present one has a given age, so that an id that somebody got
   * hold of does not serve them for long. Several requests of one visitor may do so at once: the id
   * is changed one time, and all of them get the same new one, also those that come with the former
   * id later, in the time of the grace. So it does no harm if an answer with the new id gets lost
   * on its way to the visitor.
   *
   * <p>No command is sent for a session whose id is not due, and one for a session that was found
   * by its former id. Not for signing in: that is for {@link #rotateId(Session, Duration)} without
   * a grace.
   *
   * @param session a session of this store that has just been read; if another comes back, it can
   *     no longer be saved
   * @param age how old the id has to be, from 1 millisecond to 36,500 days; {@link
   *     Session#NEVER_IDLE} for an id that is never due
   * @param grace how long the former id still finds the session, from zero to 5 minutes
   * @return the session under its new id, or the same one where there is nothing to be done, as in
   *     a store that does not renew ids
   */
  default Mono<Session> renewId(Session session, Duration age, Duration grace) {
    return Mono.just(session);
  }

  /**
   * Ends a session.
   *
   * @param id the session's id
   * @return true if there was one, false if not
   */
  Mono<Boolean> delete(String id);

  /**
   * Reads a session, applies a change and saves it, only if nobody else saved it in between; else
   * does the same again with the session as it is then. So a change that depends on what it read,
   * such as a counter, is exact.
   *
   * @param id the session's id
   * @param change what to do with the session; called once per attempt. It answers with the session
   *     to save, which is the one that it was given, or empty to leave all as it is
   * @return the session as it is stored now, or empty if there is none, or if the change answered
   *     empty
   */
  Mono<Session> update(String id, Function<Session, Mono<Session>> change);
}
