package io.latchkey.webflux;

import static io.latchkey.webflux.TestServer.body;
import static io.latchkey.webflux.TestServer.cookie;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.memory.MemorySessionStore;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.ResponseCookie;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/** The cookie of a request that came to a proxy by TLS: requests to a real HTTP server. */
class SecureCookieTest {
  private static final Map<String, String> BY_TLS =
      Map.of("X-Forwarded-Proto", "https", "X-Forwarded-Host", "shop.example");

  private final TestServer server =
      TestServer.of(
          new LatchkeyWebSessionStore(MemorySessionStore.create()), SecureCookieTest::handle);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void cookieIsBoundToTheHost() {
    ResponseCookie cookie = hosts(server.request("/set/ada", Map.of(), BY_TLS));

    assertThat(cookie.isSecure()).isTrue();
    assertThat(cookie.isHttpOnly()).isTrue();
    assertThat(cookie.getPath()).isEqualTo("/");
    assertThat(cookie.getDomain()).isNull();
    assertThat(cookie.getSameSite()).isEqualTo("Lax");
  }

  @Test
  void sessionIsFoundByIt() {
    String id = hosts(server.request("/set/ada", Map.of(), BY_TLS)).getValue();

    assertThat(body(server.request("/look", Map.of("__Host-SESSION", id), BY_TLS)))
        .isEqualTo("ada");
  }

  /** Which somebody on the network, or another host of the domain, can plant. */
  @Test
  void plantedPlainCookieIsWorthless() {
    String attackers = hosts(server.request("/set/mallory", Map.of(), BY_TLS)).getValue();

    EntityExchangeResult<String> look =
        server.request("/look", Map.of("SESSION", attackers), BY_TLS);
    assertThat(body(look)).isEqualTo("nobody");

    String victims =
        hosts(server.request("/set/victim", Map.of("SESSION", attackers), BY_TLS)).getValue();
    assertThat(victims).isNotEqualTo(attackers);
    assertThat(body(server.request("/look", Map.of("__Host-SESSION", attackers), BY_TLS)))
        .isEqualTo("mallory");
  }

  @Test
  void hostsCookieIsNotReadFromAnOpenRequest() {
    String id = hosts(server.request("/set/ada", Map.of(), BY_TLS)).getValue();

    assertThat(body(server.request("/look", Map.of("__Host-SESSION", id), Map.of())))
        .isEqualTo("nobody");
  }

  @Test
  void responseThatSetsOrExpiresTheCookieIsKeptByNoCache() {
    EntityExchangeResult<String> set = server.request("/set/ada", Map.of(), BY_TLS);
    assertThat(set.getResponseHeaders().getCacheControl()).isEqualTo("no-store");
    Map<String, String> cookie = Map.of("__Host-SESSION", hosts(set).getValue());

    assertThat(server.request("/look", cookie, BY_TLS).getResponseHeaders().getCacheControl())
        .isEqualTo("max-age=3600");

    EntityExchangeResult<String> end = server.request("/end", cookie, BY_TLS);
    assertThat(hosts(end).getMaxAge()).isZero();
    assertThat(end.getResponseHeaders().getCacheControl()).isEqualTo("no-store");
  }

  private static ResponseCookie hosts(EntityExchangeResult<String> result) {
    assertThat(cookie(result)).isNull();
    return Objects.requireNonNull(cookie(result, "__Host-SESSION"));
  }

  private static Mono<Void> handle(ServerWebExchange exchange) {
    return exchange.getSession().flatMap(session -> handle(exchange, session));
  }

  private static Mono<Void> handle(ServerWebExchange exchange, WebSession session) {
    String[] path = exchange.getRequest().getPath().value().split("/", -1);
    // A handler that thinks of its page, and not of the cookie that goes with it.
    exchange.getResponse().getHeaders().setCacheControl("max-age=3600");
    Mono<Void> work =
        switch (path[1]) {
          case "set" -> Mono.fromRunnable(() -> session.getAttributes().put("user", path[2]));
          case "end" -> session.invalidate();
          default -> Mono.empty();
        };
    return work.then(
        Mono.defer(
            () -> TestServer.write(exchange, session.getAttributeOrDefault("user", "nobody"))));
  }
}
