package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a web session: a map as one knows it from {@link ConcurrentHashMap}, that
 * decodes an attribute when it is first read, and knows what was changed since it was last saved.
 *
 * <h2>How no change is lost</h2>
 *
 * Each attribute is in one of four states, in a {@code ConcurrentHashMap} whose atomic steps are
 * the only ones: <em>unread</em>, where the session that was read has it, encoded; <em>known</em>,
 * with its value and a copy to compare it with; <em>changed</em>, with a value that is not stored
 * yet; and <em>removed</em>, which stays until the removal is stored. Every way to change the map,
 * however far around through a view or an iterator, ends in a step to one of the latter two, with a
 * state object of its own.
 *
 * <p>A save hands all changes over and takes note of their state objects. When they are stored, a
 * state becomes known, or goes away, only if it is still that same object: what another thread
 * changed in the meantime waits for the next save. When they are not stored, nothing moves. What
 * the session knows already is not told to it again, as it recognises by the change itself that an
 * earlier attempt, whose answer was lost, has written it after all.
 *
 * <p>Unlike in a {@code ConcurrentHashMap}, a null that is written removes the attribute, as
 * Spring's users expect from {@code put}, and {@code toString} tells no values.
 */
final class WebSessionAttributes extends AbstractMap<String, Object>
    implements ConcurrentMap<String, Object> {
  private final ConcurrentHashMap<String, State> states = new ConcurrentHashMap<>();

  /** What {@link #session} knows of already. Used by one save at a time. */
  private final Map<String, Handed> handed = new HashMap<>();

  private volatile Session session;

  WebSessionAttributes(Session session) {
    this.session = session;
    session.names().forEach(name -> states.put(name, State.UNREAD));
  }

  // What a save needs. One at a time; all else may go on meanwhile.

  /** Another session that nothing was handed over to. */
  void standOn(Session fresh) {
    session = fresh;
  }

  /** Tells the session all that was changed; false if nothing was. */
  boolean handOverChanges(Session target) {
    for (Map.Entry<String, State> entry : states.entrySet()) {
      State seen = entry.getValue();
      if (seen.isChanged() || seen.isChangedInPlace()) {
        String name = entry.getKey();
        State change =
            states.computeIfPresent(
                name, (n, now) -> now.isChangedInPlace() ? State.changed(now.value) : now);
        if (change != null && change.isChanged()) {
          handOver(name, change, target);
        }
      }
    }
    return !handed.isEmpty();
  }

  private void handOver(String name, State change, Session target) {
    Handed before = handed.get(name);
    if (before != null && before.isStill(change)) {
      return;
    }
    // The copy is made before the value is encoded. So a change between the two is stored twice at
    // worst, while with a later copy it would not be noticed.
    handed.put(name, new Handed(change));
    if (change.value == null) {
      target.remove(name);
    } else {
      target.set(name, change.value);
    }
  }

  /** The changes that were handed over are stored, in this session, which may have others' too. */
  void changesStored(Session now) {
    session = now;
    handed.forEach(
        (name, change) ->
            states.computeIfPresent(
                name, (n, state) -> state == change.state ? change.stored() : state));
    handed.clear();
    Set<String> names = now.names();
    names.forEach(name -> states.putIfAbsent(name, State.UNREAD));
    for (String name : states.keySet()) {
      if (!names.contains(name)) {
        states.computeIfPresent(name, (n, state) -> state.isChanged() ? state : null);
      }
    }
  }

  // Reading.

  @Override
  public @Nullable Object get(Object key) {
    String name = name(key);
    return name == null ? null : valueOf(name);
  }

  @Override
  public @Nullable Object getOrDefault(Object key, @Nullable Object defaultValue) {
    Object value = get(key);
    return value != null ? value : defaultValue;
  }

  @Override
  public boolean containsKey(Object key) {
    String name = name(key);
    State state = name == null ? null : states.get(name);
    return state != null && !state.isRemoved();
  }

  @Override
  public int size() {
    int size = 0;
    for (State state : states.values()) {
      if (!state.isRemoved()) {
        size++;
      }
    }
    return size;
  }

  @Override
  public boolean isEmpty() {
    for (State state : states.values()) {
      if (!state.isRemoved()) {
        return false;
      }
    }
    return true;
  }

  /** The key as a name; null if it is something else, which no attribute has. */
  private static @Nullable String name(Object key) {
    return Objects.requireNonNull(key, "key") instanceof String name ? name : null;
  }

  private @Nullable Object valueOf(String name) {
    State state = states.get(name);
    if (state != null && state.isUnread()) {
      state =
          states.computeIfPresent(
              name, (n, now) -> now.isUnread() ? Objects.requireNonNullElse(read(n), now) : now);
    }
    return state == null ? null : state.value;
  }

  /** Decodes an attribute; null if it is JSON's null, which another writer may have left there. */
  private @Nullable State read(String name) {
    return session.get(name, Object.class).map(State::known).orElse(null);
  }

  /** The value in a state, within an atomic step. */
  private @Nullable Object valueIn(String name, @Nullable State state) {
    if (state == null || !state.isUnread()) {
      return state == null ? null : state.value;
    }
    State read = read(name);
    return read == null ? null : read.value;
  }

  /** As {@link #valueIn}, but what cannot be read can still be replaced. */
  private @Nullable Object replacedValue(String name, @Nullable State state) {
    try {
      return valueIn(name, state);
    } catch (SessionAttributeException e) {
      return null;
    }
  }

  // Changing. All of it ends in a step of `states` that takes its next state from here.

  private static @Nullable State written(@Nullable State before, @Nullable Object value) {
    if (value != null) {
      return State.changed(value);
    }
    return before == null || before.isRemoved() ? before : State.removed();
  }

  @Override
  public @Nullable Object put(String name, @Nullable Object value) {
    var previous = new Previous();
    states.compute(
        name,
        (n, state) -> {
          previous.value = replacedValue(n, state);
          return written(state, value);
        });
    return previous.value;
  }

  @Override
  public @Nullable Object remove(Object key) {
    String name = name(key);
    return name == null ? null : put(name, null);
  }

  @Override
  public void clear() {
    states.replaceAll((name, state) -> state.isRemoved() ? state : State.removed());
  }

  @Override
  public @Nullable Object putIfAbsent(String name, @Nullable Object value) {
    return value == null ? valueOf(name) : previousIfPresent(name, n -> value);
  }

  @Override
  public @Nullable Object computeIfAbsent(
      String name, Function<? super String, ? extends @Nullable Object> function) {
    Objects.requireNonNull(function, "function");
    Object present = valueOf(name);
    if (present != null) {
      return present;
    }
    var computed = new Previous();
    Object previous =
        previousIfPresent(
            name,
            n -> {
              computed.value = function.apply(n);
              return computed.value;
            });
    return previous != null ? previous : computed.value;
  }

  private @Nullable Object previousIfPresent(
      String name, Function<? super String, ? extends @Nullable Object> otherwise) {
    var previous = new Previous();
    states.compute(
        name,
        (n, state) -> {
          previous.value = valueIn(n, state);
          if (previous.value != null) {
            return state != null && state.isUnread() ? State.known(previous.value) : state;
          }
          Object value = otherwise.apply(n);
          return value == null ? state : State.changed(value);
        });
    return previous.value;
  }

  @Override
  public @Nullable Object computeIfPresent(
      String name,
      BiFunction<? super String, ? super Object, ? extends @Nullable Object> function) {
    Objects.requireNonNull(function, "function");
    return compute(name, (n, value) -> value == null ? null : function.apply(n, value));
  }

  @Override
  public @Nullable Object compute(
      String name,
      BiFunction<? super String, ? super @Nullable Object, ? extends @Nullable Object> function) {
    Objects.requireNonNull(function, "function");
    State now =
        states.compute(
            name,
            (n, state) -> {
              Object before = valueIn(n, state);
              Object after = function.apply(n, before);
              return before == null && after == null ? state : written(state, after);
            });
    return now == null ? null : now.value;
  }

  @Override
  public @Nullable Object merge(
      String name,
      Object value,
      BiFunction<? super Object, ? super Object, ? extends @Nullable Object> function) {
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(function, "function");
    return compute(name, (n, present) -> present == null ? value : function.apply(present, value));
  }

  @Override
  public boolean remove(Object key, @Nullable Object value) {
    String name = name(key);
    return name != null && replaceIf(name, now -> now.equals(value), null);
  }

  @Override
  public boolean replace(String name, Object oldValue, @Nullable Object newValue) {
    Objects.requireNonNull(oldValue, "oldValue");
    return replaceIf(name, oldValue::equals, newValue);
  }

  @Override
  public @Nullable Object replace(String name, @Nullable Object value) {
    var previous = new Previous();
    states.computeIfPresent(
        name,
        (n, state) -> {
          if (state.isRemoved()) {
            return state;
          }
          previous.value = replacedValue(n, state);
          return written(state, value);
        });
    return previous.value;
  }

  /** Replaces the value if it passes a test, in one step; null removes it. */
  private boolean replaceIf(String name, Predicate<Object> test, @Nullable Object newValue) {
    var replaced = new Previous();
    states.computeIfPresent(
        name,
        (n, state) -> {
          Object value = valueIn(n, state);
          if (value == null || !test.test(value)) {
            return state;
          }
          replaced.value = value;
          return written(state, newValue);
        });
    return replaced.value != null;
  }

  @Override
  public void replaceAll(
      BiFunction<? super String, ? super Object, ? extends @Nullable Object> function) {
    Objects.requireNonNull(function, "function");
    for (String name : states.keySet()) {
      computeIfPresent(name, function);
    }
  }

  // Views.

  @Override
  public Set<String> keySet() {
    return new Names();
  }

  @Override
  public Collection<Object> values() {
    return new Values();
  }

  @Override
  public Set<Map.Entry<String, Object>> entrySet() {
    return new Entries();
  }

  /** Tells how many there are, and neither names nor values: it ends up in logs. */
  @Override
  public String toString() {
    return "attributes[" + size() + "]";
  }

  private final class Names extends AbstractSet<String> {
    @Override
    public Iterator<String> iterator() {
      return new Iteration<>() {
        @Override
        @Nullable String next(String name, State state) {
          return state.isRemoved() ? null : name;
        }

        @Override
        String nameOf(String element) {
          return element;
        }
      };
    }

    @Override
    public int size() {
      return WebSessionAttributes.this.size();
    }

    @Override
    public boolean contains(Object name) {
      return containsKey(name);
    }

    @Override
    public boolean remove(Object name) {
      boolean present = containsKey(name);
      WebSessionAttributes.this.remove(name);
      return present;
    }

    @Override
    public void clear() {
      WebSessionAttributes.this.clear();
    }

    @Override
    public Spliterator<String> spliterator() {
      return unsized(iterator(), Spliterator.DISTINCT);
    }
  }

  private final class Values extends AbstractCollection<Object> {
    @Override
    public Iterator<Object> iterator() {
      Iterator<Map.Entry<String, Object>> entries = entrySet().iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return entries.hasNext();
        }

        @Override
        public Object next() {
          return entries.next().getValue();
        }

        @Override
        public void remove() {
          entries.remove();
        }
      };
    }

    @Override
    public boolean removeIf(Predicate<? super Object> filter) {
      return entrySet().removeIf(entry -> filter.test(entry.getValue()));
    }

    @Override
    public int size() {
      return WebSessionAttributes.this.size();
    }

    @Override
    public void clear() {
      WebSessionAttributes.this.clear();
    }

    @Override
    public Spliterator<Object> spliterator() {
      return unsized(iterator(), 0);
    }

    @Override
    public String toString() {
      return "values[" + size() + "]";
    }
  }

  private final class Entries extends AbstractSet<Map.Entry<String, Object>> {
    @Override
    public Iterator<Map.Entry<String, Object>> iterator() {
      return new Iteration<>() {
        @Override
        Map.@Nullable Entry<String, Object> next(String name, State state) {
          Object value = valueOf(name);
          return value == null ? null : new LiveEntry(name, value);
        }

        @Override
        String nameOf(Map.Entry<String, Object> element) {
          return element.getKey();
        }
      };
    }

    @Override
    public boolean removeIf(Predicate<? super Map.Entry<String, Object>> filter) {
      Objects.requireNonNull(filter, "filter");
      boolean removed = false;
      for (Map.Entry<String, Object> entry : this) {
        // What another thread has put there since the test was not tested, and stays.
        Object tested = entry.getValue();
        removed |= filter.test(entry) && replaceIf(entry.getKey(), now -> now.equals(tested), null);
      }
      return removed;
    }

    @Override
    public int size() {
      return WebSessionAttributes.this.size();
    }

    @Override
    public boolean contains(Object element) {
      return element instanceof Map.Entry<?, ?> entry
          && entry.getKey() instanceof String name
          && entry.getValue() != null
          && entry.getValue().equals(valueOf(name));
    }

    @Override
    public boolean add(Map.Entry<String, Object> entry) {
      Objects.requireNonNull(entry.getValue(), "value");
      return put(entry.getKey(), entry.getValue()) == null;
    }

    @Override
    public boolean remove(Object element) {
      return element instanceof Map.Entry<?, ?> entry
          && entry.getKey() != null
          && WebSessionAttributes.this.remove(entry.getKey(), entry.getValue());
    }

    @Override
    public void clear() {
      WebSessionAttributes.this.clear();
    }

    @Override
    public Spliterator<Map.Entry<String, Object>> spliterator() {
      return unsized(iterator(), Spliterator.DISTINCT);
    }

    @Override
    public String toString() {
      return "entries[" + size() + "]";
    }
  }

  /** As many as there are by the time one gets there: other threads may add and remove. */
  private static <T> Spliterator<T> unsized(Iterator<T> iterator, int characteristics) {
    return Spliterators.spliteratorUnknownSize(
        iterator, characteristics | Spliterator.CONCURRENT | Spliterator.NONNULL);
  }

  private final class LiveEntry extends SimpleEntry<String, Object> {
    private static final long serialVersionUID = 1L;

    LiveEntry(String name, Object value) {
      super(name, value);
    }

    @Override
    public Object setValue(@Nullable Object value) {
      put(getKey(), value);
      return value == null ? getValue() : super.setValue(value);
    }

    @Override
    public String toString() {
      return getKey();
    }
  }

  /** Goes through what is there; never fails because of what others change meanwhile. */
  private abstract class Iteration<T> implements Iterator<T> {
    private final Iterator<Map.Entry<String, State>> all = states.entrySet().iterator();
    private @Nullable T next;
    private @Nullable T last;

    /** What to answer with for this attribute; null leaves it out. */
    abstract @Nullable T next(String name, State state);

    abstract String nameOf(T element);

    @Override
    public boolean hasNext() {
      while (next == null && all.hasNext()) {
        Map.Entry<String, State> entry = all.next();
        next = next(entry.getKey(), entry.getValue());
      }
      return next != null;
    }

    @Override
    public T next() {
      T result = hasNext() ? next : null;
      if (result == null) {
        throw new NoSuchElementException();
      }
      last = result;
      next = null;
      return result;
    }

    @Override
    public void remove() {
      if (last == null) {
        throw new IllegalStateException("next() was not called, or remove() was already");
      }
      put(nameOf(last), null);
      last = null;
    }
  }

  /** What a step finds and its caller wants to know. */
  private static final class Previous {
    @Nullable Object value;
  }

  /** The state of one attribute. Immutable, and compared by identity. */
  private static final class State {
    static final State UNREAD = new State(null, null, false);

    /** Null while unread, and when removed. */
    final @Nullable Object value;

    /** What a known value was when it was read or stored. */
    private final @Nullable Object remembered;

    private final boolean changed;

    private State(@Nullable Object value, @Nullable Object remembered, boolean changed) {
      this.value = value;
      this.remembered = remembered;
      this.changed = changed;
    }

    static State known(Object value) {
      return known(value, InPlaceChanges.remember(value));
    }

    static State known(Object value, Object remembered) {
      return new State(value, remembered, false);
    }

    static State changed(@Nullable Object value) {
      return new State(value, null, true);
    }

    static State removed() {
      return changed(null);
    }

    boolean isUnread() {
      return value == null && !changed;
    }

    boolean isRemoved() {
      return value == null && changed;
    }

    boolean isChanged() {
      return changed;
    }

    boolean isChangedInPlace() {
      return value != null && remembered != null && InPlaceChanges.changed(value, remembered);
    }
  }

  /** A change that the session was told of. */
  private static final class Handed {
    final State state;
    private final @Nullable Object remembered;

    Handed(State state) {
      this.state = state;
      this.remembered = state.value == null ? null : InPlaceChanges.remember(state.value);
    }

    boolean isStill(State now) {
      return now == state
          && (now.value == null
              || remembered == null
              || !InPlaceChanges.changed(now.value, remembered));
    }

    @Nullable State stored() {
      return state.value == null || remembered == null
          ? null
          : State.known(state.value, remembered);
    }
  }
}
