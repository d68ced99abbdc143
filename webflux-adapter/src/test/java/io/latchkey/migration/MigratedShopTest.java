package io.latchkey.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.webflux.testing.Visitor;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The tests of an application that was written for Spring Session, before and after it migrates.
 */
@ParameterizedClass
@EnumSource(names = {"SPRING_SESSION", "LATCHKEY_BY_BOOT", "LATCHKEY"})
class MigratedShopTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  @SuppressWarnings("NullAway.Init")
  private static RunningShop shop;

  @SuppressWarnings("NullAway.Init")
  @Parameter
  RunningShop.Variant variant;

  @BeforeParameterizedClassInvocation
  static void start(RunningShop.Variant variant) {
    shop = RunningShop.start(variant, SERVER);
  }

  @AfterParameterizedClassInvocation
  static void stop() throws IOException {
    shop.close();
  }

  @AfterEach
  void forgetSessions() {
    SERVER.keys().forEach(key -> SERVER.command("DEL", key));
  }

  @Test
  void onlyOneOfTheLibrariesIsThere() {
    boolean springSession = variant == RunningShop.Variant.SPRING_SESSION;

    assertThat(shop.has("org.springframework.session.Session")).isEqualTo(springSession);
    assertThat(shop.has("io.latchkey.SessionStore")).isNotEqualTo(springSession);
  }

  @Test
  void visitorWhoOnlyLooksHasNoSession() {
    Visitor visitor = shop.visitor();

    assertThat(visitor.page("/cart")).isEqualTo("null");

    assertThat(visitor.id()).isNull();
    assertThat(SERVER.keys()).isEmpty();
  }

  @Test
  void cartIsKept() {
    Visitor visitor = shop.visitor();
    visitor.post("/cart/tea");
    visitor.post("/cart/milk");
    visitor.post("/cart/tea");

    assertThat(visitor.page("/cart")).isEqualTo("2 tea, 1 milk");
  }

  @Test
  void cartsOfTwoVisitorsAreKeptApart() {
    Visitor ada = shop.visitor();
    Visitor grace = shop.visitor();
    ada.post("/cart/tea");
    grace.post("/cart/milk");

    assertThat(ada.page("/cart")).isEqualTo("1 tea");
    assertThat(grace.page("/cart")).isEqualTo("1 milk");
  }

  @Test
  void recordIsKept() {
    Visitor visitor = shop.visitor();
    visitor.post("/delivery/Elm");

    assertThat(visitor.page("/delivery"))
        .isEqualTo("Delivery[street=Elm, day=2026-12-24, fee=4.90, speed=EXPRESS]");
  }

  @Test
  void cookieIsAsTheApplicationHasIt() {
    HttpResponse<String> response = shop.visitor().get("/csrf");

    assertThat(response.headers().allValues("Set-Cookie"))
        .singleElement()
        .asString()
        .startsWith(RunningShop.COOKIE + "=")
        .containsIgnoringCase("SameSite=strict")
        .containsIgnoringCase("HttpOnly");
  }

  @Test
  void formWithoutItsTokenIsRefused() {
    Visitor visitor = shop.visitor();
    visitor.post("/cart/tea");

    assertThat(visitor.postWithoutToken("/cart/milk").statusCode()).isEqualTo(403);
    assertThat(visitor.page("/cart")).isEqualTo("1 tea");
  }

  @Test
  void visitorWhoSignedInIsKnown() {
    Visitor visitor = shop.visitor();

    visitor.signIn();

    assertThat(visitor.page("/account")).isEqualTo("ada");
  }

  @Test
  void visitorIsSentToSignInAndBackToThePage() {
    Visitor visitor = shop.visitor();

    HttpResponse<String> refused = visitor.get("/account");
    HttpResponse<String> signedIn = visitor.signIn();

    assertThat(refused.headers().firstValue("Location")).contains("/login");
    assertThat(signedIn.headers().firstValue("Location").orElse("")).startsWith("/account");
  }

  @Test
  void wrongPasswordSignsNobodyIn() {
    Visitor visitor = shop.visitor();

    visitor.post("/login", "username", "ada", "password", "wrong");

    assertThat(visitor.get("/account").statusCode()).isEqualTo(302);
  }

  @Test
  void signingInChangesTheIdAndKeepsTheCart() {
    Visitor visitor = shop.visitor();
    visitor.post("/cart/tea");
    String before = Objects.requireNonNull(visitor.id());

    visitor.signIn();

    assertThat(visitor.id()).isNotNull().isNotEqualTo(before);
    assertThat(visitor.page("/cart")).isEqualTo("1 tea");
    assertThat(shop.visitor().with(before).page("/cart")).isEqualTo("null");
  }

  @Test
  void signingOutEndsTheSession() {
    Visitor visitor = shop.visitor();
    visitor.post("/cart/tea");
    visitor.signIn();
    String id = Objects.requireNonNull(visitor.id());

    HttpResponse<String> signedOut = visitor.post("/logout");

    assertThat(signedOut.statusCode()).isEqualTo(302);
    assertThat(visitor.id()).isNull();
    assertThat(shop.visitor().with(id).get("/account").statusCode()).isEqualTo(302);
    assertThat(shop.visitor().with(id).page("/cart")).isEqualTo("null");
  }

  @Test
  void sessionIsKeptForAsLongAsTheApplicationSays() {
    Visitor visitor = shop.visitor();
    visitor.post("/cart/tea");

    assertThat(visitor.page("/idle-time")).isEqualTo(Duration.ofMinutes(20).toString());
    assertThat(timeToLive()).isBetween(Duration.ofMinutes(18), Duration.ofMinutes(21));
  }

  @Test
  void sessionMayBeKeptForLonger() {
    Visitor visitor = shop.visitor();

    visitor.post("/keep-for-a-week");

    assertThat(visitor.page("/idle-time")).isEqualTo(Duration.ofDays(7).toString());
    assertThat(timeToLive()).isGreaterThan(Duration.ofDays(6));
  }

  @Test
  void visitorWhoseSessionHasEndedStartsAnew() {
    Visitor visitor = shop.visitor();
    visitor.post("/cart/tea");
    String id = visitor.id();
    forgetSessions();

    assertThat(visitor.page("/cart")).isEqualTo("null");
    visitor.post("/cart/milk");

    assertThat(visitor.page("/cart")).isEqualTo("1 milk");
    assertThat(visitor.id()).isNotEqualTo(id);
  }

  /** Of the only session. */
  private static Duration timeToLive() {
    assertThat(SERVER.keys()).hasSize(1);
    String key = SERVER.keys().iterator().next();
    return Duration.ofMillis(
        (Long) Objects.requireNonNull(SERVER.command("PTTL", key), "no time to live"));
  }
}
