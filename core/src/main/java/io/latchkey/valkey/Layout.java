package io.latchkey.valkey;

/** How a session lies in Valkey. */
public enum Layout {
  /**
   * One key with one JSON document, which {@code GET} shows. A save writes all of it. The default,
   * and the faster one for sessions of common size.
   */
  STRING,

  /**
   * One hash with a field per attribute. A save writes what changed: for large sessions of which a
   * request changes little.
   */
  HASH
}
