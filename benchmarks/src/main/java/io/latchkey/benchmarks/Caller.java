package io.latchkey.benchmarks;

/** From where the store is called. */
public enum Caller {
  /** From the event loop of the store's client: each answer starts the next operation. */
  EVENT_LOOP,

  /** From {@link Workers#THREADS} other threads, to which each answer hands the next operation. */
  THREADS
}
