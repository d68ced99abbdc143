package io.latchkey.histories;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Looks for an order of actions upon a map, each taking effect at one instant between its begin and
 * its end, which explains what each of them saw. The search of Wing and Gong, with Lowe's memory of
 * what was tried; a read that fits is taken at once, which loses nothing.
 */
final class Linearization {
  private static final int MAX_STATES = 200_000;

  /** How often the search was given up, in this JVM. */
  static final AtomicInteger UNDECIDED = new AtomicInteger();

  private final List<Action> actions;
  private final Set<State> tried = new HashSet<>();

  private Linearization(List<Action> actions) {
    this.actions = actions;
  }

  /** What came of a search. */
  enum Verdict {
    POSSIBLE,
    IMPOSSIBLE,
    /** There was too much to try. */
    UNDECIDED
  }

  /**
   * Something that happened to the map.
   *
   * @param from its begin
   * @param to its end
   * @param optional whether it may also never take effect
   * @param writes what it puts, removes or counts up, in one step
   * @param seen what the map is after that, or null if it is not known
   */
  record Action(
      long from,
      long to,
      boolean optional,
      Map<String, String> writes,
      @Nullable Map<String, String> seen) {

    boolean isRead() {
      return writes.isEmpty();
    }

    Action upon(Set<String> names) {
      return new Action(
          from,
          to,
          optional,
          restricted(writes, names),
          seen == null ? null : restricted(seen, names));
    }

    private static Map<String, String> restricted(Map<String, String> map, Set<String> names) {
      Map<String, String> restricted = new TreeMap<>(map);
      restricted.keySet().retainAll(names);
      return restricted;
    }

    Map<String, String> applyTo(Map<String, String> before) {
      Map<String, String> after = new TreeMap<>(before);
      writes.forEach(
          (name, value) -> {
            if (value.equals(Call.REMOVED)) {
              after.remove(name);
            } else if (value.equals(Call.INCREMENT)) {
              after.merge(name, "1", (old, one) -> Long.toString(Long.parseLong(old) + 1));
            } else {
              after.put(name, value);
            }
          });
      return after;
    }

    /** Whether somebody saw what this wrote, or may have. */
    boolean isSeenBy(List<Action> others) {
      return writes.entrySet().stream()
          .anyMatch(
              write ->
                  write.getValue().equals(Call.INCREMENT)
                      || others.stream()
                          .map(Action::seen)
                          .filter(Objects::nonNull)
                          .anyMatch(seen -> shows(seen, write.getKey(), write.getValue())));
    }

    private static boolean shows(Map<String, String> seen, String name, String value) {
      return value.equals(Call.REMOVED) ? !seen.containsKey(name) : value.equals(seen.get(name));
    }
  }

  private record State(BitSet done, Map<String, String> map) {}

  /** The verdict on these actions, as far as they concern these names. */
  static Verdict of(List<Action> all, Set<String> names) {
    List<Action> some =
        all.stream()
            .map(action -> action.upon(names))
            .filter(action -> !action.isRead() || action.seen() != null)
            .toList();
    List<Action> actions = new ArrayList<>();
    for (Action action : some) {
      // What may have no effect, and was seen by nobody, explains nothing.
      if (!action.optional() || (!action.isRead() && action.isSeenBy(some))) {
        actions.add(action);
      }
    }
    actions.sort(Comparator.comparingLong(Action::from));
    Linearization search = new Linearization(actions);
    Verdict verdict = search.explain(new BitSet(), Map.of(), -1);
    if (verdict == Verdict.UNDECIDED) {
      UNDECIDED.incrementAndGet();
    }
    return verdict;
  }

  private Verdict explain(BitSet before, Map<String, String> map, long begun) {
    BitSet done = (BitSet) before.clone();
    long latestBegin = Math.max(begun, takeReads(done, map));
    long firstEnd = firstEnd(done);
    if (firstEnd == Long.MAX_VALUE) {
      return Verdict.POSSIBLE;
    }
    if (!tried.add(new State((BitSet) done.clone(), map))) {
      return Verdict.IMPOSSIBLE;
    }
    if (tried.size() > MAX_STATES) {
      return Verdict.UNDECIDED;
    }
    for (int i = done.nextClearBit(0); i < actions.size(); i = done.nextClearBit(i + 1)) {
      Action action = actions.get(i);
      if (action.from() > firstEnd) {
        break;
      }
      if (action.isRead() || action.to() < latestBegin) {
        continue;
      }
      Map<String, String> after = action.applyTo(map);
      if (action.seen() == null || action.seen().equals(after)) {
        done.set(i);
        Verdict verdict = explain(done, after, Math.max(latestBegin, action.from()));
        done.clear(i);
        if (verdict != Verdict.IMPOSSIBLE) {
          return verdict;
        }
      }
    }
    return Verdict.IMPOSSIBLE;
  }

  /** Takes all reads that fit and are possible now; returns the latest begin among them. */
  private long takeReads(BitSet done, Map<String, String> map) {
    long latestBegin = -1;
    boolean again = true;
    while (again) {
      again = false;
      long firstEnd = firstEnd(done);
      for (int i = done.nextClearBit(0); i < actions.size(); i = done.nextClearBit(i + 1)) {
        Action action = actions.get(i);
        if (action.from() > firstEnd) {
          break;
        }
        if (action.isRead() && map.equals(action.seen())) {
          done.set(i);
          latestBegin = Math.max(latestBegin, action.from());
          again = true;
        }
      }
    }
    return latestBegin;
  }

  /** The first end among those that must take effect and have not. */
  private long firstEnd(BitSet done) {
    long first = Long.MAX_VALUE;
    for (int i = done.nextClearBit(0); i < actions.size(); i = done.nextClearBit(i + 1)) {
      Action action = actions.get(i);
      if (!action.optional()) {
        first = Math.min(first, action.to());
      }
    }
    return first;
  }
}
