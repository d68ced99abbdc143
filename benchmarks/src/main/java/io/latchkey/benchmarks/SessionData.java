package io.latchkey.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The session that every store keeps: ten attributes, about 450 bytes as Latchkey stores it. */
final class SessionData {
  /** What every key begins with. Nothing else on a server is written or deleted. */
  static final String NAMESPACE = "latchkey-bench";

  /** How many bytes the floor writes and reads; a test compares Latchkey's document. */
  static final int BYTES = 450;

  /**
   * Longer than any run, and so is the touch interval that follows from it: a read is a read and
   * nothing else.
   */
  static final Duration IDLE_TIMEOUT = Duration.ofDays(1);

  private SessionData() {}

  static Map<String, Object> attributes() {
    return Map.of(
        "user", "user-4711",
        "name", "Ada Lovelace",
        "locale", "en-GB",
        "zone", "Europe/London",
        "csrf", "Vq2cVJp5mXH1yW0dG8uR3A",
        "signedIn", 1_790_000_000_000L,
        "admin", false,
        "visits", 42,
        "cart", List.of("lamp", "kettle", "bookshelf", "garden chair", "tea towel"),
        "lastPage", "/products/kettle?colour=copper&from=newsletter&campaign=autumn-26");
  }
}
