package io.latchkey;

/**
 * What a read does with stored bytes that are not a session which this release can read: damaged,
 * of an unknown version, or somebody else's; or with an attribute that cannot be read as what it
 * was stored as. Either way they are counted and left as they are.
 */
public enum UnreadablePolicy {
  /**
   * {@link UnreadableSessionException} is signalled, the default for sessions; or {@link
   * SessionAttributeException} is thrown.
   */
  FAIL,

  /** The session, or the attribute, is absent: the default for attributes. */
  ABSENT
}
