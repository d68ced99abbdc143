package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.internal.ExactSession;
import java.time.Duration;
import java.time.Instant;

/** The end of a session that no access moves. */
final class AbsoluteEnd {
  private AbsoluteEnd() {}

  /**
   * Whether it has come. A session of another store tells only which of its ends comes first: where
   * that is before the end of its idle timeout, it is this one.
   */
  static boolean hasCome(Session session, Instant now) {
    if (session instanceof ExactSession exact) {
      Instant end = exact.absoluteEnd();
      return end != null && !now.isBefore(end);
    }
    Duration idle = session.idleTimeout();
    return session
        .expiresAt()
        .filter(
            end ->
                idle.equals(Session.NEVER_IDLE)
                    || end.isBefore(session.lastAccessedAt().plus(idle)))
        .filter(end -> !now.isBefore(end))
        .isPresent();
  }
}
