package io.latchkey.internal;

import io.latchkey.SessionAttributeException;
import io.latchkey.UnreadablePolicy;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the sessions of one store write and read their attributes. Safe for use by several threads.
 */
final class Attributes {
  private static final Logger log = LoggerFactory.getLogger("io.latchkey.attributes");

  /** More of them than any application has: what the data says must not fill the memory. */
  private static final int MAX_LOGGED = 1_000;

  private final AttributeCodec codec;
  private final UnreadablePolicy policy;
  private final LongAdder unreadable = new LongAdder();
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  Attributes(AttributeCodec codec, UnreadablePolicy policy) {
    this.codec = codec;
    this.policy = policy;
  }

  AttributeCodec codec() {
    return codec;
  }

  long unreadable() {
    return unreadable.sum();
  }

  /** An attribute as what it was stored as; null if it is JSON's null, or not readable. */
  @Nullable Object read(String name, JsonBytes json) {
    try {
      return codec.decode(name, json);
    } catch (SessionAttributeException e) {
      unreadable.increment();
      if (policy == UnreadablePolicy.FAIL) {
        throw e;
      }
      String message = String.valueOf(e.getMessage());
      if (logged.size() < MAX_LOGGED && logged.add(message)) {
        log.warn("{}; it is absent, and kept as it is. This is not logged again", message);
      }
      return null;
    }
  }
}
