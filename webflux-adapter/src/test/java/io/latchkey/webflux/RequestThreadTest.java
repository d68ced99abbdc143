package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.memory.MemorySessionStore;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.HttpCookie;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.filter.reactive.ServerWebExchangeContextFilter;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.HeaderWebSessionIdResolver;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** On which thread a request continues after its session was read, and what if it fails there. */
class RequestThreadTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String HTTP_THREAD = "reactor-http";

  private final ValkeySessionStore sessions =
      ValkeySessionStore.builder(SERVER.uri()).namespace(SERVER.namespace()).build();
  private final LatchkeyWebSessionStore web = new LatchkeyWebSessionStore(sessions);
  private final LatchkeyReactiveSessionRepository repository =
      new LatchkeyReactiveSessionRepository(sessions);
  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable TestServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
    sessions.close();
  }

  /** What a handler asks the store for before it continues. */
  @SuppressWarnings("ImmutableEnumChecker") // functions without state
  enum Call {
    READ((test, session) -> Mono.just(session)),
    SAVE((test, session) -> changed(session).save().thenReturn(session)),
    CHANGE_ID((test, session) -> session.changeSessionId().thenReturn(session)),
    INVALIDATE((test, session) -> session.invalidate().thenReturn(session)),
    TOUCH((test, session) -> test.always().updateLastAccessTime(session).thenReturn(session)),
    READ_ON_ANOTHER_THREAD(
        (test, session) ->
            Mono.defer(() -> changed(session).save())
                .subscribeOn(Schedulers.boundedElastic())
                .thenReturn(session)),
    SAVE_TWICE_AT_A_TIME(
        (test, session) -> {
          Mono<Void> first = changed(session).save();
          return Mono.when(first, Mono.defer(() -> changed(session).save())).thenReturn(session);
        }),
    REMOVE((test, session) -> test.web.removeSession(session.getId()).thenReturn(session)),
    REPOSITORY_FIND(
        (test, session) -> test.repository.findById(session.getId()).thenReturn(session)),
    REPOSITORY_SAVE(
        (test, session) ->
            test.repository
                .createSession()
                .flatMap(
                    created -> {
                      created.setAttribute("user", "ada");
                      return test.repository.save(created);
                    })
                .thenReturn(session)),
    REPOSITORY_DELETE(
        (test, session) -> test.repository.deleteById(session.getId()).thenReturn(session)),
    ERROR(
        (test, session) ->
            session
                .invalidate()
                .then(session.changeSessionId())
                .onErrorComplete()
                .thenReturn(session));

    private final BiFunction<RequestThreadTest, WebSession, Mono<WebSession>> work;

    Call(BiFunction<RequestThreadTest, WebSession, Mono<WebSession>> work) {
      this.work = work;
    }

    /** Nothing but a context tells it of the request. */
    boolean needsContext() {
      return this == REMOVE || name().startsWith("REPOSITORY");
    }
  }

  /** What a handler throws. */
  enum Fatal {
    STACK_OVERFLOW {
      @Override
      @SuppressWarnings("InfiniteRecursion") // on purpose
      void cause() {
        cause();
      }
    },
    NO_CLASS {
      @Override
      void cause() {
        throw new NoClassDefFoundError("shop/Cart");
      }
    },
    OUT_OF_MEMORY {
      @Override
      void cause() {
        throw new OutOfMemoryError("as Java says it");
      }
    };

    abstract void cause();
  }

  static Stream<Arguments> fatalErrors() {
    return Arrays.stream(Call.values())
        .flatMap(call -> Arrays.stream(Fatal.values()).map(fatal -> Arguments.of(call, fatal)));
  }

  @ParameterizedTest
  @MethodSource("fatalErrors")
  void fatalErrorOfAHandlerEndsItsRequestAndNoOther(Call call, Fatal fatal) {
    start(call.needsContext(), session -> call.work.apply(this, session).map(after -> fail(fatal)));
    String id = newSession();

    assertThatThrownBy(() -> get("/work", id)).isInstanceOf(IOException.class);

    assertThat(body("/look", newSession())).isEqualTo("ada");
  }

  @ParameterizedTest
  @EnumSource
  void handlerContinuesOnItsRequestsThread(Call call) {
    start(
        call.needsContext(),
        session -> call.work.apply(this, session).map(after -> Thread.currentThread().getName()));

    assertThat(body("/work", newSession())).startsWith(HTTP_THREAD);
  }

  @Test
  void newSessionThatIsStoredContinuesOnItsRequestsThread() {
    start(
        false,
        session ->
            changed(session)
                .save()
                .then(Mono.fromSupplier(() -> Thread.currentThread().getName())));

    assertThat(body("/work", null)).startsWith(HTTP_THREAD);
  }

  @Test
  void newSessionThatFailsFatallyOnceItIsStoredEndsItsRequest() {
    start(
        false,
        session ->
            changed(session).save().then(Mono.fromSupplier(() -> fail(Fatal.STACK_OVERFLOW))));

    assertThatThrownBy(() -> get("/work", null)).isInstanceOf(IOException.class);
  }

  @Test
  void handlerThatBlocksItsThreadHoldsUpNoOtherThread() throws InterruptedException {
    var blocked = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    start(
        false,
        session ->
            Mono.fromSupplier(
                () -> {
                  blocked.countDown();
                  while (release.getCount() > 0) {
                    // Waits as busy as a regular expression: BlockHound lets nothing else pass.
                  }
                  return "released";
                }));
    String id = newSession();
    Thread visitor = new Thread(() -> body("/work", id));
    visitor.start();
    blocked.await();

    // Not through HTTP, whose connection might share the thread.
    assertThat(sessions.get(id).block(PATIENCE)).isNotNull();

    release.countDown();
    visitor.join();
  }

  @Test
  void contextTellsOfTheRequestWhereAnotherResolverIsUsed() {
    var manager = new DefaultWebSessionManager();
    manager.setSessionStore(web);
    manager.setSessionIdResolver(new HeaderWebSessionIdResolver());
    server =
        new TestServer(
            WebHttpHandlerBuilder.webHandler(
                    exchange ->
                        exchange
                            .getSession()
                            .flatMap(
                                session ->
                                    TestServer.write(exchange, Thread.currentThread().getName())))
                .filter(new ServerWebExchangeContextFilter())
                .sessionManager(manager)
                .codecConfigurer(ServerCodecConfigurer.create())
                .build());
    String id = Objects.requireNonNull(sessions.create(Map.of()).block()).id();

    HttpResponse<String> response =
        send(HttpRequest.newBuilder(URI.create(server.url() + "/")).header("SESSION", id));

    assertThat(response.body()).startsWith(HTTP_THREAD);
  }

  @Test
  void withoutAnHttpServerSignalsLeaveTheConnectionToTheStoreAllTheSame() {
    String id = Objects.requireNonNull(sessions.create(Map.of()).block()).id();
    MockServerWebExchange exchange =
        MockServerWebExchange.from(
            MockServerHttpRequest.get("http://localhost/").cookie(new HttpCookie("SESSION", id)));
    List<String> ids = LatchkeyWebSessionIdResolver.withDefaults().resolveSessionIds(exchange);

    String thread =
        Flux.fromIterable(ids)
            .concatMap(web::retrieveSession)
            .next()
            .map(session -> Thread.currentThread().getName())
            .block();

    assertThat(thread).startsWith("parallel");
  }

  @Test
  void answerOfAStoreInMemoryArrivesOnTheCallersThread() {
    var memory = new LatchkeyWebSessionStore(MemorySessionStore.create());
    WebSession session = Objects.requireNonNull(memory.createWebSession().block());

    Thread thread = changed(session).save().then(Mono.fromSupplier(Thread::currentThread)).block();

    assertThat(thread).isSameAs(Thread.currentThread());
  }

  private static String fail(Fatal fatal) {
    fatal.cause();
    return "not reached";
  }

  private static WebSession changed(WebSession session) {
    session.getAttributes().put("time", System.nanoTime());
    return session;
  }

  /** The same sessions in a store that records each access. */
  private LatchkeyWebSessionStore always() {
    return new LatchkeyWebSessionStore(new ForwardingStore(sessions));
  }

  private void start(boolean withContext, Function<WebSession, Mono<String>> work) {
    var manager = new DefaultWebSessionManager();
    manager.setSessionStore(web);
    manager.setSessionIdResolver(LatchkeyWebSessionIdResolver.withDefaults());
    var builder =
        WebHttpHandlerBuilder.webHandler(exchange -> handle(exchange, work))
            .sessionManager(manager)
            .codecConfigurer(ServerCodecConfigurer.create());
    if (withContext) {
      builder.filter(new ServerWebExchangeContextFilter());
    }
    server = new TestServer(builder.build());
  }

  private static Mono<Void> handle(
      ServerWebExchange exchange, Function<WebSession, Mono<String>> work) {
    return exchange
        .getSession()
        .flatMap(
            session ->
                switch (exchange.getRequest().getPath().value()) {
                  case "/set" -> {
                    session.getAttributes().put("user", "ada");
                    yield TestServer.write(exchange, "set");
                  }
                  case "/look" ->
                      TestServer.write(exchange, session.getAttributeOrDefault("user", "nobody"));
                  default -> work.apply(session).flatMap(text -> TestServer.write(exchange, text));
                });
  }

  private String newSession() {
    String cookie = getOrFail("/set", null).headers().firstValue("Set-Cookie").orElseThrow();
    return cookie.substring(cookie.indexOf('=') + 1, cookie.indexOf(';'));
  }

  private String body(String path, @Nullable String id) {
    return getOrFail(path, id).body();
  }

  private HttpResponse<String> getOrFail(String path, @Nullable String id) {
    try {
      return get(path, id);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<String> get(String path, @Nullable String id) throws IOException {
    var request =
        HttpRequest.newBuilder(URI.create(Objects.requireNonNull(server).url() + path))
            .timeout(PATIENCE);
    if (id != null) {
      request.header("Cookie", "SESSION=" + id);
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (HttpTimeoutException e) {
      throw new AssertionError("no answer", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
