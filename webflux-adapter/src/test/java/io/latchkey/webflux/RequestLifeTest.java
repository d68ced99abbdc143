package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.reactive.socket.server.upgrade.ReactorNettyRequestUpgradeStrategy;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

/**
 * Requests to a real HTTP server that do not end as most do: given up by their client, answered
 * before the session changes, under way at a sign-out, turned into a WebSocket.
 */
@ParameterizedClass
@EnumSource
class RequestLifeTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final Duration PATIENCE = TestServer.PATIENCE;

  private final TestSessions sessions;
  private final TestServer server;
  private final HttpClient client;

  /** The handler of {@code /hold} has changed the session, and waits. */
  private final Sinks.Empty<Void> reached = Sinks.empty();

  private final Sinks.Empty<Void> goOn = Sinks.empty();
  private final Sinks.Empty<Void> cancelled = Sinks.empty();

  RequestLifeTest(TestSessions.Kind kind) {
    sessions = new TestSessions(kind, SERVER);
    server = TestServer.of(sessions.web(), this::handle);
    client = HttpClient.create().baseUrl(server.url());
  }

  @AfterEach
  void stop() {
    goOn.tryEmitEmpty();
    server.close();
    sessions.close();
  }

  @Test
  void requestThatItsClientGivesUpWritesNothing() {
    String id = newSession();
    Disposable request = get("/hold", id).response().subscribe();
    wait(reached);

    request.dispose();
    wait(cancelled);
    goOn.tryEmitEmpty();

    assertThat(stored(id).<String>getAttribute("user")).isEqualTo("ada");
    assertThat(sessions.calls).doesNotContain("save");
  }

  /** Whether the visitor signs out meanwhile, or in. */
  @ParameterizedTest
  @ValueSource(strings = {"/end", "/change-id"})
  void requestUnderWayAtASignOutOrSignInCannotWriteUnderTheOldId(String meanwhile) {
    String id = newSession();
    Mono<HttpClientResponse> response = get("/hold", id).response().cache();
    Disposable underWay = response.subscribe();
    wait(reached);

    status(meanwhile, id);
    goOn.tryEmitEmpty();

    assertThat(Objects.requireNonNull(response.block(PATIENCE)).status().code())
        .isEqualTo(HttpStatus.INTERNAL_SERVER_ERROR.value());
    assertThat(sessions.web().retrieveSession(id).blockOptional()).isEmpty();
    underWay.dispose();
  }

  @Test
  void newSessionAfterTheResponseIsCommittedHasNoCookieAndIsNotStored() {
    HttpClientResponse response = status("/late", null);

    assertThat(response.status().code()).isEqualTo(HttpStatus.OK.value());
    assertThat(response.responseHeaders().contains("Set-Cookie")).isFalse();
    assertThat(sessions.calls).doesNotContain("save");
  }

  @Test
  void changeAfterTheResponseIsCommittedIsWrittenByTheHandlersOwnSave() {
    String id = newSession();

    assertThat(status("/late-and-save", id).status().code()).isEqualTo(HttpStatus.OK.value());

    wait(goOn);
    assertThat(stored(id).<String>getAttribute("user")).isEqualTo("late");
  }

  @Test
  void webSocketSavesWithItsOwnCalls() {
    String id = newSession();

    assertThat(talk(id, Mono.empty())).isEqualTo("saved");

    assertThat(stored(id).<String>getAttribute("user")).isEqualTo("socket");
  }

  @Test
  void webSocketThatOutlivesItsSessionCannotReviveIt() {
    String id = newSession();

    assertThat(talk(id, Mono.fromRunnable(() -> status("/end", id)))).isEqualTo("ended");

    assertThat(sessions.web().retrieveSession(id).blockOptional()).isEmpty();
  }

  @Test
  void webSocketOfAnIdThatWasChangedAtSignInIsOutside() {
    String id = newSession();

    assertThat(talk(id, Mono.fromRunnable(() -> status("/change-id", id)))).isEqualTo("ended");
  }

  /** Opens a socket, lets something happen, then has the server change the session. */
  private String talk(String id, Mono<Void> meanwhile) {
    return Objects.requireNonNull(
        client
            .headers(headers -> headers.set("Cookie", "SESSION=" + id))
            .websocket()
            .uri("/socket")
            .handle(
                (in, out) ->
                    in.receive()
                        .asString()
                        .concatMap(
                            text ->
                                text.equals("open")
                                    ? meanwhile
                                        .subscribeOn(Schedulers.boundedElastic())
                                        .then(out.sendString(Mono.just("change")).then())
                                        .then(Mono.<String>empty())
                                    : Mono.just(text)))
            .next()
            .block(PATIENCE));
  }

  private String newSession() {
    HttpClientResponse response = status("/set", null);
    String cookie = Objects.requireNonNull(response.responseHeaders().get("Set-Cookie"));
    String id = cookie.substring("SESSION=".length(), cookie.indexOf(';'));
    sessions.calls.clear();
    return id;
  }

  private HttpClientResponse status(String path, @Nullable String id) {
    return Objects.requireNonNull(get(path, id).response().block(PATIENCE));
  }

  private HttpClient.ResponseReceiver<?> get(String path, @Nullable String id) {
    HttpClient with =
        id == null ? client : client.headers(headers -> headers.set("Cookie", "SESSION=" + id));
    return with.get().uri(path);
  }

  private WebSession stored(String id) {
    return Objects.requireNonNull(sessions.web().retrieveSession(id).block(PATIENCE));
  }

  private static void wait(Sinks.Empty<Void> event) {
    event.asMono().block(PATIENCE);
  }

  private Mono<Void> handle(ServerWebExchange exchange) {
    var response = exchange.getResponse();
    return switch (exchange.getRequest().getPath().value()) {
      case "/set" -> change(exchange, "ada").then(Mono.defer(response::setComplete));
      case "/hold" ->
          change(exchange, "held")
              .then(Mono.fromRunnable(reached::tryEmitEmpty))
              .then(goOn.asMono())
              .doOnCancel(cancelled::tryEmitEmpty)
              .then(Mono.defer(response::setComplete));
      case "/end" -> exchange.getSession().flatMap(WebSession::invalidate);
      case "/change-id" -> exchange.getSession().flatMap(WebSession::changeSessionId);
      case "/late" -> response.setComplete().then(change(exchange, "late"));
      case "/late-and-save" ->
          response
              .setComplete()
              .then(change(exchange, "late"))
              .then(exchange.getSession())
              .flatMap(WebSession::save)
              .doFinally(signal -> goOn.tryEmitEmpty());
      default ->
          exchange
              .getSession()
              .flatMap(
                  session ->
                      new HandshakeWebSocketService(new ReactorNettyRequestUpgradeStrategy())
                          .handleRequest(exchange, socket(exchange)));
    };
  }

  private static Mono<Void> change(ServerWebExchange exchange, String user) {
    return exchange
        .getSession()
        .doOnNext(session -> session.getAttributes().put("user", user))
        .then();
  }

  private static WebSocketHandler socket(ServerWebExchange exchange) {
    return socket ->
        socket.send(
            Flux.concat(
                    Mono.just("open"),
                    socket
                        .receive()
                        .concatMap(
                            message ->
                                change(exchange, "socket")
                                    .then(exchange.getSession())
                                    .flatMap(WebSession::save)
                                    .thenReturn("saved")
                                    .onErrorReturn(IllegalStateException.class, "ended")))
                .map(socket::textMessage));
  }
}
