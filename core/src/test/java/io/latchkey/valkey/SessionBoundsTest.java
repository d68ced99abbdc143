package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.SessionStore;
import io.latchkey.SessionTooLargeException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.ExactSession;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** A session that is too large is stopped here, and one that is stored already may shrink. */
class SessionBoundsTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final List<ValkeySessionStore> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(ValkeySessionStore::close);
  }

  private SessionStore store(Layout layout, Consumer<ValkeySessionStore.Builder> options) {
    ValkeySessionStore.Builder builder =
        ValkeySessionStore.builder(SERVER.uri()).namespace(SERVER.namespace()).layout(layout);
    options.accept(builder);
    ValkeySessionStore store = builder.build();
    opened.add(store);
    return store;
  }

  /** 100 bytes for all, 60 for each, 3 of them. */
  private SessionStore small(Layout layout) {
    return store(layout, b -> b.maxSessionSize(100).maxAttributeSize(60).maxAttributes(3));
  }

  private SessionStore large(Layout layout) {
    return store(layout, b -> {});
  }

  /** An attribute of a name of one letter, three bytes as JSON, that has so many bytes in all. */
  private static String of(int bytes) {
    return "x".repeat(bytes - 5);
  }

  private static SessionTooLargeException tooLarge(Mono<?> call) {
    Throwable error = error(call);
    assertThat(error).isInstanceOf(SessionTooLargeException.class);
    return (SessionTooLargeException) error;
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void whatIsJustWithinTheBoundsIsStored(Layout layout) {
    SessionStore store = small(layout);
    Session session = value(store.create(Map.of("a", of(60), "b", of(30), "c", of(10))));
    assertThat(value(store.get(session.id())).names()).containsOnly("a", "b", "c");
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void anAttributeOverTheLimitIsRefusedByNameAndSizeAndNothingIsSent(Layout layout) {
    SessionStore store = small(layout);
    Set<String> keys = SERVER.keys();
    SessionTooLargeException error = tooLarge(store.create(Map.of("a", of(61), "b", 1)));
    assertThat(error)
        .hasMessageContainingAll("'a'", "61 bytes", "maxAttributeSize", "60")
        .hasMessageNotContaining("xx");
    assertThat(error.option()).isEqualTo("maxAttributeSize");
    assertThat(error.limit()).isEqualTo(60);
    assertThat(error.size()).isEqualTo(61);
    assertThat(error.largestAttributes()).isEqualTo(Map.of("a", 61L));
    assertThat(SERVER.keys()).containsExactlyInAnyOrderElementsOf(keys);
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aSessionOverTheLimitIsRefusedByItsLargestAttributes(Layout layout) {
    SessionStore store = small(layout);
    SessionTooLargeException error =
        tooLarge(store.create(Map.of("a", of(40), "b", of(51), "c", of(10))));
    assertThat(error)
        .hasMessageContainingAll(
            "101 bytes", "maxSessionSize", "100", "'b' 51 bytes, 'a' 40 bytes");
    assertThat(error.option()).isEqualTo("maxSessionSize");
    assertThat(error.largestAttributes().keySet()).containsExactly("b", "a", "c");
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aSessionOfTooManyAttributesIsRefused(Layout layout) {
    SessionStore store = small(layout);
    SessionTooLargeException error = tooLarge(store.create(Map.of("a", 1, "b", 2, "c", 3, "d", 4)));
    assertThat(error).hasMessageContainingAll("4 attributes", "maxAttributes", "3");
    assertThat(error.size()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void everyCallThatSavesRefusesIt(Layout layout) {
    SessionStore store = small(layout);
    Session session = value(store.create(Map.of("a", 1)));
    session.set("a", of(61));
    tooLarge(store.save(session));
    tooLarge(store.rotateId(session));
    tooLarge(store.rotateId(session, Duration.ofSeconds(1)));
    tooLarge(store.update(session.id(), s -> Mono.just(s.set("b", of(61)))));
    tooLarge(store.save(store.newSession().set("b", of(61))));
    Session stored = value(store.get(session.id()));
    assertThat(stored.get("a", Integer.class)).contains(1);
    // It can be put right, and saved.
    value(store.save(session.set("a", 2)));
    assertThat(value(store.get(session.id())).get("a", Integer.class)).contains(2);
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void whatIsStoredOverALowerLimitIsReadAndMayShrinkButNotGrow(Layout layout) {
    Session stored =
        value(large(layout).create(Map.of("a", of(200), "b", of(90), "c", 1, "d", 2, "e", 3)));
    SessionStore store = small(layout);
    Session session = value(store.get(stored.id()));
    assertThat(session.get("a", String.class)).contains(of(200));

    // Each bound by itself: the attribute, their number, the session.
    assertThat(tooLarge(store.save(session.set("a", of(201)))).option())
        .isEqualTo("maxAttributeSize");
    session.set("a", of(200));
    assertThat(tooLarge(store.save(session.set("f", 1))).option()).isEqualTo("maxAttributes");
    session.remove("f");
    assertThat(tooLarge(store.save(session.set("c", 111))).option()).isEqualTo("maxSessionSize");

    session.set("c", 5);
    value(store.save(session.set("a", of(150))));
    value(store.save(session.set("b", of(91 - 1))));
    value(store.save(session.remove("d")));
    session = value(store.get(stored.id()));
    assertThat(session.get("a", String.class)).contains(of(150));
    assertThat(session.names()).containsOnly("a", "b", "c", "e");
    assertThat(tooLarge(store.save(session.set("a", of(151)))).limit()).isEqualTo(60);
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aSessionOverALowerLimitIsTouchedRotatedAndDeletedAsEver(Layout layout) {
    Session stored = value(large(layout).create(Map.of("a", of(200))));
    SessionStore store = small(layout);
    Session session = value(store.get(stored.id()));
    assertThat(value(store.touch(session))).isTrue();
    value(store.save(session.idleTimeout(Duration.ofHours(1))));
    Session rotated = value(store.rotateId(session));
    assertThat(rotated.get("a", String.class)).contains(of(200));
    assertThat(value(store.delete(rotated.id()))).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aMergeIsHeldAgainstWhatTheOtherSaved(Layout layout) {
    SessionStore store = store(layout, b -> b.maxSessionSize(100).conflicts(ConflictPolicy.MERGE));
    String id = value(store.create(Map.of("a", of(10)))).id();
    Session one = value(store.get(id));
    Session other = value(store.get(id));
    value(store.save(one.set("b", of(80))));
    SessionTooLargeException error = tooLarge(store.save(other.set("c", of(11))));
    assertThat(error.size()).isEqualTo(101);
    assertThat(value(store.get(id)).names()).containsOnly("a", "b");
    value(store.save(other.set("c", of(10))));
    assertThat(value(store.get(id)).names()).containsOnly("a", "b", "c");
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void changesInPlaceAreHeldAgainstTheSameBounds(Layout layout) {
    SessionStore store = small(layout);
    Session session = value(store.create(Map.of("a", 1)));
    ExactSession exact = (ExactSession) value(store.get(session.id()));
    Object form = exact.setExactly("a", of(60));
    assertThat(exact.isUnchanged("a", of(10_000), form)).isFalse();
    assertThat(
            error(
                Mono.fromRunnable(() -> exact.setExactly("a", of(61)))
                    .then(Mono.defer(() -> store.save(exact)))))
        .isInstanceOf(SessionTooLargeException.class);
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void namesAreCountedAsTheyAreStored(Layout layout) {
    SessionStore store = store(layout, b -> b.maxSessionSize(100));
    for (String name : List.of("\u00e4", "\u20ac", "\ud83d\ude00", "\"", "\\", "\n", "\u0001")) {
      int length = new AttributeCodec().encodeName(name).length();
      value(store.create(Map.of(name, "x".repeat(100 - length - 2))));
      assertThat(tooLarge(store.create(Map.of(name, "x".repeat(101 - length - 2)))).size())
          .isEqualTo(101);
    }
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void controlCharactersOfANameAreEscapedInTheMessage(Layout layout) {
    SessionStore store = small(layout);
    String name = "a\r\nWARN b\u202e\u2028" + "n".repeat(200);
    SessionTooLargeException error = tooLarge(store.create(Map.of(name, 1)));
    assertThat(error)
        .hasMessageContaining("'a\\u000d\\u000aWARN b\\u202e\\u2028nnn")
        .hasMessageContaining("nnn...'")
        .hasMessageNotContaining("n".repeat(100));
    assertThat(error.largestAttributes()).containsOnlyKeys(name);
  }

  /** What it would be as JSON does not fit into the memory of this test. */
  @ParameterizedTest
  @EnumSource(Layout.class)
  void aValueThatIsFarTooLargeIsNotEncodedToItsEnd(Layout layout) {
    List<String> endless =
        new AbstractList<>() {
          private final String part = "x".repeat(1_000_000);

          @Override
          public String get(int index) {
            return part;
          }

          @Override
          public int size() {
            return Integer.MAX_VALUE;
          }
        };
    SessionTooLargeException error = tooLarge(large(layout).create(Map.of("a", endless)));
    assertThat(error).hasMessageContaining("more than ");
    assertThat(error.size()).isBetween(64L << 20, 66L << 20);
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aValueThatIsNestedTooDeepIsRefused(Layout layout) {
    Object deep = "x";
    for (int i = 0; i < 100_000; i++) {
      deep = List.of(deep);
    }
    assertThat(error(large(layout).create(Map.of("a", deep))))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContainingAll("'a'", "100 deep");
    Map<String, Object> cycle = new HashMap<>();
    cycle.put("itself", cycle);
    assertThat(error(large(layout).create(Map.of("a", cycle))))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContainingAll("'a'", "contains itself");
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void aSessionOfManyAttributesIsStoredWholeWhereThatIsAllowed(Layout layout) {
    SessionStore store = store(layout, b -> b.maxAttributes(20_000));
    Session session = store.newSession();
    IntStream.range(0, 20_000).forEach(i -> session.set("n" + i, i));
    value(store.save(session));
    assertThat(value(store.get(session.id())).names()).hasSize(20_000);
  }
}
