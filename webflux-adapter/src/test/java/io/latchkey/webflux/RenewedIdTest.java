package io.latchkey.webflux;

import static io.latchkey.webflux.TestServer.body;
import static io.latchkey.webflux.TestServer.cookie;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.memory.MemorySessionStore;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** An id that renews itself at a given age, as browsers see it: requests to a real HTTP server. */
@ParameterizedClass
@EnumSource
class RenewedIdTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final Duration AGE = Duration.ofMinutes(10);
  private static final Duration GRACE = Duration.ofMinutes(2);

  private final TestSessions sessions;
  private final TestServer server;

  RenewedIdTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    server =
        TestServer.of(
            sessions.web(options -> options.renewAfter(AGE).renewalGrace(GRACE)),
            RenewedIdTest::handle);
  }

  @AfterEach
  void stop() {
    server.close();
    sessions.close();
  }

  @Test
  void idThatIsNotDueIsKept() {
    String id = newSession();
    sessions.advance(AGE.minusMillis(1));

    EntityExchangeResult<String> result = server.request("/look", id);

    assertThat(cookie(result)).isNull();
    assertThat(body(result)).isEqualTo("ada");
  }

  @Test
  void idThatIsDueIsRenewedAndItsCookieSent() {
    String id = newSession();
    sessions.advance(AGE);

    EntityExchangeResult<String> result = server.request("/look", id);

    assertThat(body(result)).isEqualTo("ada");
    String renewed = Objects.requireNonNull(cookie(result)).getValue();
    assertThat(renewed).isNotEqualTo(id);
    EntityExchangeResult<String> next = server.request("/look", renewed);
    assertThat(body(next)).isEqualTo("ada");
    assertThat(cookie(next)).isNull();
  }

  @Test
  void requestsOfOnePageAllGetTheSameNewId() {
    String id = newSession();
    sessions.advance(AGE);

    List<EntityExchangeResult<String>> page =
        Objects.requireNonNull(
            Flux.range(0, 8)
                .flatMap(
                    i ->
                        Mono.fromCallable(() -> server.request("/count", id))
                            .subscribeOn(Schedulers.boundedElastic()))
                .collectList()
                .block(TestServer.PATIENCE));

    assertThat(page).extracting(EntityExchangeResult::getStatus).containsOnly(HttpStatus.OK);
    List<String> renewed =
        page.stream()
            .map(result -> Objects.requireNonNull(cookie(result)).getValue())
            .distinct()
            .toList();
    assertThat(renewed).hasSize(1);
    assertThat(body(server.request("/look", renewed.get(0)))).isEqualTo("ada");
  }

  @Test
  void oldIdFindsTheSessionInTheGraceAndIsToldOfTheNewOne() {
    String id = newSession();
    sessions.advance(AGE);
    String renewed = Objects.requireNonNull(cookie(server.request("/look", id))).getValue();

    sessions.advance(GRACE.minusSeconds(5));
    EntityExchangeResult<String> late = server.request("/look", id);
    assertThat(body(late)).isEqualTo("ada");
    assertThat(Objects.requireNonNull(cookie(late)).getValue()).isEqualTo(renewed);

    sessions.advance(Duration.ofSeconds(5));
    assertThat(body(server.request("/look", id))).isEqualTo("nobody");
    assertThat(body(server.request("/look", renewed))).isEqualTo("ada");
  }

  @Test
  void signInLeavesNoGraceEvenWithTheOldIdOfARenewal() {
    String id = newSession();
    sessions.advance(AGE);
    String renewed = Objects.requireNonNull(cookie(server.request("/look", id))).getValue();

    ResponseCookie signedIn = Objects.requireNonNull(cookie(server.request("/sign-in", id)));

    assertThat(body(server.request("/look", signedIn.getValue()))).isEqualTo("signed in");
    assertThat(body(server.request("/look", id))).isEqualTo("nobody");
    assertThat(body(server.request("/look", renewed))).isEqualTo("nobody");
  }

  @Test
  void signOutWithTheOldIdEndsTheSession() {
    String id = newSession();
    sessions.advance(AGE);
    String renewed = Objects.requireNonNull(cookie(server.request("/look", id))).getValue();

    server.request("/sign-out", id);

    assertThat(body(server.request("/look", renewed))).isEqualTo("nobody");
  }

  @Test
  void renewalThatFailsCanWaitForTheNextRequest() {
    SessionStore away =
        new ForwardingStore(MemorySessionStore.create()) {
          @Override
          public Mono<Session> renewId(Session session, Duration age, Duration grace) {
            return Mono.error(new SessionStoreUnavailableException("away", null, true));
          }
        };
    var store = LatchkeyWebSessionStore.builder(away).renewAfter(AGE).build();
    String id = Objects.requireNonNull(away.create(Map.of("user", "ada")).block()).id();

    WebSession session = Objects.requireNonNull(store.retrieveSession(id).block());

    assertThat(session.getId()).isEqualTo(id);
    assertThat(session.<String>getAttribute("user")).isEqualTo("ada");
  }

  @Test
  void ageAndGraceAreChecked() {
    LatchkeyWebSessionStore.Builder builder = LatchkeyWebSessionStore.builder(sessions);

    assertThatThrownBy(() -> builder.renewAfter(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("renewAfter");
    assertThatThrownBy(() -> builder.renewAfter(Session.NEVER_IDLE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("36500 days");
    assertThatThrownBy(() -> builder.renewalGrace(Duration.ofMinutes(6)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("renewalGrace");
  }

  private String newSession() {
    return Objects.requireNonNull(cookie(server.request("/start", null))).getValue();
  }

  private static Mono<Void> handle(ServerWebExchange exchange) {
    return exchange.getSession().flatMap(session -> handle(exchange, session));
  }

  private static Mono<Void> handle(ServerWebExchange exchange, WebSession session) {
    Mono<Void> work =
        switch (exchange.getRequest().getPath().value()) {
          case "/start" -> Mono.fromRunnable(() -> session.getAttributes().put("user", "ada"));
          case "/count" ->
              Mono.fromRunnable(() -> session.getAttributes().put("n" + System.nanoTime(), true));
          case "/sign-in" -> {
            session.getAttributes().put("user", "signed in");
            yield session.changeSessionId();
          }
          case "/sign-out" -> session.invalidate();
          default -> Mono.empty();
        };
    return work.then(
        Mono.defer(
            () -> TestServer.write(exchange, session.getAttributeOrDefault("user", "nobody"))));
  }
}
