package io.latchkey.benchmarks;

import io.latchkey.benchmarks.LettuceStore.Flush;
import io.latchkey.benchmarks.SpringSessionStore.Format;
import io.latchkey.valkey.Layout;
import java.time.Duration;

/** The ways to keep sessions that the benchmarks compare. */
public enum StoreType {
  /** Latchkey's store for Valkey, with its defaults. */
  LATCHKEY,

  /** The same with a hash for each session. */
  LATCHKEY_HASH,

  /** Spring Session's reactive repository, as Spring Boot configures it. */
  SPRING_SESSION,

  /** The same with its attributes as JSON. */
  SPRING_SESSION_JSON,

  /** Vert.x-Web's session store for Redis. */
  VERTX,

  /** A map of attributes in Redisson's reactive bucket. */
  REDISSON,

  /**
   * The floor: the commands that the job takes and as many bytes, by Lettuce's asynchronous
   * commands, each bridged to a {@code Mono}, with Lettuce's own defaults.
   */
  LETTUCE,

  /** The same with flush consolidation and two connections, as Latchkey's store has them. */
  LETTUCE_CONSOLIDATED;

  /** Whether the store has a way to do this at all. Where it has not, there is no figure. */
  boolean supports(Operation operation) {
    return switch (this) {
      case LATCHKEY, LATCHKEY_HASH, REDISSON -> true;
      case SPRING_SESSION, SPRING_SESSION_JSON, VERTX -> operation != Operation.GET_ALL;
      case LETTUCE, LETTUCE_CONSOLIDATED -> operation != Operation.SAVE_UNCHANGED;
    };
  }

  /**
   * Opens the store on a server that this process may fill and clear, with the touch interval that
   * follows from the long idle timeout.
   */
  BenchStore open(String uri, SessionSize size) {
    return open(uri, size, SessionData.TOUCH_INTERVAL);
  }

  /**
   * Opens the store on a server that this process may fill and clear.
   *
   * @param uri where the server is
   * @param size how large the sessions are
   * @param touchInterval how long Latchkey leaves the time of the last access as it is; other
   *     stores have no such option
   */
  public BenchStore open(String uri, SessionSize size, Duration touchInterval) {
    return switch (this) {
      case LATCHKEY -> LatchkeyStore.open(uri, size, Layout.STRING, touchInterval);
      case LATCHKEY_HASH -> LatchkeyStore.open(uri, size, Layout.HASH, touchInterval);
      case SPRING_SESSION -> SpringSessionStore.open(uri, size, Format.JAVA);
      case SPRING_SESSION_JSON -> SpringSessionStore.open(uri, size, Format.JSON);
      case VERTX -> VertxStore.open(uri, size);
      case REDISSON -> RedissonStore.open(uri, size);
      case LETTUCE -> LettuceStore.open(uri, size, Flush.EACH_COMMAND);
      case LETTUCE_CONSOLIDATED -> LettuceStore.open(uri, size, Flush.CONSOLIDATED);
    };
  }
}
