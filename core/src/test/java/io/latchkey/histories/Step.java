package io.latchkey.histories;

import java.util.List;

/** A step of a history's schedule. */
sealed interface Step {

  /**
   * A client begins a call. A client has one call under way at a time; it waits for the last to end
   * before the next, unless answers are being held back, when the step is left out.
   *
   * @param client the client
   * @param kind what it asks; where it has no session to save, it reads one, and where there is
   *     none to read, it creates one
   * @param visitor whose session, where the client names an id
   * @param earlierId whether it names an id from before a rotation or a deletion
   * @param edits changes to make before a save or rotation, or in an update
   * @param await whether the next step waits for the answer
   */
  record Begin(
      int client, Kind kind, int visitor, boolean earlierId, List<Edit> edits, boolean await)
      implements Step {}

  /** A client gives up waiting. */
  record Cancel(int client) implements Step {}

  /** The client that no fault reaches reads all sessions. */
  record Audit() implements Step {}

  /** Looks at all keys. */
  record LookAtKeys() implements Step {}

  /** All calls are waited for. */
  record AwaitAll() implements Step {}

  /** The store has a connection again, or one is waited for. */
  record Settle(int store) implements Step {}

  /** Time passes. */
  record Pause(long millis) implements Step {}

  /** The server forgets all scripts. */
  record FlushScripts() implements Step {}

  /**
   * Something breaks between a store and the server.
   *
   * @param store the store
   * @param kind what breaks
   * @param writes whether it strikes only at a command that may write
   */
  record Break(int store, FaultKind kind, boolean writes) implements Step {}

  /** Lets go what is held back. */
  record Release(int store) implements Step {}

  /** A change to a session object: exactly what its name says, of attribute {@code a<index>}. */
  record Edit(EditKind kind, int index) {}

  /** Kinds of {@link Edit}. */
  enum EditKind {
    /** A new value. */
    SET,
    /** No value. */
    REMOVE,
    /** A new value that is made of the one that is there. */
    APPEND,
    /** An idle timeout of {@code index} milliseconds. */
    IDLE
  }

  /** Kinds of faults. */
  enum FaultKind {
    /** Cuts all connections at once. */
    CUT,
    /** Cuts the connection at the next command, which is not forwarded. */
    CUT_BEFORE_REQUEST,
    /** Forwards the next command, and cuts the connection when the answer comes. */
    CUT_BEFORE_ANSWER,
    /** Holds back the next command, and all that follow it. */
    HOLD_REQUEST,
    /** Holds back the next answer, and all that follow it. */
    HOLD_ANSWER,
    /** Delays all answers by some milliseconds. */
    DELAY,
    /** Refuses new connections, and cuts those that are there. */
    REFUSE,
    /** Some bytes of the next answers are lost. */
    LOSE_BYTES,
    /** Some bytes of the next answers come twice. */
    REPEAT_BYTES,
    /** The next read of the store's client throws an error, and what came is lost. */
    THROW
  }
}
