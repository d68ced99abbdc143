package io.latchkey.webflux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpCookie;
import org.springframework.http.ResponseCookie;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;

/** Which cookie a request's session id is taken from, and which one is sent. */
class LatchkeyWebSessionIdResolverTest {
  private static final String ID = "k3JbV0sQ9xTaAAAA-khPLzPVeJHN-Oox";
  private static final String OTHER = "AAAAV0sQ9xTaAAAA-khPLzPVeJHN-Oox";

  private final LatchkeyWebSessionIdResolver resolver = LatchkeyWebSessionIdResolver.withDefaults();

  @Test
  void cookieOfASecureRequestIsBoundToItsHost() {
    assertThat(set(resolver, secure()).toString())
        .isEqualTo("__Host-SESSION=" + ID + "; Path=/; Secure; HttpOnly; SameSite=Lax");
  }

  @Test
  void cookieOfAnotherRequestIsThePlainOne() {
    assertThat(set(resolver, plain()).toString())
        .isEqualTo("SESSION=" + ID + "; Path=/; HttpOnly; SameSite=Lax");
  }

  @Test
  void contextPathIsThePathOfThePlainCookieOnly() {
    var plain = MockServerHttpRequest.get("http://localhost/app/cart").contextPath("/app");
    var secure = MockServerHttpRequest.get("https://localhost/app/cart").contextPath("/app");

    assertThat(set(resolver, plain).getPath()).isEqualTo("/app/");
    assertThat(set(resolver, secure).getPath()).isEqualTo("/");
  }

  @Test
  void plantedPlainCookieIsNotReadOnASecureRequest() {
    assertThat(ids(resolver, secure().cookie(new HttpCookie("SESSION", OTHER)))).isEmpty();
  }

  @Test
  void hostsCookieIsReadOnASecureRequestWhateverWasPlantedBesideIt() {
    var request =
        secure()
            .cookie(new HttpCookie("SESSION", OTHER))
            .cookie(new HttpCookie("__Host-SESSION", ID));

    assertThat(ids(resolver, request)).containsExactly(ID);
  }

  @Test
  void hostsCookieIsNotReadWhereItCannotHaveBeenSet() {
    assertThat(ids(resolver, plain().cookie(new HttpCookie("__Host-SESSION", ID)))).isEmpty();
  }

  @Test
  void idElsewhereThanInTheCookieIsNotRead() {
    var request =
        MockServerHttpRequest.get("http://localhost/cart;SESSION=" + ID + "?SESSION=" + ID)
            .header("SESSION", ID)
            .header("X-Auth-Token", ID);

    assertThat(ids(resolver, request)).isEmpty();
  }

  @Test
  void severalCookiesAreReadInTheirOrderAndEachOnce() {
    var request =
        plain()
            .cookie(
                new HttpCookie("SESSION", ID),
                new HttpCookie("SESSION", OTHER),
                new HttpCookie("SESSION", ID));

    assertThat(ids(resolver, request)).containsExactly(ID, OTHER);
  }

  @Test
  void cookiesWithoutEndAreNotAllRead() {
    var request = plain();
    for (int i = 10; i < 99; i++) {
      request.cookie(new HttpCookie("SESSION", i + ID.substring(2)));
    }

    assertThat(ids(resolver, request)).hasSize(16);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\"quoted\"", "../../etc/passwd", "a b", "ö", "*"})
  void whatCanBeNoIdIsPassedOver(String value) {
    assertThat(ids(resolver, plain().cookie(new HttpCookie("SESSION", value)))).isEmpty();
  }

  @Test
  void longValueIsPassedOver() {
    var request = plain().cookie(new HttpCookie("SESSION", "a".repeat(65)));

    assertThat(ids(resolver, request)).isEmpty();
  }

  @Test
  void uuidIsAnId() {
    String uuid = "0b2b5a4c-6a3c-4b0a-9d0e-0f6f5a1c2d3e";

    assertThat(ids(resolver, plain().cookie(new HttpCookie("SESSION", uuid))))
        .containsExactly(uuid);
  }

  @Test
  void expiredCookieHasTheAttributesOfTheOneThatWasSet() {
    var all =
        LatchkeyWebSessionIdResolver.builder()
            .cookieName("shop")
            .maxAge(Duration.ofDays(7))
            .domain("example.org")
            .path("/shop")
            .secure(true)
            .sameSite("None")
            .partitioned(true)
            .build();
    ResponseCookie set = set(all, plain());

    ResponseCookie expired = expire(all, plain());

    assertThat(set.toString())
        .startsWith("shop=" + ID + "; Path=/shop; Domain=example.org; Max-Age=604800; Expires=")
        .endsWith("; Secure; HttpOnly; Partitioned; SameSite=None");
    assertThat(expired).isEqualTo(set.mutate().maxAge(0).value("").build());
    assertThat(expired.toString())
        .startsWith("shop=; Path=/shop; Domain=example.org; Max-Age=0; Expires=")
        .endsWith("; Secure; HttpOnly; Partitioned; SameSite=None");
  }

  @Test
  void expiredCookieOfASecureRequestIsTheHosts() {
    assertThat(expire(resolver, secure()).toString())
        .startsWith("__Host-SESSION=; Path=/; Max-Age=0; Expires=")
        .endsWith("; Secure; HttpOnly; SameSite=Lax");
  }

  @Test
  void domainOrPathMakesItThePlainCookie() {
    var domain = LatchkeyWebSessionIdResolver.builder().domain("example.org").build();
    var path = LatchkeyWebSessionIdResolver.builder().path("/").build();

    assertThat(set(domain, secure()).getName()).isEqualTo("SESSION");
    assertThat(set(domain, secure()).isSecure()).isTrue();
    assertThat(set(path, secure()).getName()).isEqualTo("SESSION");
  }

  @Test
  void secureOptionMakesEveryRequestSecure() {
    var secured = LatchkeyWebSessionIdResolver.builder().secure(true).build();

    assertThat(set(secured, plain()).getName()).isEqualTo("__Host-SESSION");
    assertThat(set(secured, plain()).isSecure()).isTrue();
  }

  @Test
  void secureOptionMakesNoRequestSecure() {
    var never = LatchkeyWebSessionIdResolver.builder().secure(false).build();

    assertThat(set(never, secure()).getName()).isEqualTo("SESSION");
    assertThat(set(never, secure()).isSecure()).isFalse();
  }

  @Test
  void nameOfOnesOwnIsUsedForEveryRequest() {
    var named = LatchkeyWebSessionIdResolver.builder().cookieName("__Host-SHOP").build();

    assertThat(set(named, plain()).toString())
        .isEqualTo("__Host-SHOP=" + ID + "; Path=/; Secure; HttpOnly; SameSite=Lax");
    assertThat(ids(named, plain().cookie(new HttpCookie("__Host-SHOP", ID)))).containsExactly(ID);
  }

  @Test
  void otherAttributesCanBeSwitchedOff() {
    var bare = LatchkeyWebSessionIdResolver.builder().httpOnly(false).sameSite(null).build();

    assertThat(set(bare, plain()).toString()).isEqualTo("SESSION=" + ID + "; Path=/");
  }

  @Test
  void partitionedIsLeftOutOfACookieThatIsNotSecure() {
    var partitioned = LatchkeyWebSessionIdResolver.builder().partitioned(true).build();

    assertThat(set(partitioned, plain()).isPartitioned()).isFalse();
    assertThat(set(partitioned, secure()).isPartitioned()).isTrue();
  }

  @Test
  void responseThatSetsTheCookieIsNotStoredByCaches() {
    MockServerWebExchange exchange = MockServerWebExchange.from(plain());
    exchange.getResponse().getHeaders().setCacheControl("public, max-age=3600");

    resolver.setSessionId(exchange, ID);

    assertThat(exchange.getResponse().getHeaders().getCacheControl()).isEqualTo("no-store");
  }

  @Test
  void stricterCacheControlIsLeftAsItIs() {
    MockServerWebExchange exchange = MockServerWebExchange.from(plain());
    exchange.getResponse().getHeaders().setCacheControl("no-cache, no-store, must-revalidate");

    resolver.expireSession(exchange);

    assertThat(exchange.getResponse().getHeaders().getCacheControl())
        .isEqualTo("no-cache, no-store, must-revalidate");
  }

  @Test
  void optionsThatBrowsersWouldRefuseAreRefused() {
    assertRefused(LatchkeyWebSessionIdResolver.builder().cookieName("__Host-A").domain("a.org"));
    assertRefused(LatchkeyWebSessionIdResolver.builder().cookieName("__host-A").path("/a"));
    assertRefused(LatchkeyWebSessionIdResolver.builder().cookieName("__Secure-A").secure(false));
    assertRefused(LatchkeyWebSessionIdResolver.builder().sameSite("None").secure(false));
    assertRefused(LatchkeyWebSessionIdResolver.builder().partitioned(true).secure(false));
    assertRefused(LatchkeyWebSessionIdResolver.builder().cookieName("a;b"));
    assertRefused(LatchkeyWebSessionIdResolver.builder().domain("a;b"));
  }

  @Test
  void wrongValuesAreRefusedWhenTheyAreSet() {
    var builder = LatchkeyWebSessionIdResolver.builder();

    assertThatThrownBy(() -> builder.cookieName(" ")).hasMessageContaining("cookieName");
    assertThatThrownBy(() -> builder.path("shop")).hasMessageContaining("path");
    assertThatThrownBy(() -> builder.sameSite("lax")).hasMessageContaining("sameSite");
    assertThatThrownBy(() -> builder.maxAge(Duration.ZERO)).hasMessageContaining("maxAge");
  }

  private static void assertRefused(LatchkeyWebSessionIdResolver.Builder builder) {
    assertThatThrownBy(builder::build).isInstanceOf(IllegalArgumentException.class);
  }

  private static MockServerHttpRequest.BaseBuilder<?> secure() {
    return MockServerHttpRequest.get("https://localhost/");
  }

  private static MockServerHttpRequest.BaseBuilder<?> plain() {
    return MockServerHttpRequest.get("http://localhost/");
  }

  private static List<String> ids(
      LatchkeyWebSessionIdResolver resolver, MockServerHttpRequest.BaseBuilder<?> request) {
    return resolver.resolveSessionIds(MockServerWebExchange.from(request));
  }

  private static ResponseCookie set(
      LatchkeyWebSessionIdResolver resolver, MockServerHttpRequest.BaseBuilder<?> request) {
    MockServerWebExchange exchange = MockServerWebExchange.from(request);
    resolver.setSessionId(exchange, ID);
    return onlyCookie(exchange);
  }

  private static ResponseCookie expire(
      LatchkeyWebSessionIdResolver resolver, MockServerHttpRequest.BaseBuilder<?> request) {
    MockServerWebExchange exchange = MockServerWebExchange.from(request);
    resolver.expireSession(exchange);
    return onlyCookie(exchange);
  }

  private static ResponseCookie onlyCookie(MockServerWebExchange exchange) {
    assertThat(exchange.getResponse().getCookies()).hasSize(1);
    return Objects.requireNonNull(
        exchange.getResponse().getCookies().values().iterator().next().get(0));
  }
}
