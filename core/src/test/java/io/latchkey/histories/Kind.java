package io.latchkey.histories;

/** What a client can ask of a store. */
enum Kind {
  /** {@code create}. */
  CREATE,
  /** {@code newSession}, some changes, and the save that stores it. */
  FIRST_SAVE,
  /** {@code get}. */
  GET,
  /** {@code getAll} by a client that no fault reaches; it is no access. */
  AUDIT,
  /** Changes to the session object that the client has, and {@code save}. */
  SAVE,
  /** {@code touch}. */
  TOUCH,
  /** {@code rotateId}, with changes or without. */
  ROTATE,
  /** {@code delete}. */
  DELETE,
  /** {@code update}, which counts one up, and may change other attributes too. */
  UPDATE;

  /** Whether it reads or writes under an id that the session keeps. */
  boolean findsTheSession() {
    return this != DELETE && this != ROTATE;
  }

  /** Whether success counts as an access, for certain. */
  boolean isAccess() {
    return this != GET && this != AUDIT && this != DELETE;
  }
}
