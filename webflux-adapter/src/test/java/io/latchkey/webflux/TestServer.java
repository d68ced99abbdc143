package io.latchkey.webflux;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseCookie;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionStore;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A real HTTP server, and requests to it with an id in the session's cookie. */
final class TestServer implements AutoCloseable {
  /** Far more than any answer takes; a test that reaches it has failed. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private final DisposableServer server;
  private final WebTestClient client;

  TestServer(HttpHandler handler) {
    this(handler, HttpServer.create());
  }

  TestServer(HttpHandler handler, HttpServer configured) {
    server =
        configured
            .host("localhost")
            .port(0)
            .handle(new ReactorHttpHandlerAdapter(handler))
            .bindNow();
    client = WebTestClient.bindToServer().baseUrl(url()).responseTimeout(PATIENCE).build();
  }

  /** Plain WebFlux, as README configures it, behind a proxy that says how it was called. */
  static TestServer of(WebSessionStore store, WebHandler handler) {
    var manager = new DefaultWebSessionManager();
    manager.setSessionStore(store);
    manager.setSessionIdResolver(LatchkeyWebSessionIdResolver.withDefaults());
    return new TestServer(
        WebHttpHandlerBuilder.webHandler(handler)
            .sessionManager(manager)
            .forwardedHeaderTransformer(new ForwardedHeaderTransformer())
            // Else Spring reads a file for this during the first request.
            .codecConfigurer(ServerCodecConfigurer.create())
            .build());
  }

  int port() {
    return server.port();
  }

  String url() {
    return "http://localhost:" + port();
  }

  EntityExchangeResult<String> request(String path, @Nullable String id) {
    return request(path, id == null ? Map.of() : Map.of("SESSION", id), Map.of());
  }

  EntityExchangeResult<String> request(
      String path, Map<String, String> cookies, Map<String, String> headers) {
    return client
        .get()
        .uri(path)
        .cookies(all -> cookies.forEach(all::add))
        .headers(all -> headers.forEach(all::set))
        .exchange()
        .expectBody(String.class)
        .returnResult();
  }

  static @Nullable ResponseCookie cookie(EntityExchangeResult<String> result) {
    return cookie(result, "SESSION");
  }

  static @Nullable ResponseCookie cookie(EntityExchangeResult<String> result, String name) {
    List<ResponseCookie> cookies = result.getResponseCookies().get(name);
    return cookies == null ? null : cookies.get(0);
  }

  static String body(EntityExchangeResult<String> result) {
    return Objects.requireNonNullElse(result.getResponseBody(), "");
  }

  /** Answers with a text. */
  static Mono<Void> write(ServerWebExchange exchange, String text) {
    var response = exchange.getResponse();
    return response.writeWith(
        Mono.just(response.bufferFactory().wrap(text.getBytes(StandardCharsets.UTF_8))));
  }

  @Override
  public void close() {
    server.disposeNow();
  }
}
