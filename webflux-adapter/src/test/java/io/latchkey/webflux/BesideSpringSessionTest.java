package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.SessionGoneException;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.provider.Arguments;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.ReactiveRedisTemplate;
import org.springframework.data.redis.serializer.JdkSerializationRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializationContext;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.data.redis.serializer.SerializationException;
import org.springframework.http.HttpCookie;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;
import org.springframework.session.web.server.session.SpringSessionWebSessionStore;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.CookieWebSessionIdResolver;
import org.springframework.web.server.session.InMemoryWebSessionStore;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.server.session.WebSessionStore;
import reactor.core.publisher.Mono;

/**
 * What docs/webflux.md says of Spring's own stores and of Spring Session, beside what it says of
 * ours: each of its rows that can be measured. Spring Framework 7.0.10, Spring Session 4.1.1 with
 * its {@code ReactiveRedisSessionRepository} as Boot 4.1.2 sets it up.
 *
 * <p>A test that fails after an update of Spring is no harm: then the page needs the update too.
 */
class BesideSpringSessionTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final LettuceConnectionFactory connections = connections();
  private final ValkeySessionStore sessions =
      ValkeySessionStore.builder(proxy.uri()).namespace(SERVER.namespace()).build();

  private final WebSessionStore memory = new InMemoryWebSessionStore();
  private final WebSessionStore spring = springSession();
  private final WebSessionStore latchkey = new LatchkeyWebSessionStore(sessions);

  private LettuceConnectionFactory connections() {
    var factory =
        new LettuceConnectionFactory(
            LettuceConnectionFactory.createRedisConfiguration(
                proxy.uri().replace("valkey:", "redis:")));
    factory.afterPropertiesSet();
    factory.start();
    return factory;
  }

  private WebSessionStore springSession() {
    // As RedisWebSessionConfiguration does it.
    RedisSerializer<String> keys = RedisSerializer.string();
    RedisSerializationContext<String, Object> context =
        RedisSerializationContext.<String, Object>newSerializationContext(
                new JdkSerializationRedisSerializer())
            .key(keys)
            .hashKey(keys)
            .build();
    var repository =
        new ReactiveRedisSessionRepository(new ReactiveRedisTemplate<>(connections, context));
    repository.setRedisKeyNamespace(SERVER.namespace());
    return new SpringSessionWebSessionStore<>(repository);
  }

  @AfterEach
  void close() {
    connections.destroy();
    sessions.close();
    proxy.close();
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
  }

  // Commands.

  @Test
  void newSession() {
    connect();

    assertThat(commandsOf(() -> stored(spring))).isEqualTo("HMSET, EXPIRE: 2");
    assertThat(commandsOf(() -> stored(latchkey))).isEqualTo("SET: 1");
  }

  @Test
  void requestThatReads() {
    String springs = stored(spring);
    String ours = stored(latchkey);

    assertThat(commandsOf(() -> request(spring, springs, session -> {})))
        .isEqualTo("HGETALL, EXISTS, HSET, EXPIRE: 4");
    assertThat(commandsOf(() -> request(latchkey, ours, session -> {}))).isEqualTo("GET: 1");
  }

  @Test
  void requestThatChangesAnAttribute() {
    String springs = stored(spring);
    String ours = stored(latchkey);
    request(latchkey, ours, session -> session.getAttributes().put("user", "known script"));

    assertThat(
            commandsOf(
                () ->
                    request(
                        spring, springs, session -> session.getAttributes().put("user", "grace"))))
        .isEqualTo("HGETALL, EXISTS, HMSET, EXPIRE: 4");
    assertThat(
            commandsOf(
                () ->
                    request(
                        latchkey, ours, session -> session.getAttributes().put("user", "grace"))))
        .isEqualTo("GET, EVALSHA: 2");
  }

  @Test
  void requestThatSignsIn() {
    String springs = stored(spring);
    String ours = stored(latchkey);
    signIn(latchkey, stored(latchkey)); // so that the server knows the script

    assertThat(commandsOf(() -> signIn(spring, springs)))
        .isEqualTo("HGETALL, EXISTS, RENAME, HMSET, EXPIRE, EXISTS: 6");
    assertThat(commandsOf(() -> signIn(latchkey, ours))).isEqualTo("GET, EVALSHA: 2");
  }

  @Test
  void requestThatSignsOut() {
    String springs = stored(spring);
    String ours = stored(latchkey);

    assertThat(commandsOf(() -> block(retrieved(spring, springs).invalidate())))
        .isEqualTo("HGETALL, DEL: 2");
    assertThat(commandsOf(() -> block(retrieved(latchkey, ours).invalidate())))
        .isEqualTo("GET, EVALSHA: 2");
  }

  @Test
  void requestWithAnUnknownId() {
    connect();

    String unknown = "3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d11";
    assertThat(commandsOf(() -> block(spring.retrieveSession(unknown))))
        .isEqualTo("HGETALL, DEL: 2");
    assertThat(commandsOf(() -> block(latchkey.retrieveSession(unknown)))).isEqualTo(": 0");
    String valid = sessions.newSession().id();
    assertThat(commandsOf(() -> block(latchkey.retrieveSession(valid)))).isEqualTo("GET: 1");
  }

  // What lies in the store.

  @Test
  void springSessionsKeyHasTheIdAndOursHasNot() {
    String springs = stored(spring);
    assertThat(SERVER.keys()).singleElement().asString().endsWith(":sessions:" + springs);
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));

    String ours = stored(latchkey);
    assertThat(SERVER.keys()).singleElement().asString().doesNotContain(ours.substring(16));
  }

  // Concurrent requests.

  @Test
  void changesOfTwoRequestsToDifferentAttributesAreBothKept() {
    for (WebSessionStore store : List.of(memory, spring, latchkey)) {
      String id = stored(store);
      WebSession one = retrieved(store, id);
      WebSession other = retrieved(store, id);

      one.getAttributes().put("user", "grace");
      other.getAttributes().put("theme", "dark");
      block(one.save());
      block(other.save());

      assertThat(retrieved(store, id).getAttributes())
          .containsEntry("user", "grace")
          .containsEntry("theme", "dark");
    }
  }

  @Test
  void lateSaveBringsSpringSessionsSessionBackAndTheVisitorGetsErrors() {
    String id = stored(spring);
    WebSession late = retrieved(spring, id);
    late.getAttributes().put("user", "mallory");
    RecordingProxy.Fault write = proxy.holdRequest(command -> command.name().equals("HMSET"));
    Mono<Void> save = late.save().cache();
    save.subscribe(nothing -> {}, error -> {});
    write.awaitStruck();

    // Signed out on another instance, between the check and the write.
    SERVER.command("DEL", SERVER.keys().iterator().next());
    write.release();
    block(save);

    assertThat(SERVER.keys()).hasSize(1);
    assertThatThrownBy(() -> retrieved(spring, id))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("creationTime");
  }

  @Test
  void lateSaveBringsNothingBackHere() {
    String id = stored(latchkey);
    request(latchkey, stored(latchkey), session -> session.getAttributes().put("known", "script"));
    SERVER.command("DEL", SERVER.keys().iterator().next());
    WebSession late = Objects.requireNonNull(latchkey.createWebSession().block(PATIENCE));
    late.getAttributes().put("user", "ada");
    block(late.save());
    late.getAttributes().put("user", "mallory");
    RecordingProxy.Fault write = proxy.holdRequest(command -> command.name().equals("EVALSHA"));
    Mono<Void> save = late.save().cache();
    save.subscribe(nothing -> {}, error -> {});
    write.awaitStruck();

    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
    write.release();

    assertThatThrownBy(() -> block(save))
        .isInstanceOf(IllegalStateException.class)
        .hasCauseInstanceOf(SessionGoneException.class);
    assertThat(SERVER.keys()).isEmpty();
    assertThat(latchkey.retrieveSession(id).blockOptional(PATIENCE)).isEmpty();
  }

  @Test
  void instanceThatEndsBetweenTwoCommandsLeavesSpringSessionsSessionForEver() {
    connect();
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
    RecordingProxy.Fault crash = proxy.cutBeforeRequest(command -> command.name().equals("EXPIRE"));
    WebSession session = Objects.requireNonNull(spring.createWebSession().block(PATIENCE));
    session.getAttributes().put("user", "ada");
    session.save().subscribe(nothing -> {}, error -> {});
    crash.awaitStruck();

    assertThat(SERVER.keys())
        .singleElement()
        .satisfies(key -> assertThat(SERVER.command("PTTL", key)).isEqualTo(-1L));
  }

  // Attributes.

  @Test
  void changeInPlaceWithoutPut() {
    assertThat(afterAChangeInPlace(memory)).containsExactly("tea", "milk");
    assertThat(afterAChangeInPlace(spring)).containsExactly("tea");
    assertThat(afterAChangeInPlace(latchkey)).containsExactly("tea", "milk");
  }

  private List<String> afterAChangeInPlace(WebSessionStore store) {
    String id = stored(store);
    request(store, id, session -> session.<List<String>>getRequiredAttribute("cart").add("milk"));
    return retrieved(store, id).getRequiredAttribute("cart");
  }

  @Test
  void waysToChangeTheMapThatAreLost() {
    assertThat(WebSessionAttributesTest.waysToChange()).hasSize(42);
    assertThat(lostWays(latchkey)).isEmpty();
    assertThat(lostWays(memory)).containsExactly("put null");
    assertThat(lostWays(spring)).hasSize(22);
  }

  private List<String> lostWays(WebSessionStore store) {
    List<String> lost = new ArrayList<>();
    for (Arguments way : WebSessionAttributesTest.waysToChange().toList()) {
      WebSession session = Objects.requireNonNull(store.createWebSession().block(PATIENCE));
      session.getAttributes().putAll(Map.of("a", 1, "b", 2, "c", 3));
      block(session.save());
      @SuppressWarnings("unchecked")
      var change = (Consumer<Map<String, Object>>) way.get()[1];
      try {
        request(store, session.getId(), changed -> change.accept(changed.getAttributes()));
      } catch (RuntimeException e) {
        lost.add((String) way.get()[0]);
        continue;
      }
      if (!Map.copyOf(retrieved(store, session.getId()).getAttributes()).equals(way.get()[2])) {
        lost.add((String) way.get()[0]);
      }
    }
    return lost;
  }

  @Test
  void attributeWhoseClassIsGoneMakesSpringSessionsRequestsFail() {
    String id = stored(spring);
    request(spring, id, session -> session.getAttributes().put("cart", new Serialized()));
    String key = SERVER.keys().iterator().next();
    // As a deployment does that moves a class: its name in the bytes leads nowhere.
    assertThat(
            SERVER.command(
                "EVAL",
                "local v = redis.call('HGET', KEYS[1], ARGV[1]) "
                    + "return redis.call('HSET', KEYS[1], ARGV[1], "
                    + "(string.gsub(v, 'Serialized', 'Abandoned_')))",
                "1",
                key,
                "sessionAttr:cart"))
        .isEqualTo(0L);

    assertThatThrownBy(() -> retrieved(spring, id)).isInstanceOf(SerializationException.class);
  }

  /** A class of the application. */
  static final class Serialized implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  // Times and ends.

  @Test
  void negativeMaxIdleTimeNeverEnds() {
    for (WebSessionStore store : List.of(spring, latchkey)) {
      String id = stored(store);
      request(store, id, session -> session.setMaxIdleTime(Duration.ofSeconds(-1)));

      assertThat(retrieved(store, id).getMaxIdleTime()).isNegative();
      assertThat(SERVER.keys().stream().map(key -> SERVER.command("PTTL", key))).containsOnly(-1L);
      SERVER.keys().forEach(key -> SERVER.command("DEL", key));
    }
  }

  @Test
  void maxIdleTimeBelowASecondEndsSpringSessionsSessionAtOnce() {
    String springs = stored(spring);
    String ours = stored(latchkey);
    request(spring, springs, session -> session.setMaxIdleTime(Duration.ofMillis(999)));
    request(latchkey, ours, session -> session.setMaxIdleTime(Duration.ofMillis(60_999)));

    assertThat(spring.retrieveSession(springs).blockOptional(PATIENCE)).isEmpty();
    assertThat(retrieved(latchkey, ours).getMaxIdleTime()).isEqualTo(Duration.ofMillis(60_999));
  }

  @Test
  void saveAfterInvalidateIsAnErrorInAll() {
    for (WebSessionStore store : List.of(memory, spring, latchkey)) {
      String id = stored(store);
      WebSession session = retrieved(store, id);
      block(session.invalidate());

      session.getAttributes().put("user", "mallory");

      assertThatThrownBy(() -> block(session.save())).isInstanceOf(IllegalStateException.class);
      assertThat(store.retrieveSession(id).blockOptional(PATIENCE)).isEmpty();
    }
  }

  @Test
  void changedIdAfterInvalidateIsAnErrorButNotInMemory() {
    for (WebSessionStore store : List.of(spring, latchkey)) {
      WebSession session = retrieved(store, stored(store));
      block(session.invalidate());

      assertThatThrownBy(() -> block(session.changeSessionId()))
          .isInstanceOf(IllegalStateException.class);
    }
    WebSession session = retrieved(memory, stored(memory));
    block(session.invalidate());
    block(session.changeSessionId());
  }

  @Test
  void attributesAreEmptyAfterInvalidateButNotInSpringSession() {
    for (WebSessionStore store : List.of(memory, spring, latchkey)) {
      WebSession session = retrieved(store, stored(store));
      block(session.invalidate());

      assertThat(session.getAttributes().isEmpty()).isEqualTo(!store.equals(spring));
    }
  }

  // The cookie.

  @Test
  void cookieOfASecureRequest() {
    assertThat(cookieOf("https", new CookieWebSessionIdResolver()))
        .isEqualTo("SESSION=id; Path=/shop/; Secure; HttpOnly; SameSite=Lax, max-age=60");
    assertThat(cookieOf("https", LatchkeyWebSessionIdResolver.withDefaults()))
        .isEqualTo("__Host-SESSION=id; Path=/; Secure; HttpOnly; SameSite=Lax, no-store");
  }

  @Test
  void cookieOfAnOpenRequest() {
    assertThat(cookieOf("http", new CookieWebSessionIdResolver()))
        .isEqualTo("SESSION=id; Path=/shop/; HttpOnly; SameSite=Lax, max-age=60");
    assertThat(cookieOf("http", LatchkeyWebSessionIdResolver.withDefaults()))
        .isEqualTo("SESSION=id; Path=/shop/; HttpOnly; SameSite=Lax, no-store");
  }

  /** With the Cache-Control that is left of the handler's. */
  private static String cookieOf(String scheme, WebSessionIdResolver resolver) {
    var exchange =
        MockServerWebExchange.from(
            MockServerHttpRequest.get(scheme + "://shop.example/shop/cart").contextPath("/shop"));
    exchange.getResponse().getHeaders().setCacheControl("max-age=60");

    resolver.setSessionId(exchange, "id");

    return exchange.getResponse().getCookies().toSingleValueMap().values().iterator().next()
        + ", "
        + exchange.getResponse().getHeaders().getCacheControl();
  }

  @Test
  void idsThatAreReadFromARequest() {
    assertThat(idsOf(new CookieWebSessionIdResolver())).hasSize(8).contains("no id!");
    assertThat(idsOf(LatchkeyWebSessionIdResolver.withDefaults()))
        .containsExactly("id0", "id1", "id2", "id3", "id4", "id5");
  }

  private static List<String> idsOf(WebSessionIdResolver resolver) {
    var request = MockServerHttpRequest.get("http://shop.example/");
    for (String id : List.of("no id!", "id0", "id0", "id1", "id2", "id3", "id4", "id5")) {
      request.cookie(new HttpCookie("SESSION", id));
    }
    return resolver.resolveSessionIds(MockServerWebExchange.from(request));
  }

  // What a request does.

  /** So that what sets connections up is not counted. */
  private void connect() {
    stored(spring);
    stored(latchkey);
  }

  private String stored(WebSessionStore store) {
    WebSession session = Objects.requireNonNull(store.createWebSession().block(PATIENCE));
    session.getAttributes().put("user", "ada");
    session.getAttributes().put("cart", new ArrayList<>(List.of("tea")));
    block(session.save());
    return session.getId();
  }

  private void request(WebSessionStore store, String id, Consumer<WebSession> handler) {
    WebSession session = retrieved(store, id);
    handler.accept(session);
    block(session.save());
  }

  /** As Spring Security does it; the response's commit saves once more. */
  private void signIn(WebSessionStore store, String id) {
    WebSession session = retrieved(store, id);
    session.getAttributes().put("user", "grace");
    block(session.changeSessionId());
    block(session.save());
  }

  private static WebSession retrieved(WebSessionStore store, String id) {
    return Objects.requireNonNull(store.retrieveSession(id).block(PATIENCE));
  }

  private static void block(Mono<?> mono) {
    mono.block(PATIENCE);
  }

  /** The names of the commands, and how many round trips they took one after another. */
  private String commandsOf(Runnable requests) {
    proxy.awaitQuiet();
    proxy.reset();
    requests.run();
    proxy.awaitQuiet();
    return String.join(", ", proxy.names()) + ": " + proxy.roundTrips();
  }
}
