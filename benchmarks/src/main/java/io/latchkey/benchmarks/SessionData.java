package io.latchkey.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** The session that every store keeps: ten attributes. */
public final class SessionData {
  /** What every key begins with, but for stores that leave no choice. */
  public static final String NAMESPACE = "latchkey-bench";

  /**
   * Longer than any run, and so is the touch interval that follows from it: a read is a read and
   * nothing else.
   */
  public static final Duration IDLE_TIMEOUT = Duration.ofDays(1);

  /** Latchkey's own for such a timeout. */
  static final Duration TOUCH_INTERVAL = IDLE_TIMEOUT.dividedBy(60);

  /** The attribute that every request reads. */
  static final String READ = "user";

  /** The attribute that is changed, a text of 65 characters. */
  static final String CHANGED = "lastPage";

  private static final String PAGE = "/products/kettle?colour=copper&from=news&campaign=au";

  private SessionData() {}

  /**
   * The attributes.
   *
   * @param size how large the session is
   * @return texts, numbers, a truth value and a list of texts; unmodifiable
   */
  public static Map<String, Object> attributes(SessionSize size) {
    List<String> cart =
        new ArrayList<>(List.of("lamp", "kettle", "bookshelf", "garden chair", "tea towel"));
    for (int line = 0; line < size.lines(); line++) {
      cart.add("item %04d, blue, two pieces at 19.90, next week".formatted(line));
    }
    Map<String, Object> attributes = new HashMap<>();
    attributes.put(READ, "user-4711");
    attributes.put("name", "Ada Lovelace");
    attributes.put("locale", "en-GB");
    attributes.put("zone", "Europe/London");
    attributes.put("csrf", "Vq2cVJp5mXH1yW0dG8uR3A");
    attributes.put("signedIn", 1_790_000_000_000L);
    attributes.put("admin", false);
    attributes.put("visits", 42);
    attributes.put("cart", List.copyOf(cart));
    attributes.put(CHANGED, newPage());
    return Map.copyOf(attributes);
  }

  /** A value for {@link #CHANGED}: always of the same length, and hardly ever the same. */
  static String newPage() {
    return PAGE + ThreadLocalRandom.current().nextLong(1_000_000_000_000L, 10_000_000_000_000L);
  }
}
