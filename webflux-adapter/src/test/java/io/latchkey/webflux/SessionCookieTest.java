package io.latchkey.webflux;

import static io.latchkey.webflux.TestServer.body;
import static io.latchkey.webflux.TestServer.cookie;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
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
import reactor.core.publisher.Mono;

/** Requests to a real HTTP server in plain WebFlux: which cookie is sent, and what it costs. */
@ParameterizedClass
@EnumSource
class SessionCookieTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions sessions;
  private final TestServer server;

  SessionCookieTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    server =
        TestServer.of(
            sessions.web(),
            exchange -> exchange.getSession().flatMap(session -> handle(exchange, session)));
  }

  @AfterEach
  void stop() {
    server.close();
    sessions.close();
  }

  @Test
  void requestThatOnlyLooksSetsNoCookieAndSendsNoCommand() {
    assertThat(cookie(request("/look", null))).isNull();
    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void newSessionSetsItsCookie() {
    ResponseCookie cookie = Objects.requireNonNull(cookie(request("/set/ada", null)));

    assertThat(sessions.web().retrieveSession(cookie.getValue()).block()).isNotNull();
    assertThat(cookie.isHttpOnly()).isTrue();
    assertThat(cookie.getSameSite()).isEqualTo("Lax");
  }

  @Test
  void startedSessionWithoutAttributesSetsItsCookie() {
    assertThat(cookie(request("/start", null))).isNotNull();
  }

  @Test
  void cookieIsNotSetAgain() {
    String id = newSession();

    assertThat(cookie(request("/set/grace", id))).isNull();
    assertThat(body(request("/look", id))).isEqualTo("grace");
  }

  @Test
  void requestThatReadsCostsOneCommandAndOneThatChangesTwo() {
    String id = newSession();
    sessions.calls.clear();

    request("/look", id);
    request("/set/grace", id);

    assertThat(sessions.calls).containsExactly("get", "get", "save");
  }

  @Test
  void changedIdSetsTheNewCookie() {
    String id = newSession();

    ResponseCookie cookie = Objects.requireNonNull(cookie(request("/change-id", id)));

    assertThat(cookie.getValue()).isNotEqualTo(id);
    assertThat(body(request("/look", cookie.getValue()))).isEqualTo("ada");
    assertThat(body(request("/look", id))).isEqualTo("nobody");
  }

  @Test
  void endedSessionExpiresItsCookie() {
    String id = newSession();

    ResponseCookie cookie = Objects.requireNonNull(cookie(request("/end", id)));

    assertThat(cookie.getValue()).isEmpty();
    assertThat(cookie.getMaxAge()).isZero();
    assertThat(body(request("/look", id))).isEqualTo("nobody");
  }

  @Test
  void cookieOfASessionThatHasTimedOutIsExpired() {
    String id = newSession();
    sessions.advance(Duration.ofMinutes(31));

    ResponseCookie cookie = Objects.requireNonNull(cookie(request("/look", id)));

    assertThat(cookie.getMaxAge()).isZero();
  }

  @Test
  void plantedIdIsNotAdopted() {
    String planted = sessions.newSession().id();

    ResponseCookie cookie = Objects.requireNonNull(cookie(request("/set/ada", planted)));

    assertThat(cookie.getValue()).isNotEqualTo(planted);
    assertThat(sessions.web().retrieveSession(planted).blockOptional()).isEmpty();
  }

  @Test
  void ofSeveralIdsTheOneThatIsAliveIsUsed() {
    String id = newSession();

    EntityExchangeResult<String> result =
        server.request(
            "/look",
            Map.of(),
            Map.of("Cookie", "SESSION=" + sessions.newSession().id() + "; SESSION=" + id));

    assertThat(body(result)).isEqualTo("ada");
  }

  @Test
  void changeAfterADeletionElsewhereIsAnErrorAndWritesNothing() {
    String id = newSession();

    EntityExchangeResult<String> result = request("/set-after-deletion", id);

    assertThat(result.getStatus()).isEqualTo(HttpStatus.INTERNAL_SERVER_ERROR);
    assertThat(body(request("/look", id))).isEqualTo("nobody");
  }

  private String newSession() {
    return Objects.requireNonNull(cookie(request("/set/ada", null))).getValue();
  }

  private EntityExchangeResult<String> request(String path, @Nullable String id) {
    return server.request(path, id);
  }

  private Mono<Void> handle(ServerWebExchange exchange, WebSession session) {
    String[] path = exchange.getRequest().getPath().value().split("/", -1);
    Mono<Void> work =
        switch (path[1]) {
          case "start" -> Mono.fromRunnable(session::start);
          case "set" -> Mono.fromRunnable(() -> session.getAttributes().put("user", path[2]));
          case "change-id" -> session.changeSessionId();
          case "end" -> session.invalidate();
          case "set-after-deletion" ->
              sessions
                  .delete(session.getId())
                  .doOnNext(deleted -> session.getAttributes().put("user", "mallory"))
                  .then();
          default -> Mono.empty();
        };
    return work.then(
        Mono.defer(
            () -> TestServer.write(exchange, session.getAttributeOrDefault("user", "nobody"))));
  }
}
