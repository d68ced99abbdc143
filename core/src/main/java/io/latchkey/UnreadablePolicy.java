package io.latchkey;

/**
 * What a read does with stored bytes that are not a session which this release can read: damaged,
 * of an unknown version, or somebody else's. Either way they are counted and left as they are.
 */
public enum UnreadablePolicy {
  /** {@link UnreadableSessionException} is signalled. The default. */
  FAIL,

  /** The session is absent. */
  ABSENT
}
