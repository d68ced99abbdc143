package io.latchkey.benchmarks;

import io.latchkey.benchmarks.LettuceStore.Flush;

/** The ways to keep sessions that the benchmarks compare. */
public enum StoreType {
  /** Latchkey's store for Valkey, with its defaults. */
  LATCHKEY {
    @Override
    BenchStore open(String uri) {
      return LatchkeyStore.open(uri);
    }
  },

  /**
   * The floor: a bare GET or SET of as many bytes by Lettuce's asynchronous commands, each bridged
   * to a {@code Mono}, with Lettuce's own defaults.
   */
  LETTUCE {
    @Override
    BenchStore open(String uri) {
      return LettuceStore.open(uri, Flush.EACH_COMMAND);
    }
  },

  /** The same with flush consolidation and two connections, as Latchkey's store has them. */
  LETTUCE_CONSOLIDATED {
    @Override
    BenchStore open(String uri) {
      return LettuceStore.open(uri, Flush.CONSOLIDATED);
    }
  };

  /** Opens the store on a server that this process may fill and clear. */
  abstract BenchStore open(String uri);
}
