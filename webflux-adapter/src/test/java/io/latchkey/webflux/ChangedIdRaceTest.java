package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.testing.Visitor;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/**
 * Two requests of one visitor, on two servers: one saves under the id that the other is changing.
 * The command of the one is kept back on its way to Valkey until the other request is answered.
 */
@ParameterizedClass
@CsvSource({"STRING, PT0S", "STRING, PT1M", "HASH, PT0S", "HASH, PT1M"})
class ChangedIdRaceTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final Duration PATIENCE = TestServer.PATIENCE;
  private static final Duration AGE = Duration.ofMinutes(10);

  private final Layout layout;
  private final Duration grace;
  private final TestSessions.MovableClock clock = new TestSessions.MovableClock();
  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final ValkeySessionStore slow;
  private final ValkeySessionStore fast;
  private final TestServer slowServer;
  private final TestServer fastServer;

  /** The grace is that of the store's rotations, and that of renewals. */
  ChangedIdRaceTest(Layout layout, Duration grace) {
    this.layout = layout;
    this.grace = grace;
    slow = store(proxy.uri());
    fast = store(SERVER.uri());
    slowServer = server(slow);
    fastServer = server(fast);
  }

  @AfterEach
  void stop() {
    slowServer.close();
    fastServer.close();
    slow.close();
    fast.close();
    proxy.close();
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
  }

  @Test
  void lateSaveAfterASignInIsAnErrorWhateverTheGraceAndTheOldIdIsDead() {
    Visitor visitor = new Visitor("SESSION", fastServer.port());
    visitor.page("/set/user/ada");
    String old = Objects.requireNonNull(visitor.id());

    RecordingProxy.Fault save = keepBack();
    var late = new Visitor("SESSION", slowServer.port()).with(old).getLater("/set/cart/tea");
    save.awaitStruck();
    visitor.page("/sign-in/grace");
    save.release();

    assertThat(late.join().statusCode()).isEqualTo(500);
    assertThat(visitor.page("/look")).isEqualTo("{user=grace}");
    assertThat(visitor.with(old).page("/look")).isEqualTo("{}");
    assertThat(SERVER.keys()).hasSize(1);
  }

  @Test
  void signInAfterTheOthersSaveTakesItAlongAndTheOldIdIsDead() {
    Visitor visitor = new Visitor("SESSION", fastServer.port());
    visitor.page("/set/user/ada");
    String old = Objects.requireNonNull(visitor.id());

    RecordingProxy.Fault rotation = keepBack();
    Visitor signingIn = new Visitor("SESSION", slowServer.port()).with(old);
    CompletableFuture<HttpResponse<String>> late = signingIn.getLater("/sign-in/grace");
    rotation.awaitStruck();
    visitor.page("/set/cart/tea");
    rotation.release();

    assertThat(late.join().statusCode()).isEqualTo(200);
    assertThat(signingIn.id()).isNotEqualTo(old);
    assertThat(signingIn.page("/look")).isEqualTo("{cart=tea, user=grace}");
    assertThat(visitor.with(old).page("/look")).isEqualTo("{}");
    assertThat(SERVER.keys()).hasSize(1);
  }

  /** Which leaves the session what it was, so those who are under way may have the grace. */
  @Test
  void lateSaveAfterARenewalIsKeptInTheGraceAndAnErrorWithoutOne() {
    Visitor visitor = new Visitor("SESSION", fastServer.port());
    visitor.page("/set/user/ada");
    String old = Objects.requireNonNull(visitor.id());

    RecordingProxy.Fault save = keepBack();
    var late = new Visitor("SESSION", slowServer.port()).with(old).getLater("/set/cart/tea");
    save.awaitStruck();
    clock.advance(AGE);
    visitor.page("/look");
    save.release();

    assertThat(visitor.id()).isNotEqualTo(old);
    assertThat(late.join().statusCode()).isEqualTo(grace.isZero() ? 500 : 200);
    assertThat(visitor.page("/look"))
        .isEqualTo(grace.isZero() ? "{user=ada}" : "{cart=tea, user=ada}");
    assertThat(visitor.with(old).page("/look"))
        .isEqualTo(grace.isZero() ? "{}" : "{cart=tea, user=ada}");
  }

  @Test
  void renewalAfterTheOthersSaveTakesItAlong() {
    Visitor visitor = new Visitor("SESSION", fastServer.port());
    visitor.page("/set/user/ada");
    String old = Objects.requireNonNull(visitor.id());
    clock.advance(AGE);

    RecordingProxy.Fault renewal = keepBack();
    Visitor renewed = new Visitor("SESSION", slowServer.port()).with(old);
    CompletableFuture<HttpResponse<String>> late = renewed.getLater("/look");
    renewal.awaitStruck();
    // Not by a server: that would renew the id itself.
    fast.get(old).flatMap(session -> fast.save(session.set("cart", "tea"))).block(PATIENCE);
    renewal.release();

    assertThat(late.join().statusCode()).isEqualTo(200);
    assertThat(renewed.id()).isNotEqualTo(old);
    assertThat(renewed.page("/look")).isEqualTo("{cart=tea, user=ada}");
    assertThat(visitor.with(old).page("/look"))
        .isEqualTo(grace.isZero() ? "{}" : "{cart=tea, user=ada}");
  }

  /** The next script that the slow server sends: all that changes a session is one. */
  private RecordingProxy.Fault keepBack() {
    return proxy.holdRequest(command -> command.name().startsWith("EVAL"));
  }

  private ValkeySessionStore store(String uri) {
    return ValkeySessionStore.builder(uri)
        .namespace(SERVER.namespace())
        .layout(layout)
        .rotationGrace(grace)
        .clock(clock)
        .build();
  }

  private TestServer server(ValkeySessionStore store) {
    return TestServer.of(
        LatchkeyWebSessionStore.builder(store)
            .clock(clock)
            .renewAfter(AGE)
            .renewalGrace(grace)
            .build(),
        ChangedIdRaceTest::handle);
  }

  private static Mono<Void> handle(ServerWebExchange exchange) {
    return exchange.getSession().flatMap(session -> handle(exchange, session));
  }

  /** Answers with the attributes. */
  private static Mono<Void> handle(ServerWebExchange exchange, WebSession session) {
    String[] path = exchange.getRequest().getPath().value().split("/", -1);
    var attributes = session.getAttributes();
    Mono<Void> work =
        switch (path[1]) {
          case "set" -> Mono.fromRunnable(() -> attributes.put(path[2], path[3]));
          case "sign-in" -> {
            attributes.put("user", path[2]);
            yield session.changeSessionId();
          }
          default -> Mono.empty();
        };
    return work.then(
        Mono.defer(() -> TestServer.write(exchange, new TreeMap<>(attributes).toString())));
  }
}
