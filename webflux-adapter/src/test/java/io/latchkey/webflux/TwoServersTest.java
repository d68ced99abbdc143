package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.webflux.testing.Visitor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/**
 * One visitor of an application that runs on two HTTP servers, each with a store of its own on one
 * Valkey: every request goes to the server that did not get the one before.
 */
@ParameterizedClass
@EnumSource(names = {"STRING_AND_TWO_INSTANCES", "HASH_AND_TWO_INSTANCES"})
class TwoServersTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions sessions;
  private final List<TestServer> servers;

  TwoServersTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    servers =
        sessions.webOfEachInstance(UnaryOperator.identity()).stream()
            .map(store -> TestServer.of(store, TwoServersTest::handle))
            .toList();
  }

  @AfterEach
  void stop() {
    servers.forEach(TestServer::close);
    sessions.close();
  }

  @Test
  void eachServerSeesWhatTheOtherOneWrote() {
    Visitor visitor = visitor();
    String id = null;
    for (int i = 1; i <= 5; i++) {
      assertThat(visitor.page("/count")).isEqualTo("{count=" + i + "}");
      assertThat(visitor.id()).isNotNull().isEqualTo(id == null ? visitor.id() : id);
      id = visitor.id();
    }
  }

  @Test
  void listIsChangedInPlaceOnEachServer() {
    Visitor visitor = visitor();
    visitor.page("/put/tea");
    visitor.page("/add/milk");
    visitor.page("/add/bread");

    assertThat(visitor.page("/look")).isEqualTo("{cart=[tea, milk, bread]}");
    assertThat(visitor.page("/look")).isEqualTo("{cart=[tea, milk, bread]}");
  }

  @Test
  void attributeThatOneServerRemovesIsGoneOnTheOther() {
    Visitor visitor = visitor();
    visitor.page("/put/tea");
    visitor.page("/count");
    visitor.page("/remove");

    assertThat(visitor.page("/look")).isEqualTo("{count=1}");
  }

  @Test
  void idThatEachServerChangesIsFollowedByTheOtherAndTheOldOnesAreDead() {
    Visitor visitor = visitor();
    List<String> ids = new ArrayList<>();
    visitor.page("/count");
    for (int i = 2; i <= 5; i++) {
      ids.add(Objects.requireNonNull(visitor.id()));

      assertThat(visitor.page("/count-and-change-id")).isEqualTo("{count=" + i + "}");
    }

    assertThat(ids).doesNotHaveDuplicates().doesNotContain(visitor.id());
    for (String old : ids) {
      assertIsDeadOnBoth(old);
    }
    assertThat(visitor.page("/look")).isEqualTo("{count=5}");
  }

  @Test
  void sessionThatOneServerEndsIsGoneOnTheOtherAndItsCookieIsExpired() {
    Visitor visitor = visitor();
    visitor.page("/count");
    String id = Objects.requireNonNull(visitor.id());

    visitor.page("/end");

    assertThat(visitor.id()).isNull();
    assertIsDeadOnBoth(id);
    assertThat(visitor.page("/count")).isEqualTo("{count=1}");
    assertThat(visitor.id()).isNotEqualTo(id);
  }

  @Test
  void timeoutThatOneServerProlongsHoldsOnTheOther() {
    Visitor visitor = visitor();
    visitor.page("/count");
    visitor.page("/max-idle/PT2H");

    sessions.advance(Duration.ofMinutes(90));
    assertThat(visitor.page("/count")).isEqualTo("{count=2}");
    sessions.advance(Duration.ofMinutes(90));
    assertThat(visitor.page("/count")).isEqualTo("{count=3}");
  }

  @Test
  void timeoutThatOneServerShortensEndsTheSessionOnTheOther() {
    Visitor visitor = visitor();
    visitor.page("/count");
    visitor.page("/max-idle/PT1M");
    String id = Objects.requireNonNull(visitor.id());

    sessions.advance(Duration.ofMinutes(2));

    assertIsDeadOnBoth(id);
  }

  private void assertIsDeadOnBoth(String id) {
    Visitor visitor = visitor();
    for (TestServer server : servers) {
      assertThat(visitor.with(id).page("/look")).as(server.url()).isEqualTo("{}");
      assertThat(visitor.id()).as("the cookie").isNull();
    }
  }

  private Visitor visitor() {
    return new Visitor("SESSION", servers.get(0).port(), servers.get(1).port());
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
          case "count" -> Mono.fromRunnable(() -> count(session));
          case "count-and-change-id" -> {
            count(session);
            yield session.changeSessionId();
          }
          case "put" ->
              Mono.fromRunnable(() -> attributes.put("cart", new ArrayList<>(List.of(path[2]))));
          case "add" ->
              Mono.fromRunnable(
                  () -> session.<List<String>>getRequiredAttribute("cart").add(path[2]));
          case "remove" -> Mono.fromRunnable(() -> attributes.remove("cart"));
          case "max-idle" ->
              Mono.fromRunnable(() -> session.setMaxIdleTime(Duration.parse(path[2])));
          case "end" -> session.invalidate();
          default -> Mono.empty();
        };
    return work.then(
        Mono.defer(() -> TestServer.write(exchange, new TreeMap<>(attributes).toString())));
  }

  private static void count(WebSession session) {
    session.getAttributes().put("count", session.getAttributeOrDefault("count", 0) + 1);
  }
}
