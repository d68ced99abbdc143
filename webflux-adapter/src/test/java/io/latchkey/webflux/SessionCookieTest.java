package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.session.DefaultWebSessionManager;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Requests to a real HTTP server in plain WebFlux: which cookie is sent, and what it costs. */
@ParameterizedClass
@EnumSource
class SessionCookieTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions sessions;
  private final DisposableServer server;
  private final WebTestClient client;

  SessionCookieTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    server = start();
    client = WebTestClient.bindToServer().baseUrl("http://localhost:" + server.port()).build();
  }

  @AfterEach
  void stop() {
    server.disposeNow();
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
        client
            .get()
            .uri("/look")
            .header("Cookie", "SESSION=" + sessions.newSession().id() + "; SESSION=" + id)
            .exchange()
            .expectBody(String.class)
            .returnResult();

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
    WebTestClient.RequestHeadersSpec<?> request = client.get().uri(path);
    if (id != null) {
      request = request.cookie("SESSION", id);
    }
    return request.exchange().expectBody(String.class).returnResult();
  }

  private static @Nullable ResponseCookie cookie(EntityExchangeResult<String> result) {
    List<ResponseCookie> cookies = result.getResponseCookies().get("SESSION");
    return cookies == null ? null : cookies.get(0);
  }

  private static String body(EntityExchangeResult<String> result) {
    return Objects.requireNonNullElse(result.getResponseBody(), "");
  }

  private DisposableServer start() {
    var manager = new DefaultWebSessionManager();
    manager.setSessionStore(sessions.web());
    manager.setSessionIdResolver(LatchkeyWebSessionIdResolver.withDefaults());
    var handler =
        WebHttpHandlerBuilder.webHandler(
                exchange -> exchange.getSession().flatMap(session -> handle(exchange, session)))
            .sessionManager(manager)
            .build();
    return HttpServer.create()
        .host("localhost")
        .port(0)
        .handle(new ReactorHttpHandlerAdapter(handler))
        .bindNow();
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
    var response = exchange.getResponse();
    return work.then(
        Mono.defer(
            () -> {
              String user = session.getAttributeOrDefault("user", "nobody");
              return response.writeWith(
                  Mono.just(response.bufferFactory().wrap(user.getBytes(StandardCharsets.UTF_8))));
            }));
  }
}
