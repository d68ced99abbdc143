package io.latchkey.histories;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A look at the keys of the namespace, past all stores.
 *
 * @param began before it
 * @param ended after it
 * @param last whether nothing was under way any more
 * @param keys the keys that were there
 */
record Look(Moment began, Moment ended, boolean last, List<Key> keys) {

  /**
   * A key.
   *
   * @param id the session id that it is for, null if the test does not know it
   * @param timeToLive in milliseconds, -1 for ever
   */
  record Key(@Nullable String id, long timeToLive) {}
}
