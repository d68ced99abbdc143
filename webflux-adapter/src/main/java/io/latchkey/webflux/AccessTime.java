package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.internal.ExactSession;

/** When a session that is held for long has to tell its store that it is in use. */
final class AccessTime {
  private AccessTime() {}

  /**
   * Whether the store has to be told of an access now: as often as its reads would do so, because
   * the time to live that it gives a session is measured by that. A session of another store does
   * not tell how often that is, so its store is told each time.
   */
  static boolean isDue(Session session) {
    return !(session instanceof ExactSession exact) || exact.isTouchDue();
  }
}
