package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.SessionStore;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What visitors of a Boot application see while its server is away, and when it is back. */
@ExtendWith(OutputCaptureExtension.class)
class OutageTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What asks for the session, or for the store itself, in each way that there is. */
  private static final List<String> PATHS =
      List.of(
          "/look",
          "/set",
          "/save",
          "/swallow-and-set",
          "/sign-in",
          "/sign-out",
          "/direct",
          "/wrapped");

  private final HttpClient client = HttpClient.newHttpClient();
  private final ServerProcess server =
      ValkeyServer.start("--appendonly", "yes", "--appendfsync", "always");
  private @Nullable ConfigurableApplicationContext application;

  @AfterEach
  void stop() {
    if (application != null) {
      application.close();
    }
    server.close();
  }

  @Test
  void visitorIsToldToTryAgainAndKeepsTheCookie(CapturedOutput output) {
    start();
    Map<String, String> cookies = new LinkedHashMap<>();
    for (String path : PATHS) {
      cookies.put(path, cookie(get("/set", null)));
    }
    server.kill();

    cookies.forEach((path, cookie) -> assertIsUnavailable(path, get(path, cookie)));
    assertThat(output).doesNotContain("\tat ", "Exception");

    server.restart();
    cookies.forEach(
        (path, cookie) -> assertThat(whenBack("/look", cookie).body()).as(path).isEqualTo("ada"));
  }

  @Test
  void newVisitorGetsNoCookieOfASessionThatWasNotStored() {
    start();
    server.kill();

    for (String path : List.of("/set", "/save", "/sign-in")) {
      assertIsUnavailable(path, get(path, null));
    }
  }

  @Test
  void serverThatHangsIsLikeOneThatIsAway() {
    start("--latchkey.command-timeout=300ms");
    String cookie = cookie(get("/set", null));
    server.pause();

    assertIsUnavailable("/look", get("/look", cookie));

    server.resume();
    assertThat(whenBack("/look", cookie).body()).isEqualTo("ada");
  }

  @Test
  void whoNeedsNoSessionIsServed() {
    start();
    String cookie = cookie(get("/set", null));
    server.kill();

    assertThat(get("/static", null).body()).isEqualTo("static");
    assertThat(get("/static", cookie).body()).isEqualTo("static");
    assertThat(get("/look", null).body()).isEqualTo("nobody");
  }

  @Test
  void valueThatCannotBeStoredStaysAnErrorOfTheApplicationsOwn() {
    start();

    HttpResponse<String> response = get("/foreign", null);

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
    assertThat(response.headers().firstValue("Retry-After")).isEmpty();
  }

  /** As at a sign-in whose last step fails: the old id is dead, and the new one not known yet. */
  @Test
  void idThatWasRenewedBeforeTheServerWentReachesTheBrowser() {
    start();
    String cookie = cookie(get("/set", null));

    HttpResponse<String> response = get("/renew-and-lose", cookie);

    assertThat(response.statusCode()).isEqualTo(503);
    server.restart();
    assertThat(whenBack("/look", cookie(response)).body()).isEqualTo("ada");
  }

  @Test
  void errorOfAnotherStoreLeavesTheSessionAlone() {
    start();
    String cookie = cookie(get("/set", null));

    assertThat(get("/change-and-fail-elsewhere", cookie).statusCode()).isEqualTo(503);

    assertThat(get("/look", cookie).body()).isEqualTo("grace");
  }

  @Test
  void timeToWaitIsAProperty() {
    start("--latchkey.retry-after=7");
    server.kill();

    assertThat(get("/set", null).headers().firstValue("Retry-After")).hasValue("7");
  }

  private static void assertIsUnavailable(String path, HttpResponse<String> response) {
    assertThat(response.statusCode()).as(path).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).as(path).hasValue("3");
    assertThat(response.headers().firstValue("Set-Cookie")).as(path).isEmpty();
    // Boot's own error page.
    assertThat(response.body())
        .as(path)
        .contains("\"error\":\"Service Unavailable\"")
        .doesNotContain("Exception", "127.0.0.1");
  }

  private HttpResponse<String> whenBack(String path, String cookie) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    HttpResponse<String> response;
    do {
      response = get(path, cookie);
    } while (response.statusCode() == 503 && System.nanoTime() < end);
    return response;
  }

  private void start(String... args) {
    var start = new SpringApplication(Application.class);
    start.setResourceLoader(new DefaultResourceLoader(BootContexts.withoutSpringSession()));
    String[] all = new String[args.length + 3];
    all[0] = "--server.port=0";
    all[1] = "--spring.main.banner-mode=off";
    all[2] = "--latchkey.uri=" + server.uri();
    System.arraycopy(args, 0, all, 3, args.length);
    start.addInitializers(
        context ->
            context
                .getBeanFactory()
                .registerSingleton("serverToLose", new ServerToLose(server::kill)));
    application = start.run(all);
  }

  private HttpResponse<String> get(String path, @Nullable String cookie) {
    var context = (WebServerApplicationContext) Objects.requireNonNull(application);
    int port = Objects.requireNonNull(context.getWebServer()).getPort();
    var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    if (cookie != null) {
      request.header("Cookie", cookie);
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String cookie(HttpResponse<String> response) {
    String header = response.headers().firstValue("Set-Cookie").orElseThrow();
    return header.substring(0, header.indexOf(';'));
  }

  /** What a handler can do to the server. */
  record ServerToLose(Runnable kill) {}

  @SpringBootConfiguration
  @EnableAutoConfiguration(
      excludeName = {
        LatchkeyWebSessionAutoConfiguration.SPRING_SESSION,
        "org.springframework.boot.security.autoconfigure.web.reactive"
            + ".ReactiveWebSecurityAutoConfiguration"
      })
  static class Application {
    @Bean
    RouterFunction<ServerResponse> routes(SessionStore sessions, ServerToLose server) {
      return RouterFunctions.route()
          .GET("/static", request -> ServerResponse.ok().bodyValue("static"))
          .GET("/look", request -> with(request, session -> Mono.empty()))
          .GET("/set", request -> with(request, Application::set))
          .GET("/foreign", request -> with(request, Application::setForeign))
          .GET("/save", request -> with(request, session -> set(session).then(session.save())))
          .GET(
              "/swallow-and-set",
              request ->
                  with(request, session -> set(session).then(session.save()).onErrorComplete()))
          .GET(
              "/sign-in",
              request -> with(request, session -> set(session).then(session.changeSessionId())))
          .GET(
              "/wrapped",
              request ->
                  request
                      .session()
                      .then(ServerResponse.ok().build())
                      .onErrorMap(error -> new IllegalStateException("wrapped", error)))
          .GET(
              "/renew-and-lose",
              request ->
                  with(
                      request,
                      session ->
                          session
                              .changeSessionId()
                              // It waits for the server's end, which this thread may not.
                              .then(
                                  Mono.fromRunnable(server.kill())
                                      .subscribeOn(Schedulers.boundedElastic()))
                              .then(
                                  Mono.fromRunnable(
                                      () -> session.getAttributes().put("user", "grace")))))
          .GET(
              "/change-and-fail-elsewhere",
              request ->
                  with(
                      request,
                      session -> {
                        session.getAttributes().put("user", "grace");
                        return Mono.error(
                            new SessionStoreUnavailableException("elsewhere", null, false));
                      }))
          .GET("/sign-out", request -> with(request, WebSession::invalidate))
          .GET(
              "/direct",
              request -> sessions.create(Map.of()).then(ServerResponse.ok().bodyValue("created")))
          .build();
    }

    private static Mono<ServerResponse> with(
        ServerRequest request, Function<WebSession, Mono<Void>> work) {
      return request
          .session()
          .flatMap(
              session ->
                  work.apply(session)
                      .then(
                          Mono.defer(
                              () ->
                                  ServerResponse.ok()
                                      .bodyValue(
                                          session.getAttributeOrDefault("user", "nobody")))));
    }

    private static Mono<Void> set(WebSession session) {
      session.getAttributes().put("user", "ada");
      return Mono.empty();
    }

    private static Mono<Void> setForeign(WebSession session) {
      session.getAttributes().put("status", HttpStatus.OK);
      return Mono.empty();
    }
  }
}
