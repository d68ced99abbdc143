package io.latchkey;

/** What {@link SessionStore#save} does when somebody else saved the session since it was read. */
public enum ConflictPolicy {
  /**
   * Changes of different attributes are all kept; of the same attribute, the later save wins. The
   * default.
   */
  MERGE,

  /** Nothing is written, and {@link SessionConflictException} is signalled. */
  REJECT
}
