package io.latchkey.webflux.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import io.latchkey.webflux.SecurityAttributes;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.config.EnableWebFlux;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionManager;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

/** What docs/header-based-sessions.md shows, run: requests to a real HTTP server. */
class HeaderBasedSessionsTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String ID = HeaderSessionIds.NAME;
  private static final String ORIGIN = "https://app.shop.example";

  @SuppressWarnings("NullAway.Init")
  private static AnnotationConfigApplicationContext context;

  @SuppressWarnings("NullAway.Init")
  private static DisposableServer server;

  @SuppressWarnings("NullAway.Init")
  private static WebTestClient client;

  @BeforeAll
  static void start() {
    context = new AnnotationConfigApplicationContext(Shop.class, ApiConfiguration.class);
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

  @AfterAll
  static void stop() {
    server.disposeNow();
    context.close();
  }

  @Test
  void idIsInTheHeaderAndNoCookieIsSent() {
    EntityExchangeResult<String> signedIn = signIn(null);

    assertThat(signedIn.getStatus()).isEqualTo(HttpStatus.OK);
    assertThat(signedIn.getResponseHeaders().get(HttpHeaders.SET_COOKIE)).isNull();
    String id = Objects.requireNonNull(id(signedIn));
    EntityExchangeResult<String> page = get("/api/me", withId(id));
    assertThat(page.getResponseBody()).isEqualTo("ada");
    assertThat(id(page)).as("told only when it is another one").isNull();
    assertThat(get("/api/me", withId(null)).getStatus()).isEqualTo(HttpStatus.UNAUTHORIZED);
  }

  @Test
  void signInRotatesTheIdAndKeepsTheCart() {
    String before = Objects.requireNonNull(id(post("/api/cart/tea", withId(null))));

    String after = Objects.requireNonNull(id(signIn(before)));

    assertThat(after).isNotEqualTo(before);
    assertThat(get("/api/me", withId(before)).getStatus()).isEqualTo(HttpStatus.UNAUTHORIZED);
    assertThat(get("/api/cart", withId(before)).getResponseBody()).isEqualTo("nothing");
    assertThat(get("/api/cart", withId(after)).getResponseBody()).isEqualTo("tea");
  }

  @Test
  void wrongPasswordIsToldByTheStatus() {
    assertThat(signIn(null, "wrong").getStatus()).isEqualTo(HttpStatus.UNAUTHORIZED);
  }

  @Test
  void unknownIdIsNotAdopted() {
    String planted = context.getBean(ValkeySessionStore.class).newSession().id();

    assertThat(id(post("/api/cart/tea", withId(planted)))).isNotNull().isNotEqualTo(planted);
    assertThat(get("/api/cart", withId(planted)).getResponseBody()).isEqualTo("nothing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "*:sessions:*", "../../../../../../../../../../../etc"})
  void malformedIdIsNotAdopted(String malformed) {
    assertThat(id(post("/api/cart/tea", withId(malformed))))
        .matches("[A-Za-z0-9_-]{40}")
        .isNotEqualTo(malformed);
  }

  @Test
  void severalIdsAreAsGoodAsNone() {
    String id = Objects.requireNonNull(id(signIn(null)));

    EntityExchangeResult<String> page =
        get("/api/me", headers -> headers.addAll(ID, List.of(id, id)));

    assertThat(page.getStatus()).isEqualTo(HttpStatus.UNAUTHORIZED);
  }

  @Test
  void signingOutEndsTheSessionAndSaysSoByAnEmptyId() {
    String id = Objects.requireNonNull(id(signIn(null)));

    EntityExchangeResult<String> signedOut = post("/api/logout", withId(id));

    assertThat(signedOut.getStatus()).isEqualTo(HttpStatus.OK);
    assertThat(id(signedOut)).isEmpty();
    assertThat(get("/api/me", withId(id)).getStatus()).isEqualTo(HttpStatus.UNAUTHORIZED);
  }

  @Test
  void responsesAreForNoCache() {
    EntityExchangeResult<String> signedIn = signIn(null);
    EntityExchangeResult<String> page = get("/api/me", withId(id(signedIn)));

    for (EntityExchangeResult<String> result : List.of(signedIn, page)) {
      assertThat(result.getResponseHeaders().getCacheControl()).isEqualTo("no-store");
      assertThat(result.getResponseHeaders().getVary()).contains(ID);
    }
  }

  /** Whatever the handler thinks of its page. */
  @Test
  void responseThatTellsAnIdIsForNoCache() {
    assertThat(get("/api/cart/cached", withId(null)).getResponseHeaders().getCacheControl())
        .isEqualTo("max-age=60");

    EntityExchangeResult<String> told = post("/api/cart/cached", withId(null));

    assertThat(id(told)).isNotNull();
    assertThat(told.getResponseHeaders().getCacheControl()).isEqualTo("no-store");
  }

  @Test
  void cookieIsNotTakenByTheApiNorTheHeaderByPages() {
    ResponseCookie cookie =
        Objects.requireNonNull(
            get("/put/milk", withId(null)).getResponseCookies().getFirst("SESSION"));
    String api = Objects.requireNonNull(id(post("/api/cart/tea", withId(null))));

    assertThat(get("/look", withCookie(cookie.getValue())).getResponseBody()).isEqualTo("milk");
    assertThat(get("/look", withId(api)).getResponseBody()).isEqualTo("nothing");
    assertThat(get("/api/cart", withCookie(api)).getResponseBody()).isEqualTo("nothing");
  }

  /** Else the cookie would get to where no form's token is asked for. */
  @ParameterizedTest
  @ValueSource(strings = {"/api/cart", "/%61pi/cart", "/ap%69/cart"})
  void cookieIsNotTakenByTheApiHoweverItsPathIsSpelt(String path) {
    ResponseCookie cookie =
        Objects.requireNonNull(
            get("/put/milk", withId(null)).getResponseCookies().getFirst("SESSION"));

    EntityExchangeResult<String> cart =
        client
            .get()
            .uri(URI.create("http://localhost:" + server.port() + path))
            .headers(withCookie(cookie.getValue()))
            .exchange()
            .expectBody(String.class)
            .returnResult();

    assertThat(cart.getResponseBody()).isEqualTo("nothing");
  }

  @Test
  void scriptsOfTheAllowedOriginMaySendTheIdAndSeeIt() {
    EntityExchangeResult<String> preflight =
        send(
            HttpMethod.OPTIONS,
            "/api/me",
            headers -> {
              headers.setOrigin(ORIGIN);
              headers.setAccessControlRequestMethod(HttpMethod.GET);
              headers.setAccessControlRequestHeaders(List.of(ID));
            });
    assertThat(preflight.getResponseHeaders().getAccessControlAllowHeaders()).contains(ID);
    assertThat(preflight.getResponseHeaders().getAccessControlAllowOrigin()).isEqualTo(ORIGIN);

    EntityExchangeResult<String> told = post("/api/cart/tea", headers -> headers.setOrigin(ORIGIN));

    assertThat(told.getResponseHeaders().getAccessControlExposeHeaders()).containsExactly(ID);
    assertThat(told.getResponseHeaders().getAccessControlAllowCredentials()).isFalse();
  }

  @Test
  void scriptsOfAnotherOriginMayNot() {
    EntityExchangeResult<String> refused =
        post("/api/cart/tea", headers -> headers.setOrigin("https://mallory.example"));

    assertThat(refused.getStatus()).isEqualTo(HttpStatus.FORBIDDEN);
    assertThat(id(refused)).isNull();
  }

  @Test
  void webSocketOfANativeClientHasTheHeaderInItsHandshake() {
    String id = Objects.requireNonNull(id(signIn(null)));

    String greeting =
        HttpClient.create()
            .baseUrl("http://localhost:" + server.port())
            .headers(headers -> headers.set(ID, id))
            .websocket()
            .uri("/api/socket")
            .handle((in, out) -> in.receive().asString())
            .next()
            .block(PATIENCE);

    assertThat(greeting).isEqualTo("ada");
  }

  @Test
  void pageShowsTheCodeThatIsRunHere() throws IOException {
    String page = Files.readString(Path.of("../docs/header-based-sessions.md"));

    assertThat(page)
        .contains(block("HeaderSessionIds.java", "begin", ""))
        .contains(block("IdsByPath.java", "begin", ""))
        .contains(block("ApiConfiguration.java", "security begin", "security end"))
        .contains(block("ApiConfiguration.java", "caches begin", "caches end"))
        .contains(block("ApiConfiguration.java", "cors begin", "cors end"));
  }

  /** What stands in a source between two marks, as the page shows it. */
  private static String block(String file, String begin, String end) throws IOException {
    String mark = "// header-based-sessions.md: ";
    String source =
        Files.readString(Path.of("src/test/java/io/latchkey/webflux/docs").resolve(file));
    int from = source.indexOf(mark + begin + "\n") + (mark + begin + "\n").length();
    int to = end.isEmpty() ? source.length() : source.indexOf(mark + end);
    String code = source.substring(from, to).stripTrailing().stripIndent();
    return "```java\n" + code + "\n```\n";
  }

  // Requests.

  private static EntityExchangeResult<String> signIn(@Nullable String id) {
    return signIn(id, "engine");
  }

  private static EntityExchangeResult<String> signIn(@Nullable String id, String password) {
    return client
        .post()
        .uri("/api/login")
        .headers(withId(id))
        .body(BodyInserters.fromFormData("username", "ada").with("password", password))
        .exchange()
        .expectBody(String.class)
        .returnResult();
  }

  private static EntityExchangeResult<String> get(String path, Consumer<HttpHeaders> headers) {
    return send(HttpMethod.GET, path, headers);
  }

  private static EntityExchangeResult<String> post(String path, Consumer<HttpHeaders> headers) {
    return send(HttpMethod.POST, path, headers);
  }

  private static EntityExchangeResult<String> send(
      HttpMethod method, String path, Consumer<HttpHeaders> headers) {
    return client
        .method(method)
        .uri(path)
        .headers(headers)
        .exchange()
        .expectBody(String.class)
        .returnResult();
  }

  private static Consumer<HttpHeaders> withId(@Nullable String id) {
    return headers -> {
      if (id != null) {
        headers.set(ID, id);
      }
    };
  }

  private static Consumer<HttpHeaders> withCookie(String id) {
    return headers -> headers.set(HttpHeaders.COOKIE, "SESSION=" + id);
  }

  private static @Nullable String id(EntityExchangeResult<String> result) {
    return result.getResponseHeaders().getFirst(ID);
  }

  @Configuration
  @EnableWebFlux
  @EnableWebFluxSecurity
  static class Shop {
    @Bean
    ValkeySessionStore sessions() {
      return SecurityAttributes.addTo(
              ValkeySessionStore.builder(SERVER.uri()).namespace(SERVER.namespace()))
          .build();
    }

    @Bean
    WebSessionManager webSessionManager(ValkeySessionStore sessions) {
      DefaultWebSessionManager manager = new DefaultWebSessionManager();
      manager.setSessionStore(new LatchkeyWebSessionStore(sessions));
      manager.setSessionIdResolver(new IdsByPath());
      return manager;
    }

    @Bean
    @Order(1)
    SecurityWebFilterChain pages(ServerHttpSecurity http) {
      return http.authorizeExchange(paths -> paths.anyExchange().permitAll()).build();
    }

    @Bean
    MapReactiveUserDetailsService users() {
      return new MapReactiveUserDetailsService(
          User.withUsername("ada").password("{noop}engine").roles("CUSTOMER").build());
    }

    @Bean
    HandlerMapping sockets() {
      WebSocketHandler greeting =
          socket ->
              socket.send(
                  socket
                      .getHandshakeInfo()
                      .getPrincipal()
                      .map(Principal::getName)
                      .map(socket::textMessage));
      return new SimpleUrlHandlerMapping(Map.of("/api/socket", greeting), -1);
    }

    @Bean
    RouterFunction<ServerResponse> routes() {
      return RouterFunctions.route()
          .GET("/api/me", Shop::me)
          .GET("/api/cart/cached", request -> cached())
          .POST("/api/cart/cached", request -> put(request, "tea").then(cached()))
          .POST("/api/cart/{item}", Shop::put)
          .GET("/api/cart", Shop::cart)
          .GET("/put/{item}", Shop::put)
          .GET("/look", Shop::cart)
          .build();
    }

    private static Mono<ServerResponse> me(ServerRequest request) {
      return request.principal().flatMap(who -> ServerResponse.ok().bodyValue(who.getName()));
    }

    private static Mono<ServerResponse> put(ServerRequest request) {
      return put(request, request.pathVariable("item"))
          .then(Mono.defer(() -> ServerResponse.ok().build()));
    }

    private static Mono<Void> put(ServerRequest request, String item) {
      return request
          .session()
          .doOnNext(session -> session.getAttributes().put("cart", item))
          .then();
    }

    private static Mono<ServerResponse> cart(ServerRequest request) {
      return request
          .session()
          .flatMap(
              session ->
                  ServerResponse.ok().bodyValue(session.getAttributeOrDefault("cart", "nothing")));
    }

    private static Mono<ServerResponse> cached() {
      return ServerResponse.ok().header(HttpHeaders.CACHE_CONTROL, "max-age=60").build();
    }
  }
}
