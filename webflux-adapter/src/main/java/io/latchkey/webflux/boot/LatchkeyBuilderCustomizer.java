package io.latchkey.webflux.boot;

import io.latchkey.valkey.ValkeySessionStore;

/**
 * Sets options of the store that {@link LatchkeyAutoConfiguration} builds and that no property has,
 * such as {@code resources} or {@code migrateFrom}. Beans of this type are called in their order,
 * after the properties were applied, so they have the last word.
 */
@FunctionalInterface
public interface LatchkeyBuilderCustomizer {
  /**
   * Called once, before the store is built.
   *
   * @param builder the store's options as the properties have set them
   */
  void customize(ValkeySessionStore.Builder builder);
}
