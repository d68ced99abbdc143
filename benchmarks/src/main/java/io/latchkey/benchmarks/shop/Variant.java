package io.latchkey.benchmarks.shop;

/** Where the shop keeps its carts. */
public enum Variant {
  /** In sessions of Latchkey's WebFlux adapter, as the sample shop does. */
  LATCHKEY,

  /** In sessions of Spring Session, in the same server. */
  SPRING_SESSION,

  /** Nowhere: the same page with a cart that is always there, and nothing that is asked for. */
  NONE
}
