package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
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
import org.springframework.web.filter.reactive.ServerWebExchangeContextFilter;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * A whole application, started as its main method would, on a real port and a real server. It says
 * nothing of Latchkey: that is on the class path, and that is enough.
 */
@ExtendWith(OutputCaptureExtension.class)
class LatchkeyApplicationTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable ConfigurableApplicationContext application;

  @AfterEach
  void stop() {
    if (application != null) {
      application.close();
    }
  }

  @Test
  void sessionSurvivesARestartOfTheApplication() {
    start();
    String cookie = cookie(get("/set/ada", null));

    start();

    assertThat(get("/look", cookie).body()).isEqualTo("ada");
  }

  @Test
  void objectOfTheApplicationsOwnPackageComesBackAsWhatItWas() {
    start();
    String cookie = cookie(get("/visit", null));

    start();

    assertThat(get("/visit", cookie).body()).isEqualTo("2 visits");
  }

  @Test
  void objectOfAnotherPackageIsRefusedUntilItIsAllowed() {
    start();
    assertThat(get("/foreign", null).statusCode()).isEqualTo(500);

    start("--latchkey.allow=org.springframework.http");
    String cookie = cookie(get("/foreign", null));
    assertThat(get("/foreign", cookie).body()).isEqualTo("HttpStatus");

    start("--latchkey.attributes.status=org.springframework.http.HttpStatus");
    cookie = cookie(get("/foreign", null));
    assertThat(get("/foreign", cookie).body()).isEqualTo("HttpStatus");
  }

  @Test
  void timeoutOfBootIsTheSessions() {
    start("--server.reactive.session.timeout=600");
    deleteKeys();

    get("/set/ada", null);

    // The idle timeout and the touch interval, a sixtieth of it.
    assertThat(SERVER.keys())
        .singleElement()
        .satisfies(
            key -> assertThat((Long) SERVER.command("PTTL", key)).isBetween(500_000L, 610_000L));
  }

  @Test
  void cookiePropertiesOfBootAreHonoured() {
    start(
        "--server.reactive.session.cookie.name=visit",
        "--server.reactive.session.cookie.path=/set",
        "--server.reactive.session.cookie.domain=localhost",
        "--server.reactive.session.cookie.max-age=1h",
        "--server.reactive.session.cookie.secure=true",
        "--server.reactive.session.cookie.http-only=false",
        "--server.reactive.session.cookie.partitioned=true",
        "--server.reactive.session.cookie.same-site=strict");

    String header = setCookie(get("/set/ada", null));

    assertThat(header)
        .startsWith("visit=")
        .contains(
            "Path=/set",
            "Domain=localhost",
            "Max-Age=3600",
            "Secure",
            "Partitioned",
            "SameSite=Strict")
        .doesNotContainIgnoringCase("HttpOnly");
  }

  @Test
  void cookieIsOutOfReachOfScriptsAndOtherSitesByDefault() {
    start();

    assertThat(setCookie(get("/set/ada", null)))
        .containsIgnoringCase("HttpOnly")
        .contains("SameSite=Lax");
  }

  @Test
  void cookieOfASecureRequestIsOneThatOnlyItsHostCanPlant() {
    start("--server.forward-headers-strategy=framework");

    HttpResponse<String> response = get("/set/ada", null, "X-Forwarded-Proto", "https");

    assertThat(setCookie(response)).startsWith("__Host-SESSION=").contains("Secure");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
  }

  @Test
  void idRenewsItselfAtTheAgeThatThePropertySays() {
    start("--latchkey.renew-after=1ms");
    String cookie = cookie(get("/set/ada", null));

    HttpResponse<String> response = get("/look", cookie);

    assertThat(response.body()).isEqualTo("ada");
    assertThat(cookie(response)).isNotEqualTo(cookie);
  }

  @Test
  void endedSessionExpiresItsCookieInTheBrowser() {
    start("--server.reactive.session.cookie.max-age=1h");
    String cookie = cookie(get("/set/ada", null));

    assertThat(setCookie(get("/end", cookie))).contains("Max-Age=0");
    assertThat(get("/look", cookie).body()).isEqualTo("nobody");
  }

  @Test
  void fatalErrorOfAHandlerEndsItsRequestAndNoOther() {
    start();
    String cookie = cookie(get("/set/ada", null));

    assertThatThrownBy(() -> get("/fatal", cookie)).hasRootCauseInstanceOf(IOException.class);

    assertThat(get("/look", cookie).body()).isEqualTo("ada");
  }

  /** As Boot's own classes see it, which know nothing of Latchkey's. */
  @Test
  void contextTellsOfTheRequest() {
    start();

    assertThat(get("/context", null).body()).isEqualTo("/context");
  }

  @Test
  void startWithoutTheServerEndsInAnAnalysis(CapturedOutput output) {
    ServerProcess away = ValkeyServer.start();
    away.close();

    assertThatThrownBy(() -> start("--latchkey.uri=valkey://:hunter2@127.0.0.1:" + away.port()));

    assertThat(output)
        .contains(
            "APPLICATION FAILED TO START",
            "No server for the web sessions answered at 127.0.0.1:" + away.port(),
            "latchkey.uri")
        .doesNotContain("hunter2");
  }

  @Test
  void wrongValueEndsInAnAnalysisThatNamesTheProperty(CapturedOutput output) {
    assertThatThrownBy(() -> start("--latchkey.touch-interval=2h"));

    assertThat(output)
        .contains("APPLICATION FAILED TO START", "latchkey.touch-interval", "the idle timeout");
  }

  private void start(String... args) {
    stop();
    List<String> all =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--spring.main.banner-mode=off",
                "--latchkey.namespace=" + SERVER.namespace()));
    all.addAll(Arrays.asList(args));
    if (all.stream().noneMatch(arg -> arg.startsWith("--latchkey.uri"))) {
      all.add("--latchkey.uri=" + SERVER.uri());
    }
    var start = new SpringApplication(Application.class);
    start.setResourceLoader(new DefaultResourceLoader(BootContexts.withoutSpringSession()));
    application = start.run(all.toArray(new String[0]));
  }

  private HttpResponse<String> get(String path, @Nullable String cookie, String... headers) {
    var context = (WebServerApplicationContext) Objects.requireNonNull(application);
    int port = Objects.requireNonNull(context.getWebServer()).getPort();
    var request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .timeout(Duration.ofSeconds(30));
    if (cookie != null) {
      request.header("Cookie", cookie);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String setCookie(HttpResponse<String> response) {
    return response.headers().firstValue("Set-Cookie").orElseThrow();
  }

  private static String cookie(HttpResponse<String> response) {
    String header = setCookie(response);
    return header.substring(0, header.indexOf(';'));
  }

  private static void deleteKeys() {
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
  }

  /**
   * Kept in a session.
   *
   * @param count how many there were
   */
  record Visits(int count) {}

  @SpringBootConfiguration
  @EnableAutoConfiguration(
      excludeName = {
        // On these tests' class path, and not wanted here.
        LatchkeyWebSessionAutoConfiguration.SPRING_SESSION,
        "org.springframework.boot.security.autoconfigure.web.reactive"
            + ".ReactiveWebSecurityAutoConfiguration"
      })
  static class Application {
    @Bean
    RouterFunction<ServerResponse> routes() {
      return RouterFunctions.route()
          .GET("/set/{user}", Application::set)
          .GET("/look", Application::look)
          .GET("/visit", Application::visit)
          .GET("/foreign", Application::foreign)
          .GET("/end", Application::end)
          .GET("/fatal", Application::fatal)
          .GET("/context", Application::context)
          .build();
    }

    private static Mono<ServerResponse> set(ServerRequest request) {
      return request
          .session()
          .doOnNext(session -> session.getAttributes().put("user", request.pathVariable("user")))
          .then(ServerResponse.ok().build());
    }

    private static Mono<ServerResponse> look(ServerRequest request) {
      return request
          .session()
          .flatMap(
              session ->
                  ServerResponse.ok().bodyValue(session.getAttributeOrDefault("user", "nobody")));
    }

    private static Mono<ServerResponse> visit(ServerRequest request) {
      return request
          .session()
          .flatMap(
              session -> {
                Visits before = session.getAttributeOrDefault("visits", new Visits(0));
                Visits now = new Visits(before.count() + 1);
                session.getAttributes().put("visits", now);
                return ServerResponse.ok().bodyValue(now.count() + " visits");
              });
    }

    private static Mono<ServerResponse> foreign(ServerRequest request) {
      return request
          .session()
          .flatMap(
              session -> {
                Object before = session.getAttributes().getOrDefault("status", "none");
                session.getAttributes().put("status", HttpStatus.OK);
                return ServerResponse.ok().bodyValue(before.getClass().getSimpleName());
              });
    }

    private static Mono<ServerResponse> fatal(ServerRequest request) {
      return request
          .session()
          .map(
              session -> {
                throw new NoClassDefFoundError("shop/Cart");
              });
    }

    private static Mono<ServerResponse> context(ServerRequest request) {
      return Mono.deferContextual(
          context ->
              ServerResponse.ok()
                  .bodyValue(
                      ServerWebExchangeContextFilter.getExchange(context)
                          .map(exchange -> exchange.getRequest().getPath().value())
                          .orElse("unknown")));
    }

    private static Mono<ServerResponse> end(ServerRequest request) {
      return request
          .session()
          .flatMap(session -> session.invalidate())
          .then(ServerResponse.ok().build());
    }
  }
}
