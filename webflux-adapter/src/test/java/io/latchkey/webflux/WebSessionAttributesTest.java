package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.tck.ValkeyServer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.WebSessionStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** The map of a session's attributes: every way to change it counts, and no change is lost. */
@ParameterizedClass
@EnumSource
class WebSessionAttributesTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions sessions;
  private final WebSessionStore store;

  WebSessionAttributesTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    store = sessions.web();
  }

  @AfterEach
  void close() {
    sessions.close();
  }

  /** Each starts from {@code a=1, b=2, c=3}. */
  static Stream<Arguments> waysToChange() {
    return Stream.of(
        way("put new", m -> m.put("d", 4), Map.of("a", 1, "b", 2, "c", 3, "d", 4)),
        way("put over", m -> m.put("a", 9), Map.of("a", 9, "b", 2, "c", 3)),
        way("put null", m -> putNull(m, "a"), Map.of("b", 2, "c", 3)),
        way(
            "putAll",
            m -> m.putAll(Map.of("a", 9, "d", 4)),
            Map.of("a", 9, "b", 2, "c", 3, "d", 4)),
        way("putIfAbsent", m -> m.putIfAbsent("d", 4), Map.of("a", 1, "b", 2, "c", 3, "d", 4)),
        way("remove", m -> m.remove("a"), Map.of("b", 2, "c", 3)),
        way("remove of a pair", m -> m.remove("a", 1), Map.of("b", 2, "c", 3)),
        way("clear", Map::clear, Map.of()),
        way("replace", m -> m.replace("a", 9), Map.of("a", 9, "b", 2, "c", 3)),
        way("replace of a pair", m -> m.replace("a", 1, 9), Map.of("a", 9, "b", 2, "c", 3)),
        way(
            "replaceAll",
            m -> m.replaceAll((k, v) -> k + v),
            Map.of("a", "a1", "b", "b2", "c", "c3")),
        way(
            "compute new",
            m -> m.compute("d", (k, v) -> 4),
            Map.of("a", 1, "b", 2, "c", 3, "d", 4)),
        way(
            "compute over",
            m -> m.compute("a", (k, v) -> v + "!"),
            Map.of("a", "1!", "b", 2, "c", 3)),
        way("compute away", m -> m.compute("a", (k, v) -> null), Map.of("b", 2, "c", 3)),
        way(
            "computeIfAbsent",
            m -> m.computeIfAbsent("d", k -> 4),
            Map.of("a", 1, "b", 2, "c", 3, "d", 4)),
        way(
            "computeIfPresent",
            m -> m.computeIfPresent("a", (k, v) -> 9),
            Map.of("a", 9, "b", 2, "c", 3)),
        way(
            "computeIfPresent away",
            m -> m.computeIfPresent("a", (k, v) -> null),
            Map.of("b", 2, "c", 3)),
        way("merge new", m -> m.merge("d", 4, (v, w) -> 0), Map.of("a", 1, "b", 2, "c", 3, "d", 4)),
        way(
            "merge over",
            m -> m.merge("a", 4, (v, w) -> "" + v + w),
            Map.of("a", "14", "b", 2, "c", 3)),
        way("merge away", m -> m.merge("a", 4, (v, w) -> null), Map.of("b", 2, "c", 3)),
        way("keySet.remove", m -> m.keySet().remove("a"), Map.of("b", 2, "c", 3)),
        way("keySet.removeAll", m -> m.keySet().removeAll(Set.of("a", "b")), Map.of("c", 3)),
        way(
            "keySet.retainAll",
            m -> m.keySet().retainAll(Set.of("a", "b")),
            Map.of("a", 1, "b", 2)),
        way("keySet.removeIf", m -> m.keySet().removeIf("a"::equals), Map.of("b", 2, "c", 3)),
        way("keySet.clear", m -> m.keySet().clear(), Map.of()),
        way("keySet.iterator.remove", m -> removeAll(m.keySet().iterator()), Map.of()),
        way("values.remove", m -> m.values().remove(1), Map.of("b", 2, "c", 3)),
        way("values.removeAll", m -> m.values().removeAll(Set.of(1, 2)), Map.of("c", 3)),
        way("values.retainAll", m -> m.values().retainAll(Set.of(1, 2)), Map.of("a", 1, "b", 2)),
        way("values.removeIf", m -> m.values().removeIf(v -> v.equals(1)), Map.of("b", 2, "c", 3)),
        way("values.clear", m -> m.values().clear(), Map.of()),
        way("values.iterator.remove", m -> removeAll(m.values().iterator()), Map.of()),
        way(
            "entrySet.add",
            m -> m.entrySet().add(Map.entry("d", 4)),
            Map.of("a", 1, "b", 2, "c", 3, "d", 4)),
        way(
            "entrySet.addAll",
            m -> m.entrySet().addAll(Map.<String, Object>of("a", 9, "d", 4).entrySet()),
            Map.of("a", 9, "b", 2, "c", 3, "d", 4)),
        way("entrySet.remove", m -> m.entrySet().remove(Map.entry("a", 1)), Map.of("b", 2, "c", 3)),
        way(
            "entrySet.removeAll",
            m -> m.entrySet().removeAll(Set.of(Map.entry("a", 1))),
            Map.of("b", 2, "c", 3)),
        way(
            "entrySet.retainAll",
            m -> m.entrySet().retainAll(Set.of(Map.entry("a", 1))),
            Map.of("a", 1)),
        way(
            "entrySet.removeIf",
            m -> m.entrySet().removeIf(e -> e.getValue().equals(1)),
            Map.of("b", 2, "c", 3)),
        way("entrySet.clear", m -> m.entrySet().clear(), Map.of()),
        way("entrySet.iterator.remove", m -> removeAll(m.entrySet().iterator()), Map.of()),
        way(
            "Entry.setValue",
            m -> m.entrySet().forEach(e -> e.setValue(e.getKey())),
            Map.of("a", "a", "b", "b", "c", "c")),
        way(
            "Entry.setValue in a stream",
            m ->
                m.entrySet().stream()
                    .filter(e -> e.getValue().equals(1))
                    .forEach(e -> e.setValue(9)),
            Map.of("a", 9, "b", 2, "c", 3)));
  }

  static Stream<Arguments> waysThatChangeNothing() {
    return Stream.of(
        way("putIfAbsent of a present one", m -> m.putIfAbsent("a", 9)),
        way("remove of an absent one", m -> m.remove("x")),
        way("remove of another pair", m -> m.remove("a", 2)),
        way("replace of an absent one", m -> m.replace("x", 9)),
        way("replace of another pair", m -> m.replace("a", 2, 9)),
        way("computeIfAbsent of a present one", m -> m.computeIfAbsent("a", k -> 9)),
        way("computeIfAbsent to null", m -> m.computeIfAbsent("x", k -> null)),
        way("computeIfPresent of an absent one", m -> m.computeIfPresent("x", (k, v) -> 9)),
        way("compute of an absent one to null", m -> m.compute("x", (k, v) -> null)),
        way("put null of an absent one", m -> putNull(m, "x")),
        way("keySet.remove of an absent one", m -> m.keySet().remove("x")),
        way("values.remove of an absent one", m -> m.values().remove(77)),
        way("entrySet.remove of another pair", m -> m.entrySet().remove(Map.entry("a", 2))),
        way("removeIf that nothing passes", m -> m.entrySet().removeIf(e -> false)),
        way("remove of what is no name", m -> m.remove((Object) 5)),
        way("reading", m -> m.forEach((k, v) -> m.get(k))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waysToChange")
  void wayToChangeIsSeenAtOnceAndSaved(
      String name, Consumer<Map<String, Object>> change, Map<String, Object> expected) {
    WebSession session = abc();

    change.accept(session.getAttributes());

    assertThat(session.getAttributes()).isEqualTo(expected);
    save(session);
    assertThat(session.getAttributes()).isEqualTo(expected);
    assertThat(retrieved(session.getId()).getAttributes()).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waysToChange")
  void wayToChangeDoesNotBringOtherRequestsChangesBack(
      String name, Consumer<Map<String, Object>> change, Map<String, Object> expected) {
    WebSession session = abc();
    WebSession other = retrieved(session.getId());
    other.getAttributes().put("other", true);
    save(other);

    change.accept(session.getAttributes());
    save(session);

    Map<String, Object> both = new HashMap<>(expected);
    both.put("other", true);
    assertThat(retrieved(session.getId()).getAttributes()).isEqualTo(both);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waysThatChangeNothing")
  void wayThatChangesNothingSendsNothing(String name, Consumer<Map<String, Object>> noChange) {
    WebSession session = abc();
    sessions.calls.clear();

    noChange.accept(session.getAttributes());
    save(session);

    assertThat(sessions.calls).isEmpty();
    assertThat(session.getAttributes()).isEqualTo(Map.of("a", 1, "b", 2, "c", 3));
  }

  @Test
  void resultsAreThoseOfAMap() {
    Map<String, Object> map = abc().getAttributes();

    assertThat(map.put("a", 5)).isEqualTo(1);
    assertThat(map.putIfAbsent("a", 6)).isEqualTo(5);
    assertThat(map.putIfAbsent("x", 6)).isNull();
    assertThat(map.replace("b", 7)).isEqualTo(2);
    assertThat(map.remove("b")).isEqualTo(7);
    assertThat(map.remove("b")).isNull();
    assertThat(map.getOrDefault("b", 8)).isEqualTo(8);
    assertThat(map.computeIfAbsent("y", k -> 9)).isEqualTo(9);
    assertThat(map.merge("y", 1, (v, w) -> 10)).isEqualTo(10);
    assertThat(map.compute("y", (k, v) -> null)).isNull();
    assertThat(map.keySet().remove("c")).isTrue();
    assertThat(map.keySet().remove("c")).isFalse();
    assertThat(map).isEqualTo(Map.of("a", 5, "x", 6));
  }

  @Test
  void mapEqualsOthersWithTheSameEntriesAndHasTheirHashCode() {
    Map<String, Object> map = abc().getAttributes();
    Map<String, Object> same = Map.of("a", 1, "b", 2, "c", 3);

    assertThat(map.equals(same)).isTrue();
    assertThat(same.equals(map)).isTrue();
    assertThat(map).hasSameHashCodeAs(same);
    assertThat(map.keySet()).isEqualTo(same.keySet());
    assertThat(map.entrySet()).isEqualTo(same.entrySet());
  }

  @Test
  void containsLooksAtTheArgument() {
    Map<String, Object> map = abc().getAttributes();

    assertThat(map.containsKey("a")).isTrue();
    assertThat(map.containsKey("x")).isFalse();
    assertThat(map.containsKey((Object) 1)).isFalse();
    assertThat(map.containsValue(3)).isTrue();
    assertThat(map.containsValue(4)).isFalse();
    assertThat(map.entrySet()).contains(Map.entry("a", 1)).doesNotContain(Map.entry("a", 2));
  }

  @Test
  void removedAttributeIsNowhereToBeSeen() {
    Map<String, Object> map = abc().getAttributes();

    map.remove("a");

    assertThat(map.get("a")).isNull();
    assertThat(map.containsKey("a")).isFalse();
    assertThat(map.size()).isEqualTo(2);
    assertThat(map.keySet()).containsExactlyInAnyOrder("b", "c");
    assertThat(map.values()).containsExactlyInAnyOrder(2, 3);
  }

  @Test
  void viewsAreLive() {
    Map<String, Object> map = abc().getAttributes();
    Set<String> names = map.keySet();

    map.put("d", 4);

    assertThat(names).containsExactlyInAnyOrder("a", "b", "c", "d");
  }

  @Test
  @SuppressWarnings("ModifyCollectionInEnhancedForLoop") // as one may with concurrent maps
  void iterationGoesOnWhileTheMapIsChanged() {
    Map<String, Object> map = abc().getAttributes();

    for (String name : map.keySet()) {
      map.remove(name);
      map.put(name + name, 1);
      if (map.size() > 10) {
        break;
      }
    }

    assertThat(map).doesNotContainKeys("a", "b", "c");
  }

  @Test
  void iteratorEndsAsIteratorsDo() {
    Iterator<String> names = abc().getAttributes().keySet().iterator();
    assertThatThrownBy(names::remove).isInstanceOf(IllegalStateException.class);
    names.next();
    names.next();
    names.next();

    assertThat(names.hasNext()).isFalse();
    assertThatThrownBy(names::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void nullKeysAreRefused() {
    Map<String, Object> map = abc().getAttributes();

    assertThatThrownBy(() -> map.get(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> map.containsKey(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> map.remove(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> map.put(null, 1)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void failingFunctionChangesNothing() {
    WebSession session = abc();
    Map<String, Object> map = session.getAttributes();

    assertThatThrownBy(
            () ->
                map.compute(
                    "a",
                    (k, v) -> {
                      throw new UnsupportedOperationException();
                    }))
        .isInstanceOf(UnsupportedOperationException.class);

    assertThat(map).containsEntry("a", 1);
  }

  @Test
  void mapIsConcurrent() {
    assertThat(abc().getAttributes()).isInstanceOf(ConcurrentMap.class);
  }

  @Test
  void threadsThatCountTogetherLoseNoStep() {
    WebSession session = abc();
    Map<String, Object> map = session.getAttributes();

    inParallel(8, thread -> repeat(500, i -> map.merge("a", 1, (v, w) -> (int) v + (int) w)));
    save(session);

    assertThat(retrieved(session.getId()).<Integer>getAttribute("a")).isEqualTo(4001);
  }

  @Test
  void changesByManyThreadsWhileSavesAreUnderWayAreAllKept() {
    WebSession session = abc();
    Map<String, Object> map = session.getAttributes();

    inParallel(
        8,
        thread ->
            repeat(
                100,
                i -> {
                  map.put("t" + thread + "-" + i, i);
                  if (i % 10 == 0) {
                    session.save().block();
                  }
                  if (i % 3 == 0) {
                    map.remove("t" + thread + "-" + i);
                  }
                }));
    save(session);

    Set<String> expected =
        Stream.concat(
                Stream.of("a", "b", "c"),
                Flux.range(0, 8)
                    .flatMap(
                        t -> Flux.range(0, 100).filter(i -> i % 3 != 0).map(i -> "t" + t + "-" + i))
                    .toStream())
            .collect(Collectors.toSet());
    assertThat(retrieved(session.getId()).getAttributes().keySet()).isEqualTo(expected);
  }

  private static void repeat(int times, Consumer<Integer> step) {
    for (int i = 0; i < times; i++) {
      step.accept(i);
    }
  }

  private static void inParallel(int threads, Consumer<Integer> work) {
    var start = new CountDownLatch(threads);
    Flux.range(0, threads)
        .flatMap(
            thread ->
                Mono.fromRunnable(
                        () -> {
                          start.countDown();
                          try {
                            start.await();
                          } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                          }
                          work.accept(thread);
                        })
                    .subscribeOn(Schedulers.boundedElastic()),
            threads)
        .blockLast();
  }

  private static void removeAll(Iterator<?> iterator) {
    while (iterator.hasNext()) {
      iterator.next();
      iterator.remove();
    }
  }

  @SuppressWarnings("NullAway") // the point of it
  private static void putNull(Map<String, Object> map, String name) {
    map.put(name, null);
  }

  private static Arguments way(
      String name, Consumer<Map<String, Object>> change, Map<String, Object> expected) {
    return arguments(name, change, expected);
  }

  private static Arguments way(String name, Consumer<Map<String, Object>> noChange) {
    return arguments(name, noChange);
  }

  /** A retrieved session, none of whose attributes was read yet. */
  private WebSession abc() {
    WebSession session = Objects.requireNonNull(store.createWebSession().block());
    session.getAttributes().putAll(Map.of("a", 1, "b", 2, "c", 3));
    save(session);
    return retrieved(session.getId());
  }

  private WebSession retrieved(String id) {
    return Objects.requireNonNull(store.retrieveSession(id).block());
  }

  private static void save(WebSession session) {
    StepVerifier.create(session.save()).verifyComplete();
  }
}
