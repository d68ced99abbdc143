package io.latchkey.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.shop.Browser.Page;
import io.latchkey.tck.ValkeyServer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Visits to the running shop. */
class ShopTest {
  private static final String ENDED = "Your session has ended";

  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();
  private static @Nullable RunningShop shop;

  private final Browser browser = new Browser(shop().port());

  @BeforeAll
  static void open() {
    shop = RunningShop.start(SERVER.uri(), SERVER.namespace());
  }

  @AfterAll
  static void close() {
    shop().close();
  }

  @BeforeEach
  void forgetEverything() {
    endAllSessions();
  }

  @Test
  void visitorComesBackAfterARestartAndFindsTheCart() {
    assertThat(browser.get("/").body()).contains("Stoneware mug");
    Page signedIn = browser.post("/sign-in", "name", "Ada");
    assertThat(signedIn.status()).isEqualTo(303);
    assertThat(browser.follow(signedIn).body()).contains("Welcome, Ada");
    Page added = browser.post("/cart", "item", "mug");
    assertThat(added.status()).isEqualTo(303);
    assertThat(browser.follow(added).body()).contains("Ada, your cart", "Stoneware mug");

    shop().close();
    shop = RunningShop.start(SERVER.uri(), SERVER.namespace());
    browser.goTo(shop().port());

    assertThat(browser.get("/cart").body()).contains("Ada, your cart", "Stoneware mug");

    String lastCookie = browser.cookie();
    Page signedOut = browser.post("/sign-out");
    assertThat(signedOut.status()).isEqualTo(303);
    assertThat(browser.cookie()).isNull();
    assertThat(browser.follow(signedOut).body())
        .contains("You are signed out")
        .doesNotContain("Ada");
    assertThat(SERVER.keys()).isEmpty();

    browser.plant(lastCookie);
    assertThat(browser.get("/cart").body()).contains(ENDED).doesNotContain("Ada");
  }

  @Test
  void firstLookSetsNoCookieAndStoresNothing() {
    for (String path : new String[] {"/", "/cart", "/sign-in", "/session"}) {
      Page page = browser.get(path);

      assertThat(page.status()).isEqualTo(200);
      assertThat(page.setCookie()).isEmpty();
      assertThat(page.body()).doesNotContain(ENDED);
    }
    assertThat(SERVER.keys()).isEmpty();
  }

  @Test
  void cartFilledBeforeSigningInIsKept() {
    browser.post("/cart", "item", "fern");

    Page next = browser.follow(browser.post("/sign-in", "name", "Ada"));

    assertThat(next.body()).contains("Ada, your cart", "Boston fern");
  }

  @Test
  void cookieIsOutOfReachOfScriptsAndOtherSites() {
    assertThat(browser.post("/cart", "item", "mug").setCookie())
        .hasValueSatisfying(
            cookie -> assertThat(cookie).containsIgnoringCase("HttpOnly").contains("SameSite=Lax"));
  }

  @Test
  void cookieIsNotSetAgainByEachPage() {
    browser.post("/cart", "item", "mug");

    assertThat(browser.get("/cart").setCookie()).isEmpty();
    assertThat(browser.post("/cart", "item", "mug").setCookie()).isEmpty();
  }

  @Test
  void signingInEndsTheIdThatWasThereBefore() {
    browser.post("/cart", "item", "mug");
    String before = browser.cookie();

    browser.post("/sign-in", "name", "Ada");

    assertThat(browser.cookie()).isNotNull().isNotEqualTo(before);
    var attacker = new Browser(shop().port());
    attacker.plant(before);
    assertThat(attacker.get("/cart").body()).contains(ENDED).doesNotContain("Ada");
  }

  @Test
  void plantedIdIsNotTheVisitorsIdAfterSigningIn() {
    String planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    browser.plant(planted);

    browser.post("/sign-in", "name", "Ada");

    assertThat(browser.cookie()).isNotNull().isNotEqualTo(planted);
    var attacker = new Browser(shop().port());
    attacker.plant(planted);
    assertThat(attacker.get("/").body()).doesNotContain("Ada");
  }

  @Test
  void endedSessionIsExplainedOnEveryPageAndItsCookieExpired() {
    for (String path : new String[] {"/", "/cart", "/sign-in", "/session"}) {
      browser.post("/cart", "item", "mug");
      endAllSessions();

      Page page = browser.get(path);

      assertThat(page.body()).contains(ENDED).doesNotContain("Remove Stoneware mug");
      assertThat(page.setCookie())
          .hasValueSatisfying(cookie -> assertThat(cookie).contains("Max-Age=0"));
      assertThat(browser.cookie()).isNull();
      assertThat(SERVER.keys()).isEmpty();
    }
  }

  @Test
  void addingWithAnEndedSessionStartsNoNewCart() {
    browser.post("/cart", "item", "mug");
    endAllSessions();

    Page answer = browser.post("/cart", "item", "fern");

    assertThat(answer.status()).isEqualTo(303);
    assertThat(browser.follow(answer).body()).contains(ENDED, "Sign in");
    assertThat(SERVER.keys()).isEmpty();
  }

  @Test
  void visitorWhoseSessionHasEndedCanSignInAgain() {
    browser.post("/sign-in", "name", "Ada");
    endAllSessions();

    Page signedIn = browser.post("/sign-in", "name", "Ada");

    assertThat(browser.follow(signedIn).body()).contains("Welcome, Ada").doesNotContain(ENDED);
    assertThat(browser.get("/sign-in?ended").body()).doesNotContain(ENDED);
  }

  @Test
  void signingOutTwiceIsNoError() {
    browser.post("/sign-in", "name", "Ada");
    String cookie = browser.cookie();
    browser.post("/sign-out");
    browser.plant(cookie);

    assertThat(browser.post("/sign-out").status()).isEqualTo(303);
    assertThat(browser.cookie()).isNull();
  }

  @Test
  void removedItemLeavesTheCart() {
    browser.post("/cart", "item", "mug");
    browser.post("/cart", "item", "fern");

    Page cart = browser.follow(browser.post("/cart/remove", "item", "mug"));

    assertThat(cart.body()).contains("Boston fern").doesNotContain("Stoneware mug");
  }

  @Test
  void sameItemAgainIsCounted() {
    browser.post("/cart", "item", "mug");
    browser.post("/cart", "item", "mug");

    assertThat(browser.get("/cart").body()).contains("€ 32.00");
  }

  @Test
  void sessionPageShowsWhatIsStoredButNoId() {
    browser.post("/cart", "item", "mug");
    browser.post("/sign-in", "name", "Ada");

    String body = browser.get("/session").body();

    assertThat(body).contains("cart.mug", "name", "Ada", "6 days 23 hours");
    assertThat(body).doesNotContain(Objects.requireNonNull(browser.cookie()));
  }

  @Test
  void nameIsEscaped() {
    browser.post("/sign-in", "name", "<script>alert('x')</script>");

    for (String path : new String[] {"/", "/cart", "/sign-in", "/session"}) {
      assertThat(browser.get(path).body()).contains("&lt;script&gt;").doesNotContain("<script>");
    }
  }

  @Test
  void emptyNameIsAskedForAgain() {
    for (String name : new String[] {"", "   "}) {
      Page page = browser.post("/sign-in", "name", name);

      assertThat(page.status()).isEqualTo(400);
      assertThat(page.body()).contains("Please tell us your name");
      assertThat(page.setCookie()).isEmpty();
    }
  }

  @Test
  void overlongNameIsRefused() {
    assertThat(browser.post("/sign-in", "name", "x".repeat(61)).body()).contains("too long");
  }

  @Test
  void unknownItemIsRefusedInWords() {
    for (String item : new String[] {"nope", "", "../mug", "<b>"}) {
      Page page = browser.post("/cart", "item", item);

      assertThat(page.status()).isEqualTo(400);
      assertThat(page.body()).contains("There is no such product");
      assertThat(page.setCookie()).isEmpty();
    }
  }

  @Test
  void unknownPageIsAReadableOne() {
    Page page = browser.get("/nowhere");

    assertThat(page.status()).isEqualTo(404);
    assertThat(page.body()).contains("No such page");
  }

  @Test
  void personalPagesStayOutOfCaches() {
    browser.post("/sign-in", "name", "Ada");

    for (String path : new String[] {"/", "/cart", "/sign-in", "/session", "/nowhere"}) {
      assertThat(browser.get(path).header("Cache-Control")).hasValue("no-store");
    }
    assertThat(browser.get("/shop.css").header("Cache-Control")).hasValue("max-age=3600");
  }

  private static RunningShop shop() {
    return Objects.requireNonNull(shop);
  }

  private static void endAllSessions() {
    for (String key : SERVER.keys()) {
      SERVER.command("DEL", key);
    }
  }
}
