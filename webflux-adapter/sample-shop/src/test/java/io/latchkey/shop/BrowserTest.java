package io.latchkey.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.shop.Chromium.Screen;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.openqa.selenium.Keys;

/**
 * Visits to the running shop with a real browser, on a phone and on a desktop. What was to be seen
 * stands in {@code target/screenshots}.
 */
@ParameterizedClass
@EnumSource(Screen.class)
class BrowserTest {
  private static final String ENDED = "Your session has ended";
  private static final String ADD_MUG = "Add Stoneware mug to the cart";
  private static final String ADD_FERN = "Add Boston fern to the cart";

  private static final Meeting MEETING = new Meeting();
  private static @Nullable ServerProcess server;
  private static @Nullable RunningShop shop;
  private static @Nullable Chromium chromium;

  private final Screen screen;
  private final Chromium browser = Objects.requireNonNull(chromium);
  private int photographs;

  BrowserTest(Screen screen) {
    this.screen = screen;
  }

  @BeforeAll
  static void browserIsInstalled() {
    Optional<String> missing = Chromium.missing();
    missing.ifPresent(what -> System.out.println("BrowserTest is skipped: " + what));
    assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
  }

  @BeforeParameterizedClassInvocation
  static void openShop(Screen screen) {
    // With each change on the disk before it is answered, so that killing it loses nothing.
    server = ValkeyServer.start("--appendonly", "yes", "--appendfsync", "always");
    // Never two at a time: a Spring application that closes takes Netty's threads from all others.
    shop = RunningShop.start(server.uri(), "shop", 0, MEETING);
    chromium = Chromium.start(screen);
  }

  @AfterParameterizedClassInvocation
  static void closeShop() {
    try {
      close(chromium);
    } finally {
      try {
        close(shop);
      } finally {
        close(server);
      }
      chromium = null;
      shop = null;
      server = null;
    }
  }

  @BeforeEach
  void comeForTheFirstTime() {
    browser.forgetEverything();
  }

  @AfterEach
  void consoleIsClean() {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void cartFilledInTwoTabsAtOnceKeepsBoth() {
    browser.open(address("/"));
    photograph("two-tabs", "first look");
    browser.press("Sign in");
    photograph("two-tabs", "sign in");
    browser.type("Your name", "Ada");
    browser.press("Sign in");
    assertThat(browser.text()).contains("Welcome, Ada");
    photograph("two-tabs", "signed in");
    String first = browser.tab();
    String second = browser.openInNewTab(address("/"));
    assertThat(browser.text()).contains("Welcome, Ada");

    MEETING.expect(2);
    browser.lookAt(first);
    browser.pressAndGoOn(ADD_MUG);
    browser.lookAt(second);
    browser.pressAndGoOn(ADD_FERN);

    browser.awaitText("Ada, your cart");
    browser.lookAt(first);
    browser.awaitText("Ada, your cart");
    for (String tab : new String[] {first, second}) {
      browser.lookAt(tab);
      browser.reload();
      assertThat(browser.text()).contains("Stoneware mug", "Boston fern", "€ 38.50");
    }
    photograph("two-tabs", "both in the cart");
  }

  @Test
  void cartOutlivesARestartOfShopAndServer() {
    signIn("Ada");
    browser.press(ADD_MUG);
    assertThat(browser.text()).contains("Ada, your cart", "Stoneware mug");
    photograph("restart", "before");
    assertThat(browser.complaints()).isEmpty();

    server().kill();
    browser.reload();

    assertThat(browser.heading()).isEqualTo("We will be right back");
    photograph("restart", "meanwhile");
    assertThat(browser.complaints()).singleElement().asString().contains("/cart", "503");

    server().restart();
    int port = shop().port();
    shop().close();
    shop = RunningShop.start(server().uri(), "shop", port, MEETING);
    browser.reload();

    assertThat(browser.text()).contains("Ada, your cart", "Stoneware mug");
    photograph("restart", "after");
    browser.press("Go on shopping");
    browser.press(ADD_FERN);
    assertThat(browser.text()).contains("Ada, your cart", "Stoneware mug", "Boston fern");
  }

  @Test
  void expiredSessionIsExplainedAndSigningInAgainGoesOn() {
    signIn("Ada");
    browser.press(ADD_MUG);
    expireAllSessions();

    browser.reload();

    assertThat(browser.text())
        .contains(ENDED, "Please sign in again")
        .doesNotContain("Ada", "Stoneware mug");
    photograph("expired", "cart");
    browser.press("Sign in");
    assertThat(browser.text()).contains(ENDED);
    photograph("expired", "sign in");
    browser.type("Your name", "Ada");
    browser.press("Sign in");
    assertThat(browser.text()).contains("Welcome, Ada").doesNotContain(ENDED);
    photograph("expired", "signed in again");
  }

  @Tag("thorough")
  @Test
  void addingToACartThatExpiredIsExplained() {
    signIn("Ada");
    expireAllSessions();

    browser.press(ADD_MUG);

    assertThat(browser.heading()).isEqualTo("Sign in");
    assertThat(browser.text()).contains(ENDED);
    photograph("expired", "adding");
  }

  @Test
  void signedOutVisitorWhoGoesBackSeesNothingOfTheVisit() {
    signIn("Ada");
    browser.press(ADD_MUG);
    assertThat(browser.text()).contains("Ada, your cart", "Stoneware mug");

    browser.press("Sign out");

    assertThat(browser.text()).contains("You are signed out").doesNotContain("Ada");
    photograph("sign-out", "signed out");
    browser.goBack();
    assertThat(browser.heading()).isEqualTo("Your cart");
    assertThat(browser.text()).contains("Sign in").doesNotContain("Ada", "mug", "Sign out");
    photograph("sign-out", "back to the cart");
    browser.goBack();
    assertThat(browser.heading()).isEqualTo("Things for coming home");
    assertThat(browser.text()).contains("Sign in").doesNotContain("Ada", "Sign out");
    photograph("sign-out", "back to the products");
  }

  @Tag("thorough")
  @Test
  void pagesAreEasyToReadAndToUse() {
    for (boolean dark : new boolean[] {false, true}) {
      browser.forgetEverything();
      browser.useDarkColours(dark);
      for (String path : new String[] {"/", "/cart", "/sign-in", "/session", "/nowhere"}) {
        browser.open(address(path));
        assertNoHurdles(dark, "stranger " + path);
      }
      assertThat(browser.complaints()).singleElement().asString().contains("/nowhere", "404");
      browser.open(address("/sign-in"));
      browser.type("Your name", "Bartholomea".repeat(5));
      browser.press("Sign in");
      assertNoHurdles(dark, "visitor home");
      browser.press(ADD_MUG);
      assertNoHurdles(dark, "visitor cart");
      browser.open(address("/session"));
      assertNoHurdles(dark, "visitor session");
      expireAllSessions();
      browser.open(address("/cart"));
      assertNoHurdles(dark, "ended cart");
    }
  }

  @Tag("thorough")
  @Test
  void longNamesFit() {
    browser.open(address("/"));
    browser.renameAll("Hand-forged Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel");
    assertThat(browser.hurdles()).isEmpty();
    photograph("long", "names");
    browser.press(ADD_MUG);
    browser.renameAll("Hand-forged Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel");
    assertThat(browser.hurdles()).isEmpty();
    photograph("long", "names in the cart");
  }

  @Tag("thorough")
  @Test
  void visitorNeedsNothingButTheKeyboard() {
    browser.open(address("/sign-in"));
    assertThat(browser.focus()).isEqualTo("Your name");
    browser.type("Your name", "Ada");
    browser.keyToNextPage(Keys.ENTER);
    assertThat(browser.text()).contains("Welcome, Ada");

    browser.key(Keys.TAB);
    assertThat(browser.focus()).isEqualTo("Skip to the content");
    assertThat(browser.focusIsVisible()).isTrue();
    photograph("keyboard", "skip");
    browser.key(Keys.ENTER);
    browser.key(Keys.TAB);
    assertThat(browser.focus()).isEqualTo("Add Brass key to the cart");
    assertThat(browser.focusIsVisible()).isTrue();
    photograph("keyboard", "first product");
    browser.keyToNextPage(Keys.ENTER);

    assertThat(browser.text()).contains("Ada, your cart", "Brass key");
  }

  private void assertNoHurdles(boolean dark, String page) {
    photograph(dark ? "dark" : "light", page.replace("/", ""));
    assertThat(browser.hurdles()).as("%s, %s", page, dark ? "dark" : "light").isEmpty();
  }

  private void signIn(String name) {
    browser.open(address("/sign-in"));
    browser.type("Your name", name);
    browser.press("Sign in");
    assertThat(browser.text()).contains("Welcome, " + name);
  }

  private void photograph(String story, String step) {
    browser.photograph(
        screen.name().toLowerCase(Locale.ROOT)
            + "-"
            + story
            + "-"
            + ++photographs
            + "-"
            + step.replace(' ', '-'));
  }

  private static String address(String path) {
    return "http://localhost:" + shop().port() + path;
  }

  /** The server itself ends them, as it does when their time has come. */
  private static void expireAllSessions() {
    RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", server().port()));
    try {
      var commands = client.connect().sync();
      List<String> keys = commands.keys("*");
      assertThat(keys).isNotEmpty();
      keys.forEach(key -> commands.pexpireat(key, 1L));
      assertThat(commands.keys("*")).isEmpty();
    } finally {
      client.shutdown();
    }
  }

  private static RunningShop shop() {
    return Objects.requireNonNull(shop);
  }

  private static ServerProcess server() {
    return Objects.requireNonNull(server);
  }

  private static void close(@Nullable AutoCloseable what) {
    try {
      if (what != null) {
        what.close();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
