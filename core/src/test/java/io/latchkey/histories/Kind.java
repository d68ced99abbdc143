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
  /** {@code rotateId} with a grace. Under a former id it is a save. */
  ROTATE_WITH_GRACE,
  /** {@code renewId} of an id that is due, without changes. */
  RENEW,
  /** {@code delete}. */
  DELETE,
  /** {@code update}, which counts one up, and may change other attributes too. */
  UPDATE;

  /** Whether it gives the session another id. */
  boolean isRotation() {
    return this == ROTATE || this == ROTATE_WITH_GRACE || this == RENEW;
  }

  /** Whether success counts as an access, for certain. */
  boolean isAccess() {
    return this != GET && this != AUDIT && this != DELETE && this != RENEW;
  }
}
