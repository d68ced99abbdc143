package io.latchkey.webflux;

import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.internal.ExactSession;
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
 * Each attribute is in one of five states, in a {@code ConcurrentHashMap} whose atomic steps are
 * the only ones: <em>unread</em>, where the session that was read has it, encoded; <em>known</em>,
 * with its value and the form in which it is stored; <em>unreadable</em>, which counts as absent;
 * <em>changed</em>, with a value that is not stored yet; and <em>removed</em>, which stays until
 * the removal is stored. Every way to change the map, however far around through a view or an
 * iterator, ends in a step to one of the latter two, with a state object of its own.
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

  private final boolean inPlaceChanges;

  /**
   * The attributes of a session.
   *
   * @param inPlaceChanges whether a value that was handed out is compared at a save with what is
   *     stored
   */
  WebSessionAttributes(Session session, boolean inPlaceChanges) {
    this.session = session;
    this.inPlaceChanges = inPlaceChanges;
    session.names().forEach(name -> states.put(name, State.UNREAD));
  }

  // What a save needs. One at a time; all else may go on meanwhile.

  /** Another session that nothing was handed over to. */
  void standOn(Session fresh) {
    session = fresh;
  }

  /**
   * Tells the session all that was changed; false if nothing was.
   *
   * @throws SessionAttributeException if a changed value cannot be stored
   */
  @SuppressWarnings("ReferenceEquality") // another value, however equal, is another one
  boolean handOverChanges(Session target) {
    for (Map.Entry<String, State> entry : states.entrySet()) {
      String name = entry.getKey();
      State seen = entry.getValue();
      if (seen.isChanged() || isChangedInPlace(name, seen)) {
        State change =
            states.computeIfPresent(
                name,
                (n, now) ->
                    !now.isChanged() && now.value == seen.value ? State.changed(now.value) : now);
        if (change != null && change.isChanged()) {
          handOver(name, change, target);
        }
      }
    }
    return !handed.isEmpty();
  }

  private void handOver(String name, State change, Session target) {
    Handed before = handed.get(name);
    if (before != null && before.state == change && !before.isChangedSince(name, target)) {
      return;
    }
    Object value = change.value;
    Object form = null;
    if (value == null) {
      target.remove(name);
    } else if (target instanceof ExactSession exact) {
      // What is compared later is what is stored, and not what the value was a moment before.
      form = exact.setExactly(name, value);
    } else {
      target.set(name, value);
    }
    handed.put(name, new Handed(change, remembered(value, form)));
  }

  private boolean isChangedInPlace(String name, State state) {
    return state.isExposed && isChanged(name, state.value, state.form, session);
  }

  private static boolean isChanged(
      String name, @Nullable Object value, @Nullable Object form, Session session) {
    return value != null
        && form != null
        && session instanceof ExactSession exact
        && !exact.isUnchanged(name, value, form);
  }

  /** What a value has to be compared with; null if it need not be. */
  private @Nullable Object remembered(@Nullable Object value, @Nullable Object form) {
    return inPlaceChanges && value != null && !Immutables.isImmutable(value) ? form : null;
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
      states.computeIfPresent(
          name,
          (n, state) -> {
            if (state == State.UNREADABLE) {
              return names.contains(n) ? State.UNREAD : null;
            }
            return names.contains(n) || state.isChanged() ? state : null;
          });
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
    return name != null && state != null && isPresent(name, state);
  }

  @Override
  public int size() {
    int size = 0;
    for (Map.Entry<String, State> entry : states.entrySet()) {
      if (isPresent(entry.getKey(), entry.getValue())) {
        size++;
      }
    }
    return size;
  }

  @Override
  public boolean isEmpty() {
    for (Map.Entry<String, State> entry : states.entrySet()) {
      if (isPresent(entry.getKey(), entry.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** Whether there is a value. What cannot be read is absent, unless reading it is an error. */
  private boolean isPresent(String name, State state) {
    if (state != State.UNREAD) {
      return state.value != null;
    }
    try {
      State read = states.computeIfPresent(name, (n, now) -> now == State.UNREAD ? read(n) : now);
      return read != null && read.value != null;
    } catch (SessionAttributeException e) {
      return true;
    }
  }

  /** The key as a name; null if it is something else, which no attribute has. */
  private static @Nullable String name(Object key) {
    return Objects.requireNonNull(key, "key") instanceof String name ? name : null;
  }

  private @Nullable Object valueOf(String name) {
    State state = states.get(name);
    if (state != null && !state.isExposed) {
      state = states.computeIfPresent(name, this::exposed);
    }
    return state == null ? null : state.value;
  }

  /** A state whose value may be handed out. */
  private State exposed(String name, State state) {
    State known = state == State.UNREAD ? read(name) : state;
    return known.isExposed ? known : known.exposed();
  }

  /** Decodes an attribute, which nobody has seen then. */
  private State read(String name) {
    if (session instanceof ExactSession exact) {
      ExactSession.Stored stored = exact.stored(name);
      return stored == null
          ? State.UNREADABLE
          : State.known(stored.value(), remembered(stored.value(), stored.form()));
    }
    return session.get(name).map(value -> State.known(value, null)).orElse(State.UNREADABLE);
  }

  /** A state to go on from, within an atomic step; null if there is no such attribute. */
  private @Nullable State resolved(String name, @Nullable State state) {
    return state == null ? null : exposed(name, state);
  }

  /** As {@link #resolved}, but what cannot be read can still be replaced. */
  private @Nullable State replaced(String name, @Nullable State state) {
    try {
      return resolved(name, state);
    } catch (SessionAttributeException e) {
      return state;
    }
  }

  private static @Nullable Object valueIn(@Nullable State state) {
    return state == null ? null : state.value;
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
          previous.value = valueIn(replaced(n, state));
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
          State now = resolved(n, state);
          previous.value = valueIn(now);
          if (previous.value != null) {
            return now;
          }
          Object value = otherwise.apply(n);
          return value == null ? now : State.changed(value);
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
              State before = resolved(n, state);
              Object value = valueIn(before);
              Object after = function.apply(n, value);
              return value == null && after == null ? before : written(before, after);
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
          State now = replaced(n, state);
          previous.value = valueIn(now);
          return previous.value == null && now != State.UNREAD ? now : written(now, value);
        });
    return previous.value;
  }

  /** Replaces the value if it passes a test, in one step; null removes it. */
  private boolean replaceIf(String name, Predicate<Object> test, @Nullable Object newValue) {
    var replaced = new Previous();
    states.computeIfPresent(
        name,
        (n, state) -> {
          State now = resolved(n, state);
          Object value = valueIn(now);
          if (value == null || !test.test(value)) {
            return now;
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
          return isPresent(name, state) ? name : null;
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
    static final State UNREAD = new State(null, null, false, false);
    static final State UNREADABLE = new State(null, null, false, true);

    /** Null while unread, if unreadable, and when removed. */
    final @Nullable Object value;

    /** What a known value was when it was read or stored; null if that does not matter. */
    final @Nullable Object form;

    private final boolean changed;

    /** Whether somebody was given the value, who may change it in place. */
    final boolean isExposed;

    private State(
        @Nullable Object value, @Nullable Object form, boolean changed, boolean isExposed) {
      this.value = value;
      this.form = form;
      this.changed = changed;
      this.isExposed = isExposed;
    }

    static State known(Object value, @Nullable Object form) {
      return new State(value, form, false, false);
    }

    static State changed(@Nullable Object value) {
      return new State(value, null, true, true);
    }

    static State removed() {
      return changed(null);
    }

    State exposed() {
      return new State(value, form, changed, true);
    }

    boolean isRemoved() {
      return value == null && changed;
    }

    boolean isChanged() {
      return changed;
    }
  }

  /** A change that the session was told of. */
  private static final class Handed {
    final State state;
    private final @Nullable Object form;

    Handed(State state, @Nullable Object form) {
      this.state = state;
      this.form = form;
    }

    boolean isChangedSince(String name, Session session) {
      return isChanged(name, state.value, form, session);
    }

    @Nullable State stored() {
      return state.value == null ? null : new State(state.value, form, false, true);
    }
  }
}
