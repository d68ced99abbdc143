package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.testing.Visitor;
import java.net.http.HttpResponse;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.WebFilterExchange;
import org.springframework.security.web.server.authentication.logout.RedirectServerLogoutSuccessHandler;
import org.springframework.security.web.server.context.WebSessionServerSecurityContextRepository;
import org.springframework.security.web.server.csrf.CsrfToken;
import org.springframework.web.reactive.config.EnableWebFlux;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionManager;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.server.HttpServer;

/**
 * An application with Spring Security on two servers, which share nothing but a Valkey: each has a
 * context, a store and event loops of its own. A visitor's requests go to them in turn.
 *
 * <p>What becomes of a WebSocket whose session ends, {@link RequestLifeTest} shows.
 */
class SecuredServersTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  @SuppressWarnings("NullAway.Init")
  private static Instance one;

  @SuppressWarnings("NullAway.Init")
  private static Instance other;

  @BeforeAll
  static void start() {
    one = new Instance();
    other = new Instance();
  }

  @AfterAll
  static void stop() {
    one.close();
    other.close();
  }

  @AfterEach
  void forgetSessions() {
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
  }

  @Test
  void idThatWasPlantedBeforeTheSignInIsWorthlessAfterIt() {
    Visitor attacker = visitor();
    attacker.page("/put/trap/baited");
    String planted = Objects.requireNonNull(attacker.id());
    Visitor victim = visitor().with(planted);
    victim.page("/put/cart/tea");
    assertThat(victim.id()).as("the session is the attacker's, too").isEqualTo(planted);

    victim.signIn();

    assertThat(victim.id()).isNotNull().isNotEqualTo(planted);
    for (Instance instance : new Instance[] {one, other}) {
      assertThat(instance.visitor().with(victim.id()).page("/account")).startsWith("ada ");
      assertThat(instance.visitor().with(victim.id()).page("/look"))
          .isEqualTo("{cart=tea, trap=baited}");
      assertIsSentToSignIn(instance.visitor().with(planted).get("/account"));
      assertThat(instance.visitor().with(planted).page("/look")).isEqualTo("{}");
    }
  }

  @Test
  void signingOutOnOneInstanceEndsTheSessionOnTheOther() {
    Visitor visitor = visitor();
    visitor.page("/put/cart/tea");
    visitor.signIn();
    String id = Objects.requireNonNull(visitor.id());

    HttpResponse<String> signedOut = one.visitor().with(id).post("/logout");

    assertThat(signedOut.headers().firstValue("Location")).hasValue("/login?logout");
    assertThat(SERVER.keys()).isEmpty();
    for (Instance instance : new Instance[] {other, one}) {
      assertIsSentToSignIn(instance.visitor().with(id).get("/account"));
      assertThat(instance.visitor().with(id).page("/look")).isEqualTo("{}");
    }
  }

  @Test
  void requestUnderWayAtTheSignOutCannotReviveTheSession() {
    Visitor visitor = visitor();
    visitor.signIn();
    String id = Objects.requireNonNull(visitor.id());
    Visitor underWay = other.visitor().with(id);
    CompletableFuture<HttpResponse<String>> held = underWay.getLater("/hold");
    other.hold().reached.asMono().block(TestServer.PATIENCE);

    one.visitor().with(id).post("/logout");
    other.hold().goOn.tryEmitEmpty();

    assertThat(held.join().statusCode()).isEqualTo(500);
    assertThat(held.join().headers().allValues("Set-Cookie")).isEmpty();
    assertThat(SERVER.keys()).isEmpty();
    for (Instance instance : new Instance[] {one, other}) {
      assertIsSentToSignIn(instance.visitor().with(id).get("/account"));
      assertThat(instance.visitor().with(id).page("/look")).isEqualTo("{}");
    }
  }

  @Test
  void whoIsSignedInComesBackAsTheClassesThatWentIn() {
    Visitor visitor = one.visitor();
    visitor.signIn();

    assertThat(other.visitor().with(visitor.id()).page("/account"))
        .isEqualTo(
            "ada User UsernamePasswordAuthenticationToken"
                + " SimpleGrantedAuthority=ROLE_CUSTOMER");
  }

  @Test
  void formsTokenOfOneInstanceIsGoodOnTheOtherAndNoneIsNot() {
    Visitor visitor = visitor();

    assertThat(visitor.post("/order").statusCode()).isEqualTo(200);
    assertThat(visitor.postWithoutToken("/order").statusCode()).isEqualTo(403);
  }

  /** Whose requests go to the two in turn. */
  private static Visitor visitor() {
    return new Visitor("SESSION", one.server.port(), other.server.port());
  }

  private static void assertIsSentToSignIn(HttpResponse<String> response) {
    assertThat(response.statusCode()).isEqualTo(302);
    assertThat(response.headers().firstValue("Location")).hasValue("/login");
  }

  /** One of the servers, with all that is its own. */
  private static final class Instance {
    final AnnotationConfigApplicationContext context =
        new AnnotationConfigApplicationContext(Application.class);
    final TestServer server =
        new TestServer(
            WebHttpHandlerBuilder.applicationContext(context).build(),
            HttpServer.create()
                .runOn(context.getBean(ReactorResourceFactory.class).getLoopResources()));

    /** Whose requests all go here. */
    Visitor visitor() {
      return new Visitor("SESSION", server.port());
    }

    Hold hold() {
      return context.getBean(Hold.class);
    }

    void close() {
      server.close();
      context.close();
    }
  }

  /** Where a request waits within its handler. */
  static final class Hold {
    final Sinks.Empty<Void> reached = Sinks.empty();
    final Sinks.Empty<Void> goOn = Sinks.empty();
  }

  @Configuration
  @EnableWebFlux
  @EnableWebFluxSecurity
  static class Application {
    @Bean
    ReactorResourceFactory resources() {
      var resources = new ReactorResourceFactory();
      resources.setUseGlobalResources(false);
      return resources;
    }

    @Bean
    ValkeySessionStore sessions() {
      return SecurityAttributes.addTo(
              ValkeySessionStore.builder(SERVER.uri()).namespace(SERVER.namespace()))
          .build();
    }

    @Bean
    WebSessionManager webSessionManager(ValkeySessionStore sessions) {
      var manager = new DefaultWebSessionManager();
      manager.setSessionStore(new LatchkeyWebSessionStore(sessions));
      manager.setSessionIdResolver(LatchkeyWebSessionIdResolver.withDefaults());
      return manager;
    }

    @Bean
    SecurityWebFilterChain security(ServerHttpSecurity http) {
      return http.securityContextRepository(new WebSessionServerSecurityContextRepository())
          .authorizeExchange(
              paths ->
                  paths.pathMatchers("/account", "/hold").authenticated().anyExchange().permitAll())
          .formLogin(Customizer.withDefaults())
          .logout(logout -> logout.logoutSuccessHandler(Application::endSession))
          .build();
    }

    /** In the success handler, which comes last, as docs/webflux.md says. */
    private static Mono<Void> endSession(
        WebFilterExchange exchange, Authentication authentication) {
      return exchange
          .getExchange()
          .getSession()
          .flatMap(WebSession::invalidate)
          .then(new RedirectServerLogoutSuccessHandler().onLogoutSuccess(exchange, authentication));
    }

    @Bean
    MapReactiveUserDetailsService users() {
      return new MapReactiveUserDetailsService(
          User.withUsername("ada").password("{noop}engine").roles("CUSTOMER").build());
    }

    @Bean
    Hold hold() {
      return new Hold();
    }

    @Bean
    RouterFunction<ServerResponse> routes(Hold hold) {
      return RouterFunctions.route()
          .GET("/csrf", Application::csrf)
          .GET("/put/{name}/{value}", Application::put)
          .GET("/look", Application::look)
          .GET("/account", Application::account)
          .GET("/hold", request -> heldBack(request, hold))
          .POST("/order", request -> ServerResponse.ok().build())
          .build();
    }

    /** For forms. */
    private static Mono<ServerResponse> csrf(ServerRequest request) {
      Mono<CsrfToken> token =
          Objects.requireNonNull(request.exchange().getAttribute(CsrfToken.class.getName()));
      return token.flatMap(value -> ServerResponse.ok().bodyValue(value.getToken()));
    }

    private static Mono<ServerResponse> put(ServerRequest request) {
      return request
          .session()
          .doOnNext(
              session ->
                  session
                      .getAttributes()
                      .put(request.pathVariable("name"), request.pathVariable("value")))
          .then(ServerResponse.ok().build());
    }

    /** The texts in the session: what Security keeps there is none. */
    private static Mono<ServerResponse> look(ServerRequest request) {
      return request
          .session()
          .flatMap(
              session -> {
                var texts = new TreeMap<>(session.getAttributes());
                texts.values().removeIf(value -> !(value instanceof String));
                return ServerResponse.ok().bodyValue(texts.toString());
              });
    }

    private static Mono<ServerResponse> account(ServerRequest request) {
      return request
          .principal()
          .cast(Authentication.class)
          .flatMap(
              authentication -> {
                var user = (UserDetails) Objects.requireNonNull(authentication.getPrincipal());
                String authorities =
                    authentication.getAuthorities().stream()
                        .map(held -> held.getClass().getSimpleName() + "=" + held.getAuthority())
                        .sorted()
                        .collect(Collectors.joining(" "));
                return ServerResponse.ok()
                    .bodyValue(
                        String.join(
                            " ",
                            user.getUsername(),
                            user.getClass().getSimpleName(),
                            authentication.getClass().getSimpleName(),
                            authorities));
              });
    }

    private static Mono<ServerResponse> heldBack(ServerRequest request, Hold hold) {
      return request
          .session()
          .flatMap(
              session -> {
                hold.reached.tryEmitEmpty();
                return hold.goOn
                    .asMono()
                    .then(Mono.fromRunnable(() -> session.getAttributes().put("late", "set")))
                    .then(ServerResponse.ok().build());
              });
    }
  }
}
