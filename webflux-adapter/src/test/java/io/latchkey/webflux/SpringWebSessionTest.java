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
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.session.ReactiveFindByIndexNameSessionRepository;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.config.annotation.web.server.EnableSpringWebSession;
import org.springframework.session.security.SpringSessionBackedReactiveSessionRegistry;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * An application that keeps Spring Session, {@code @EnableSpringWebSession} and all, and gives it
 * our repository: requests to a real HTTP server, and what is built upon the repository.
 */
@ParameterizedClass
@EnumSource
class SpringWebSessionTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final TestSessions sessions;
  private final AnnotationConfigApplicationContext context;
  private final DisposableServer server;
  private final WebTestClient client;

  SpringWebSessionTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    context = new AnnotationConfigApplicationContext();
    context.registerBean(
        LatchkeyReactiveSessionRepository.class,
        () -> new LatchkeyReactiveSessionRepository(sessions));
    context.registerBean("webHandler", WebHandler.class, () -> this::handle);
    context.register(SpringSessions.class);
    context.refresh();
    server =
        HttpServer.create()
            .host("localhost")
            .port(0)
            .handle(
                new ReactorHttpHandlerAdapter(
                    WebHttpHandlerBuilder.applicationContext(context).build()))
            .bindNow();
    client =
        WebTestClient.bindToServer()
            .baseUrl("http://localhost:" + server.port())
            .responseTimeout(PATIENCE)
            .build();
  }

  @AfterEach
  void stop() {
    server.disposeNow();
    context.close();
    sessions.close();
  }

  @Configuration
  @EnableSpringWebSession
  static class SpringSessions {}

  @Test
  void attributesAreThereInTheNextRequest() {
    String id = newSession();

    assertThat(body(request("/look", id))).isEqualTo("ada");
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
  void requestThatOnlyLooksSetsNoCookieAndSendsNoCommand() {
    assertThat(cookie(request("/look", null))).isNull();
    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void changedIdSetsTheNewCookieAndTheOldIdIsDead() {
    String id = newSession();

    String changed = Objects.requireNonNull(cookie(request("/change-id", id))).getValue();

    assertThat(changed).isNotEqualTo(id);
    assertThat(body(request("/look", changed))).isEqualTo("ada");
    assertThat(body(request("/look", id))).isEqualTo("nobody");
  }

  @Test
  void endedSessionExpiresItsCookie() {
    String id = newSession();

    ResponseCookie cookie = Objects.requireNonNull(cookie(request("/end", id)));

    assertThat(cookie.getMaxAge()).isZero();
    assertThat(body(request("/look", id))).isEqualTo("nobody");
  }

  @Test
  void changeAfterADeletionElsewhereIsAnErrorAndWritesNothing() {
    String id = newSession();

    EntityExchangeResult<String> result = request("/set-after-deletion", id);

    assertThat(result.getStatus()).isEqualTo(HttpStatus.INTERNAL_SERVER_ERROR);
    assertThat(body(request("/look", id))).isEqualTo("nobody");
  }

  @Test
  void changeInPlaceIsThereInTheNextRequest() {
    String id = newSession();
    request("/put/tea", id);
    request("/put/milk", id);

    assertThat(body(request("/cart", id))).isEqualTo("[tea, milk]");
  }

  @Test
  void repositoryIsInjectedAsSpringsInterface() {
    assertThat(context.getBeanProvider(ReactiveSessionRepository.class).getIfUnique())
        .isInstanceOf(LatchkeyReactiveSessionRepository.class);
  }

  @Test
  void securitysRegistryTellsAndEndsASessionByItsId() {
    String id = newSession();
    ReactiveSessionRepository<Session> repository =
        context.getBean(LatchkeyReactiveSessionRepository.class);
    // The sessions of a user are what an index would tell. There is none here.
    ReactiveFindByIndexNameSessionRepository<Session> index =
        (name, value) -> Mono.error(new UnsupportedOperationException("no index"));
    var registry = new SpringSessionBackedReactiveSessionRegistry<>(repository, index);

    var information = Objects.requireNonNull(registry.getSessionInformation(id).block());
    information.invalidate().block();

    assertThat(information.getSessionId()).isEqualTo(id);
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

  private Mono<Void> handle(ServerWebExchange exchange) {
    return exchange.getSession().flatMap(session -> handle(exchange, session));
  }

  private Mono<Void> handle(ServerWebExchange exchange, WebSession session) {
    String[] path = exchange.getRequest().getPath().value().split("/", -1);
    Mono<Void> work =
        switch (path[1]) {
          case "set" -> Mono.fromRunnable(() -> session.getAttributes().put("user", path[2]));
          case "put" -> Mono.fromRunnable(() -> put(session, path[2]));
          case "change-id" -> session.changeSessionId();
          case "end" -> session.invalidate();
          case "set-after-deletion" ->
              sessions
                  .delete(session.getId())
                  .doOnNext(deleted -> session.getAttributes().put("user", "mallory"))
                  .then();
          default -> Mono.empty();
        };
    String shown = path[1].equals("cart") ? "cart" : "user";
    var response = exchange.getResponse();
    return work.then(
        Mono.defer(
            () -> {
              String text = String.valueOf(session.getAttributeOrDefault(shown, (Object) "nobody"));
              return response.writeWith(
                  Mono.just(response.bufferFactory().wrap(text.getBytes(StandardCharsets.UTF_8))));
            }));
  }

  private static void put(WebSession session, String item) {
    List<String> cart = session.getAttribute("cart");
    if (cart == null) {
      session.getAttributes().put("cart", List.of(item));
    } else {
      cart.add(item);
    }
  }
}
