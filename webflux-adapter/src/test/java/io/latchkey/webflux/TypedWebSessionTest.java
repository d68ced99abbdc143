package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.SessionStore;
import io.latchkey.UnreadablePolicy;
import io.latchkey.memory.MemorySessionStore;
import io.latchkey.tck.Signals;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/** Attributes of an application's classes: they come back as such, and may be changed in place. */
@ParameterizedClass
@EnumSource
class TypedWebSessionTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final String HERE = "io.latchkey.webflux.TypedWebSessionTest";

  /** A bean. */
  public static class Cart {
    private List<Item> items = new ArrayList<>();
    private Set<String> tags = new HashSet<>();

    public List<Item> getItems() {
      return items;
    }

    public void setItems(List<Item> items) {
      this.items = items;
    }

    public Set<String> getTags() {
      return tags;
    }

    public void setTags(Set<String> tags) {
      this.tags = tags;
    }

    Cart with(String name) {
      items.add(new Item(name, new BigDecimal("1.10")));
      return this;
    }
  }

  record Item(String name, BigDecimal price) {}

  record Node(String name, List<Object> more) {}

  record Unlisted(String name) {}

  private final TestSessions.Kind kind;
  private final SessionStore sessions;
  private final List<AutoCloseable> stores = new ArrayList<>();

  TypedWebSessionTest(TestSessions.Kind kind) {
    this.kind = kind;
    this.sessions = store(UnreadablePolicy.ABSENT, HERE + "$Cart", HERE + "$Item", HERE + "$Node");
  }

  private SessionStore store(UnreadablePolicy unreadable, String... allowed) {
    if (kind == TestSessions.Kind.MEMORY) {
      return MemorySessionStore.builder().unreadableAttributes(unreadable).allow(allowed).build();
    }
    ValkeySessionStore store =
        ValkeySessionStore.builder(SERVER.uri())
            .namespace(SERVER.namespace())
            .layout(kind == TestSessions.Kind.HASH ? Layout.HASH : Layout.STRING)
            .unreadableAttributes(unreadable)
            .allow(allowed)
            .build();
    stores.add(store);
    return store;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable store : stores) {
      store.close();
    }
  }

  @Test
  void valueComesBackAsItsClass() {
    Map<Object, Object> byNumber = new HashMap<>(Map.of(1L, new Item("a", BigDecimal.ONE)));
    String id = saved(Map.of("cart", new Cart().with("tea"), "n", 5L, "map", byNumber));
    WebSession session = retrieved(id);
    assertThat(this.<Cart>attribute(session, "cart").getItems())
        .containsExactly(new Item("tea", new BigDecimal("1.10")));
    assertThat(session.<Object>getAttribute("n")).isEqualTo(5L);
    assertThat(session.<Object>getAttribute("map")).isEqualTo(byNumber).hasSameClassAs(byNumber);
  }

  @Test
  void objectThatIsChangedInPlaceIsSaved() {
    String id = saved(Map.of("cart", new Cart().with("tea")));
    WebSession session = retrieved(id);
    this.<Cart>attribute(session, "cart").with("milk");
    save(session);
    assertThat(names(retrieved(id))).containsExactly("tea", "milk");
  }

  @Test
  void objectThatIsChangedInPlaceAfterASaveOfTheSameRequestIsSavedToo() {
    WebSession session = created();
    Cart cart = new Cart().with("tea");
    session.getAttributes().put("cart", cart);
    save(session);
    cart.with("milk");
    save(session);
    assertThat(names(retrieved(session.getId()))).containsExactly("tea", "milk");
    this.<Cart>attribute(session, "cart").with("sugar");
    save(session);
    assertThat(names(retrieved(session.getId()))).containsExactly("tea", "milk", "sugar");
  }

  @Test
  void valueFoundThroughAnyViewMayBeChangedInPlace() {
    String id = saved(Map.of("a", new Cart(), "b", new Cart(), "c", new Cart(), "d", new Cart()));
    WebSession session = retrieved(id);
    Map<String, Object> attributes = session.getAttributes();
    attributes.values().forEach(cart -> ((Cart) cart).with("values"));
    save(session);
    session = retrieved(id);
    session.getAttributes().entrySet().forEach(e -> ((Cart) e.getValue()).with("entries"));
    save(session);
    session = retrieved(id);
    session.getAttributes().computeIfAbsent("a", name -> new Cart());
    ((Cart) Objects.requireNonNull(session.getAttributes().get("a"))).with("get");
    ((Cart) session.getAttributes().getOrDefault("b", "none")).with("getOrDefault");
    ((Cart) Objects.requireNonNull(session.getAttributes().putIfAbsent("c", 1))).with("put");
    save(session);
    assertThat(names(retrieved(id), "a")).containsExactly("values", "entries", "get");
    assertThat(names(retrieved(id), "b")).containsExactly("values", "entries", "getOrDefault");
    assertThat(names(retrieved(id), "c")).containsExactly("values", "entries", "put");
    assertThat(names(retrieved(id), "d")).containsExactly("values", "entries");
  }

  @Test
  void pureReadNeverWrites() {
    Cart cart = new Cart().with("tea");
    // An order that the set will not have when it is read.
    Set<String> tags = new LinkedHashSet<>();
    IntStream.range(0, 40).forEach(i -> tags.add("tag" + (i * 7 % 40)));
    cart.setTags(tags);
    Map<String, Object> map = new LinkedHashMap<>();
    IntStream.range(0, 40).forEach(i -> map.put("key" + (i * 7 % 40), new HashSet<>(tags)));
    String id = saved(Map.of("cart", cart, "map", new HashMap<>(map), "set", new HashSet<>(tags)));
    CountingStore counting = new CountingStore(sessions);
    WebSession session =
        value(new LatchkeyWebSessionStore(counting, Clock.systemUTC()).retrieveSession(id));
    session.getAttributes().forEach((name, value) -> assertThat(value).isNotNull());
    this.<Cart>attribute(session, "cart").setTags(new HashSet<>(new TreeSet<>(tags)));
    save(session);
    assertThat(counting.saves).isZero();
  }

  @Test
  void withoutTheOptionWhatIsChangedInPlaceIsNotSaved() {
    String id = saved(Map.of("cart", new Cart().with("tea")));
    Session session = value(sessions.get(id));
    WebSession web =
        new LatchkeyWebSession(
            sessions, Clock.systemUTC(), session, true, false, RequestThread.UNKNOWN);
    this.<Cart>attribute(web, "cart").with("milk");
    save(web);
    assertThat(names(retrieved(id))).containsExactly("tea");
    web.getAttributes().put("cart", new Cart().with("milk"));
    save(web);
    assertThat(names(retrieved(id))).containsExactly("milk");
  }

  @Test
  void objectThatHoldsItselfIsAnErrorWhenItIsSaved() {
    String id = saved(Map.of("node", new Node("a", new ArrayList<>()), "n", 1));
    WebSession session = retrieved(id);
    Node node = this.attribute(session, "node");
    node.more().add(node);
    SessionAttributeException error = saveError(session);
    assertThat(error).hasMessageContainingAll("'node'", Node.class.getName());
    node.more().clear();
    session.getAttributes().put("n", 2);
    save(session);
    assertThat(retrieved(id).<Object>getAttribute("n")).isEqualTo(2);
  }

  @Test
  void classThatIsNotAllowedIsAnErrorWhenItIsSaved() {
    WebSession session = created();
    session.getAttributes().put("kept", 1);
    session.getAttributes().put("new", List.of(new Unlisted("x")));
    SessionAttributeException error = saveError(session);
    assertThat(error)
        .hasMessageContainingAll("'new'", HERE + "$Unlisted", "allow(\"io.latchkey.webflux\")");
    session.getAttributes().remove("new");
    save(session);
    assertThat(retrieved(session.getId()).getAttributes()).isEqualTo(Map.of("kept", 1));
  }

  @Test
  void classThatIsNotAllowedIsAnErrorAlsoWhereTheStoreHasNoOptions() {
    LatchkeyWebSessionStore web = new LatchkeyWebSessionStore(MemorySessionStore.create());
    WebSession session = value(web.createWebSession());
    session.getAttributes().put("new", new Unlisted("x"));
    assertThat(saveError(session)).hasMessageContaining("Unlisted");
  }

  @Test
  void attributeThatCannotBeReadIsAbsentInEveryWay() {
    assumeShared();
    String id = saved(Map.of("node", new Node("a", List.of()), "n", 1));
    WebSession session = narrow(UnreadablePolicy.ABSENT, id);
    Map<String, Object> attributes = session.getAttributes();
    assertThat(attributes).isEqualTo(Map.of("n", 1)).hasSize(1).doesNotContainKey("node");
    assertThat(attributes.hashCode()).isEqualTo(Map.of("n", 1).hashCode());
    assertThat(attributes.keySet()).containsExactly("n");
    assertThat(attributes.values()).containsExactly(1);
    assertThat(attributes.get("node")).isNull();
    assertThat(attributes.containsValue(1)).isTrue();
    assertThat(attributes.replace("node", 2)).isNull();
    assertThat(attributes.computeIfPresent("node", (name, value) -> 2)).isNull();
    session.getAttributes().put("n", 2);
    save(session);
    assertThat(retrieved(id).<Object>getAttribute("node")).isEqualTo(new Node("a", List.of()));
    assertThat(retrieved(id).<Object>getAttribute("n")).isEqualTo(2);
  }

  @Test
  void attributeThatCannotBeReadCanBeReplacedAndRemoved() {
    assumeShared();
    Node node = new Node("a", List.of());
    String id = saved(Map.of("a", node, "b", node, "c", node, "d", node, "e", node));
    WebSession session = narrow(UnreadablePolicy.ABSENT, id);
    assertThat(session.getAttributes().put("a", 1)).isNull();
    assertThat(session.getAttributes().remove("b")).isNull();
    assertThat(session.getAttributes().computeIfAbsent("c", name -> 3)).isEqualTo(3);
    assertThat(session.getAttributes().putIfAbsent("d", 4)).isNull();
    save(session);
    assertThat(retrieved(id).getAttributes()).isEqualTo(Map.of("a", 1, "c", 3, "d", 4, "e", node));
    session = narrow(UnreadablePolicy.ABSENT, id);
    session.getAttributes().clear();
    save(session);
    assertThat(retrieved(id).getAttributes()).isEmpty();
  }

  @Test
  void attributeThatCannotBeReadIsAnErrorIfTheOptionsSaySo() {
    assumeShared();
    String id = saved(Map.of("node", new Node("a", List.of()), "n", 1));
    WebSession session = narrow(UnreadablePolicy.FAIL, id);
    assertThat(session.getAttributes()).hasSize(2).containsKey("node");
    assertThatThrownBy(() -> session.getAttribute("node"))
        .isInstanceOf(SessionAttributeException.class);
    assertThat(session.<Object>getAttribute("n")).isEqualTo(1);
    session.getAttributes().put("node", "new");
    save(session);
    assertThat(retrieved(id).<Object>getAttribute("node")).isEqualTo("new");
  }

  @Test
  void sessionsOfAnotherStoreWork() {
    LatchkeyWebSessionStore web = new LatchkeyWebSessionStore(new ForeignStore(sessions));
    WebSession session = value(web.createWebSession());
    session.getAttributes().put("cart", new Cart().with("tea"));
    session.getAttributes().put("n", 5L);
    save(session);
    WebSession next = value(web.retrieveSession(session.getId()));
    assertThat(names(next)).containsExactly("tea");
    next.getAttributes().put("n", 6L);
    save(next);
    assertThat(retrieved(session.getId()).<Object>getAttribute("n")).isEqualTo(6L);
  }

  /** Nobody knows how often it wants to be. */
  @Test
  void anotherStoreIsToldOfEachAccessOfASessionThatIsHeld() {
    ForeignStore foreign = new ForeignStore(sessions);
    LatchkeyWebSessionStore web = new LatchkeyWebSessionStore(foreign);
    WebSession session = value(web.createWebSession());
    session.start();
    save(session);

    value(web.updateLastAccessTime(session));
    value(web.updateLastAccessTime(session));

    assertThat(foreign.touches).isEqualTo(2);
  }

  /** Somebody else's store, whose sessions are not ours. */
  private static final class ForeignStore extends ForwardingStore {
    int touches;

    ForeignStore(SessionStore store) {
      super(store);
    }

    @Override
    public Session newSession() {
      return foreign(super.newSession());
    }

    @Override
    public Mono<Session> get(String id) {
      return super.get(id).map(ForeignStore::foreign);
    }

    @Override
    public Mono<Session> save(Session session) {
      Ours ours = (Ours) Proxy.getInvocationHandler(session);
      return super.save(ours.session).map(ForeignStore::foreign);
    }

    @Override
    public Mono<Boolean> touch(Session session) {
      touches++;
      return super.touch(((Ours) Proxy.getInvocationHandler(session)).session);
    }

    private static Session foreign(Session session) {
      return (Session)
          Proxy.newProxyInstance(
              Session.class.getClassLoader(), new Class<?>[] {Session.class}, new Ours(session));
    }

    private record Ours(Session session) implements InvocationHandler {
      @Override
      public @Nullable Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
        Object result = method.invoke(session, args);
        return result instanceof Session ? proxy : result;
      }
    }
  }

  /** Counts the saves. */
  private static final class CountingStore extends ForwardingStore {
    int saves;

    CountingStore(SessionStore store) {
      super(store);
    }

    @Override
    public Mono<Session> save(Session session) {
      saves++;
      return super.save(session);
    }
  }

  private void assumeShared() {
    assumeTrue(kind != TestSessions.Kind.MEMORY, "two stores share no memory");
  }

  private WebSession narrow(UnreadablePolicy policy, String id) {
    return value(new LatchkeyWebSessionStore(store(policy, "shop")).retrieveSession(id));
  }

  private WebSession created() {
    return value(new LatchkeyWebSessionStore(sessions).createWebSession());
  }

  private String saved(Map<String, Object> attributes) {
    WebSession session = created();
    session.getAttributes().putAll(attributes);
    save(session);
    return session.getId();
  }

  private WebSession retrieved(String id) {
    return value(new LatchkeyWebSessionStore(sessions).retrieveSession(id));
  }

  private static void save(WebSession session) {
    Signals.assertEmpty(session.save());
  }

  private static SessionAttributeException saveError(WebSession session) {
    return Signals.error(session.save(), SessionAttributeException.class);
  }

  private static <T> T value(Mono<T> mono) {
    return Signals.value(mono);
  }

  @SuppressWarnings("TypeParameterUnusedInFormals") // as in WebSession
  private <T> T attribute(WebSession session, String name) {
    return Objects.requireNonNull(session.<T>getAttribute(name));
  }

  private List<String> names(WebSession session) {
    return names(session, "cart");
  }

  private List<String> names(WebSession session, String attribute) {
    return this.<Cart>attribute(session, attribute).getItems().stream().map(Item::name).toList();
  }
}
