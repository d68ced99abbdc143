package io.latchkey.benchmarks;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * One way to keep sessions, as the benchmarks see it: each does the same job through its public
 * API, with the settings that its own documentation recommends.
 *
 * <p>Each method is cold: a subscription does the work once. An answer without a value is a failed
 * operation, so that no benchmark counts a session that was not found, or not stored, as work done.
 * What a store cannot do, {@link StoreType#supports} says, and the method signals {@link
 * UnsupportedOperationException}.
 *
 * <p>Two changes of one session at the same time are a conflict to some stores. Whoever calls the
 * methods that write sees to it that each session has one caller at a time, as a visitor has one
 * page at a time.
 */
public interface BenchStore extends AutoCloseable {
  /** Stores a new session of {@link SessionData}, and answers with what {@link #get} takes. */
  Mono<String> create();

  /** Reads a session that {@link #create} has stored, and answers with whatever represents it. */
  Mono<?> get(String id);

  /**
   * Reads a session, and writes down that it is in use, so that its idle timeout starts anew. Ends
   * when the server has confirmed that.
   */
  Mono<?> getAndTouch(String id);

  /**
   * Reads a session, gives the attribute {@link SessionData#CHANGED} of the ten a new value, and
   * stores it. A session that was deleted in between is not brought back, where the store has a way
   * to prevent it.
   */
  Mono<?> getAndSave(String id);

  /**
   * Reads a session, and hands it to the store's own save as it is: what it costs when a service
   * saves without knowing whether there is anything to be saved. Where the store notices, that is
   * little more than the read.
   */
  default Mono<?> saveUnchanged(String id) {
    return Mono.error(new UnsupportedOperationException("saveUnchanged"));
  }

  /** Reads a session, gives it a new id, and answers with that. */
  Mono<String> rotate(String id);

  /** Ends a session, without reading it first. */
  Mono<?> delete(String id);

  /** Reads several sessions; all of them must be there. Answers with all together. */
  default Mono<?> getAll(List<String> ids) {
    return Mono.error(new UnsupportedOperationException("getAll"));
  }

  /**
   * What a request costs that reads {@link SessionData#READ} and changes nothing, from its cookie
   * to its response, with everything that the store's own web framework does about the session.
   */
  Mono<?> readRequest(String id);

  /** The same for a request that reads {@link SessionData#READ} and changes one attribute. */
  Mono<?> changeRequest(String id);

  @Override
  void close();
}
