package io.latchkey.benchmarks;

import io.latchkey.benchmarks.LettuceStore.Flush;
import io.latchkey.benchmarks.SpringSessionStore.Format;
import io.latchkey.valkey.Layout;
import java.util.EnumSet;
import java.util.Set;

/** The ways to keep sessions that the benchmarks compare. */
public enum StoreType {
  /** Latchkey's store for Valkey, with its defaults. */
  LATCHKEY {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return LatchkeyStore.open(uri, size, Layout.STRING);
    }
  },

  /** The same with a hash for each session. */
  LATCHKEY_HASH {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return LatchkeyStore.open(uri, size, Layout.HASH);
    }
  },

  /** Spring Session's reactive repository, as Spring Boot configures it. */
  SPRING_SESSION(Operation.GET_ALL) {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return SpringSessionStore.open(uri, size, Format.JAVA);
    }
  },

  /** The same with its attributes as JSON. */
  SPRING_SESSION_JSON(Operation.GET_ALL) {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return SpringSessionStore.open(uri, size, Format.JSON);
    }
  },

  /** Vert.x-Web's session store for Redis. */
  VERTX(Operation.GET_ALL) {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return VertxStore.open(uri, size);
    }
  },

  /** A map of attributes in Redisson's reactive bucket. */
  REDISSON {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return RedissonStore.open(uri, size);
    }
  },

  /**
   * The floor: the commands that the job takes and as many bytes, by Lettuce's asynchronous
   * commands, each bridged to a {@code Mono}, with Lettuce's own defaults.
   */
  LETTUCE(Operation.SAVE_UNCHANGED) {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return LettuceStore.open(uri, size, Flush.EACH_COMMAND);
    }
  },

  /** The same with flush consolidation and two connections, as Latchkey's store has them. */
  LETTUCE_CONSOLIDATED(Operation.SAVE_UNCHANGED) {
    @Override
    BenchStore open(String uri, SessionSize size) {
      return LettuceStore.open(uri, size, Flush.CONSOLIDATED);
    }
  };

  @SuppressWarnings("ImmutableEnumChecker") // nobody changes it after construction
  private final Set<Operation> unsupported = EnumSet.noneOf(Operation.class);

  StoreType(Operation... unsupported) {
    this.unsupported.addAll(Set.of(unsupported));
  }

  /** Whether the store has a way to do this at all. Where it has not, there is no figure. */
  boolean supports(Operation operation) {
    return !unsupported.contains(operation);
  }

  /** Opens the store on a server that this process may fill and clear. */
  abstract BenchStore open(String uri, SessionSize size);
}
