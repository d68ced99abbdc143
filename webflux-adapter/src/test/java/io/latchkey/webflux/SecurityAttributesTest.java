package io.latchkey.webflux;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.SessionAttributeException;
import io.latchkey.tck.Signals;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.web.server.WebSessionOAuth2ServerAuthorizationRequestRepository;
import org.springframework.security.oauth2.client.web.server.WebSessionServerOAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.user.DefaultOAuth2User;
import org.springframework.security.web.server.context.WebSessionServerSecurityContextRepository;
import org.springframework.security.web.server.csrf.CsrfToken;
import org.springframework.security.web.server.csrf.WebSessionServerCsrfTokenRepository;
import org.springframework.security.web.server.savedrequest.WebSessionServerRequestCache;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/** What Spring Security's own repositories keep in a session, on a real server. */
@ParameterizedClass
@EnumSource
class SecurityAttributesTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static final String HERE = "io.latchkey.webflux.SecurityAttributesTest";

  /** An application's own principal. */
  record Shopper(String name, List<String> groups, Instant since) {}

  record Stranger(String name) {}

  private final ValkeySessionStore store;
  private final LatchkeyWebSessionStore web;

  SecurityAttributesTest(Layout layout) {
    store =
        SecurityAttributes.addTo(
                ValkeySessionStore.builder(SERVER.uri())
                    .namespace(SERVER.namespace())
                    .layout(layout)
                    .allow(HERE + "$Shopper"))
            .build();
    web = new LatchkeyWebSessionStore(store);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void securityContextComesBack() {
    User user = new User("ada", "secret", AuthorityUtils.createAuthorityList("ROLE_USER", "READ"));
    Authentication authentication =
        UsernamePasswordAuthenticationToken.authenticated(user, null, user.getAuthorities());
    assertThat(contextAfter(authentication)).isEqualTo(authentication);
    Authentication back = contextAfter(authentication);
    assertThat(back.getPrincipal()).isEqualTo(user).isExactlyInstanceOf(User.class);
    assertThat(AuthorityUtils.authorityListToSet(back.getAuthorities()))
        .isEqualTo(Set.of("ROLE_USER", "READ"));
    assertThat(back.isAuthenticated()).isTrue();
  }

  @Test
  void principalOfTheApplicationComesBack() {
    Shopper shopper = new Shopper("ada", List.of("a", "b"), Instant.parse("2026-01-02T03:04:05Z"));
    Authentication authentication =
        UsernamePasswordAuthenticationToken.authenticated(
            shopper, null, List.of(new SimpleGrantedAuthority("ROLE_USER")));
    assertThat(contextAfter(authentication).getPrincipal()).isEqualTo(shopper);
  }

  @Test
  void principalThatIsNotAllowedIsAnErrorWhenItIsSaved() {
    WebSession session = Signals.value(web.createWebSession());
    Authentication authentication =
        UsernamePasswordAuthenticationToken.authenticated(new Stranger("x"), null, List.of());
    session.getAttributes().put("context", new SecurityContextImpl(authentication));
    SessionAttributeException error =
        Signals.error(session.save(), SessionAttributeException.class);
    assertThat(error).hasMessageContainingAll("'context'", HERE + "$Stranger", "allow(");
    session.getAttributes().remove("context");
  }

  @Test
  void csrfTokenComesBack() {
    WebSessionServerCsrfTokenRepository repository = new WebSessionServerCsrfTokenRepository();
    ServerWebExchange exchange = exchange(Signals.value(web.createWebSession()));
    CsrfToken token = Signals.value(repository.generateToken(exchange));
    ServerWebExchange next = after(exchange, repository.saveToken(exchange, token));
    CsrfToken back = Signals.value(repository.loadToken(next));
    assertThat(back.getToken()).isEqualTo(token.getToken());
    assertThat(back.getHeaderName()).isEqualTo(token.getHeaderName());
    assertThat(back.getParameterName()).isEqualTo(token.getParameterName());
    assertThat(back).hasSameClassAs(token);
  }

  @Test
  void savedRequestComesBack() {
    WebSessionServerRequestCache cache = new WebSessionServerRequestCache();
    cache.setSaveRequestMatcher(
        any ->
            org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher
                .MatchResult.match());
    ServerWebExchange exchange = exchange(Signals.value(web.createWebSession()));
    ServerWebExchange next = after(exchange, cache.saveRequest(exchange));
    assertThat(Signals.value(cache.getRedirectUri(next))).hasToString("/orders?page=2");
  }

  @Test
  void authorizationRequestComesBack() {
    var repository = new WebSessionOAuth2ServerAuthorizationRequestRepository();
    OAuth2AuthorizationRequest request =
        OAuth2AuthorizationRequest.authorizationCode()
            .clientId("client")
            .authorizationUri("https://example.org/authorize")
            .redirectUri("https://shop.example.org/back")
            .scopes(Set.of("openid", "email"))
            .state("state")
            .additionalParameters(Map.of("nonce", "n"))
            .attributes(attributes -> attributes.put("registration_id", "id"))
            .build();
    ServerWebExchange exchange = exchange(Signals.value(web.createWebSession()), "?state=state");
    ServerWebExchange next =
        after(exchange, repository.saveAuthorizationRequest(request, exchange), "?state=state");
    OAuth2AuthorizationRequest back = Signals.value(repository.loadAuthorizationRequest(next));
    assertThat(back).usingRecursiveComparison().isEqualTo(request);
  }

  @Test
  void authorizedClientComesBack() {
    var repository = new WebSessionServerOAuth2AuthorizedClientRepository();
    ClientRegistration registration = registration();
    Instant issued = Instant.parse("2026-01-02T03:04:05.123456789Z");
    OAuth2AuthorizedClient client =
        new OAuth2AuthorizedClient(
            registration,
            "ada",
            new OAuth2AccessToken(
                OAuth2AccessToken.TokenType.BEARER,
                "token",
                issued,
                issued.plusSeconds(60),
                Set.of("openid")),
            new OAuth2RefreshToken("refresh", issued));
    Authentication authentication =
        new OAuth2AuthenticationToken(
            new DefaultOAuth2User(
                AuthorityUtils.createAuthorityList("ROLE_USER"), Map.of("sub", "ada"), "sub"),
            AuthorityUtils.createAuthorityList("ROLE_USER"),
            "id");
    ServerWebExchange exchange = exchange(Signals.value(web.createWebSession()));
    ServerWebExchange next =
        after(exchange, repository.saveAuthorizedClient(client, authentication, exchange));
    OAuth2AuthorizedClient back =
        Signals.value(
            repository.<OAuth2AuthorizedClient>loadAuthorizedClient("id", authentication, next));
    assertThat(back.getAccessToken()).isEqualTo(client.getAccessToken());
    assertThat(back.getRefreshToken()).isEqualTo(client.getRefreshToken());
    assertThat(back.getClientRegistration()).usingRecursiveComparison().isEqualTo(registration);
    assertThat(contextAfter(authentication)).isEqualTo(authentication);
  }

  @Test
  void whatIsOnlyReadIsNotWrittenAgain() {
    User user = new User("ada", "secret", AuthorityUtils.createAuthorityList("ROLE_USER", "READ"));
    WebSession session = Signals.value(web.createWebSession());
    session
        .getAttributes()
        .put(
            "context",
            new SecurityContextImpl(
                UsernamePasswordAuthenticationToken.authenticated(
                    user, null, user.getAuthorities())));
    Signals.assertEmpty(session.save());
    List<String> saves = new ArrayList<>();
    LatchkeyWebSessionStore counting =
        new LatchkeyWebSessionStore(
            new ForwardingStore(store) {
              @Override
              public Mono<io.latchkey.Session> save(io.latchkey.Session saved) {
                saves.add("save");
                return super.save(saved);
              }
            });
    WebSession next = Signals.value(counting.retrieveSession(session.getId()));
    assertThat(next.<Object>getAttribute("context")).isNotNull();
    Signals.assertEmpty(next.save());
    assertThat(saves).isEmpty();
  }

  @Test
  void classThatTheDataNamesIsNotLoaded() {
    SecurityFormat format = new SecurityFormat(name -> false);
    for (String type :
        List.of(
            HERE + "$Trap",
            "java.util.ArrayList<" + HERE + "$Trap>",
            "java.io.File",
            "[L" + HERE)) {
      String json =
          "{\"@class\":\"org.springframework.security.core.context.SecurityContextImpl\","
              + "\"authentication\":{\"@class\":\""
              + type
              + "\"}}";
      Throwable error =
          org.assertj.core.api.Assertions.catchThrowable(
              () -> format.read(json.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      assertThat(error).isNotNull();
    }
    assertThat(System.getProperty("io.latchkey.security.trap")).isNull();
  }

  /** Tells when it is initialised. */
  static final class Trap {
    static {
      System.setProperty("io.latchkey.security.trap", "initialised");
    }
  }

  private Authentication contextAfter(Authentication authentication) {
    var repository = new WebSessionServerSecurityContextRepository();
    ServerWebExchange exchange = exchange(Signals.value(web.createWebSession()));
    ServerWebExchange next =
        after(exchange, repository.save(exchange, new SecurityContextImpl(authentication)));
    SecurityContext context = Signals.value(repository.load(next));
    return requireNonNull(context.getAuthentication());
  }

  /** The next request of the same visitor. */
  private ServerWebExchange after(ServerWebExchange exchange, Mono<Void> change) {
    return after(exchange, change, "");
  }

  private ServerWebExchange after(ServerWebExchange exchange, Mono<Void> change, String query) {
    Signals.assertEmpty(change);
    WebSession session = Signals.value(exchange.getSession());
    Signals.assertEmpty(session.save());
    return exchange(Signals.value(web.retrieveSession(session.getId())), query);
  }

  private static ServerWebExchange exchange(WebSession session) {
    return exchange(session, "?page=2");
  }

  private static ServerWebExchange exchange(WebSession session, String query) {
    return MockServerWebExchange.builder(MockServerHttpRequest.get("/orders" + query))
        .session(session)
        .build();
  }

  private static ClientRegistration registration() {
    return ClientRegistration.withRegistrationId("id")
        .clientId("client")
        .clientSecret("secret")
        .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
        .redirectUri("{baseUrl}/back")
        .scope("openid", "email")
        .authorizationUri("https://example.org/authorize")
        .tokenUri("https://example.org/token")
        .providerConfigurationMetadata(new HashMap<>(Map.of("issuer", "https://example.org")))
        .build();
  }
}
