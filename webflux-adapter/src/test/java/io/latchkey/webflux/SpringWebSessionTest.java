package io.latchkey.webflux;

import static io.latchkey.webflux.TestServer.body;
import static io.latchkey.webflux.TestServer.cookie;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
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
import org.springframework.session.ReactiveFindByIndexNameSessionRepository;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.config.annotation.web.server.EnableSpringWebSession;
import org.springframework.session.security.SpringSessionBackedReactiveSessionRegistry;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;

/**
 * An application that keeps Spring Session, {@code @EnableSpringWebSession} and all, and gives it
 * our repository: requests to a real HTTP server, and what is built upon the repository.
 */
@ParameterizedClass
@EnumSource
class SpringWebSessionTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions sessions;
  private final AnnotationConfigApplicationContext context;
  private final TestServer server;

  SpringWebSessionTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    context = new AnnotationConfigApplicationContext();
    context.registerBean(
        LatchkeyReactiveSessionRepository.class,
        () -> new LatchkeyReactiveSessionRepository(sessions));
    context.registerBean("webHandler", WebHandler.class, () -> this::handle);
    context.register(SpringSessions.class);
    context.refresh();
    server = new TestServer(WebHttpHandlerBuilder.applicationContext(context).build());
  }

  @AfterEach
  void stop() {
    server.close();
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
    return server.request(path, id);
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
    return work.then(
        Mono.defer(
            () ->
                TestServer.write(
                    exchange,
                    String.valueOf(session.getAttributeOrDefault(shown, (Object) "nobody")))));
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
