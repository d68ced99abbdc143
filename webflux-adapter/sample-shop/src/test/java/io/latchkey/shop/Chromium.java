package io.latchkey.shop;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.PageLoadStrategy;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * The machine's Chromium, with a profile of its own, and what a person does with it and sees in it.
 *
 * <p>It never outlives this JVM, however that ends, and nor does its profile: see {@link Janitor}.
 * It reaches no host but this one.
 */
final class Chromium implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final List<String> BROWSERS =
      List.of("chromium", "google-chrome", "google-chrome-stable");
  // It would say that it lacks a library for what is not used here. Held, or the level is
  // forgotten.
  private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");
  private static final String DRIVER = "chromedriver";
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  private static final String AXE = resource("/axe.min.js");
  private static final String FIND_HURDLES =
      """
      const [byFinger, done] = arguments;
      const found = [];
      const name = e => e.tagName + ' ' + (e.getAttribute('aria-label') ?? e.textContent).trim();
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth > width) found.push('the page is too wide');
      if (byFinger) {
        for (const e of document.querySelectorAll('a, button, input')) {
          const box = e.getBoundingClientRect();
          if (box.height > 1 && Math.min(box.height, box.width) < 44) {
            found.push('too small for a finger: ' + name(e));
          }
        }
      }
      axe.run({resultTypes: ['violations']}).then(
        results => {
          for (const fault of results.violations) {
            for (const node of fault.nodes) found.push(fault.id + ': ' + node.html);
          }
          done(found);
        },
        error => done(['axe failed: ' + error]));
      """;

  /** What a person holds in the hand, or has on the desk. */
  enum Screen {
    PHONE(390, 844),
    DESKTOP(1280, 900);

    final int width;
    final int height;

    Screen(int width, int height) {
      this.width = width;
      this.height = height;
    }

    boolean isPhone() {
      return this == PHONE;
    }
  }

  private final Screen screen;
  private final Janitor janitor;
  private final ChromeDriver driver;

  private Chromium(Screen screen, Janitor janitor, ChromeDriver driver) {
    this.screen = screen;
    this.janitor = janitor;
    this.driver = driver;
  }

  /** What must be installed before {@link #start} can be called; empty if nothing. */
  static Optional<String> missing() {
    List<String> missing = new ArrayList<>();
    if (BROWSERS.stream().allMatch(name -> onPath(name).isEmpty())) {
      missing.add("chromium");
    }
    if (onPath(DRIVER).isEmpty()) {
      missing.add(DRIVER);
    }
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "no "
                + String.join(" and no ", missing)
                + " on the PATH; on Debian: apt-get install chromium chromium-driver");
  }

  static Chromium start(Screen screen) {
    Path browser =
        BROWSERS.stream().flatMap(name -> onPath(name).stream()).findFirst().orElseThrow();
    SELENIUM.setLevel(Level.SEVERE);
    Janitor janitor = Janitor.start();
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            // Both given: Selenium looks for nothing by itself.
            .usingDriverExecutable(onPath(DRIVER).orElseThrow().toFile())
            .usingAnyFreePort()
            .withEnvironment(Map.of("TMPDIR", janitor.folder.toString()))
            .withLogFile(janitor.folder.resolve("chromedriver.log").toFile())
            .build();
    try {
      service.start();
      janitor.watch();
      ChromeOptions options = options(screen, janitor.folder.resolve("profile"));
      options.setBinary(browser.toFile());
      var driver = new ChromeDriver(service, options);
      janitor.watch();
      return new Chromium(screen, janitor, driver);
    } catch (IOException | RuntimeException e) {
      service.stop();
      janitor.close();
      throw new IllegalStateException("Chromium did not start", e);
    }
  }

  private static ChromeOptions options(Screen screen, Path profile) {
    var options = new ChromeOptions();
    options.addArguments(
        "--headless=new",
        "--no-sandbox", // it refuses to start one as root
        "--disable-dev-shm-usage", // small in containers
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--lang=en",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost",
        "--user-data-dir=" + profile);
    options.setExperimentalOption(
        "mobileEmulation",
        Map.of(
            "deviceMetrics",
            Map.of(
                "width",
                screen.width,
                "height",
                screen.height,
                "pixelRatio",
                1,
                "mobile",
                screen.isPhone(),
                "touch",
                screen.isPhone())));
    // A person need not wait for one tab before using the other.
    options.setPageLoadStrategy(PageLoadStrategy.NONE);
    var logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    return options;
  }

  /** As a person who has never been here: no cookies, no history, one empty tab. */
  void forgetEverything() {
    List<String> old = List.copyOf(driver.getWindowHandles());
    driver.switchTo().newWindow(WindowType.TAB);
    String fresh = tab();
    for (String tab : old) {
      driver.switchTo().window(tab).close();
    }
    driver.switchTo().window(fresh);
    driver.executeCdpCommand("Network.clearBrowserCookies", Map.of());
    driver.executeCdpCommand("Network.clearBrowserCache", Map.of());
    useDarkColours(false);
    complaints();
  }

  void open(String address) {
    follow(() -> driver.get(address));
  }

  void reload() {
    follow(() -> driver.navigate().refresh());
  }

  void goBack() {
    follow(() -> driver.navigate().back());
  }

  /** Opens another tab, and looks at it. */
  String openInNewTab(String address) {
    driver.switchTo().newWindow(WindowType.TAB);
    open(address);
    return tab();
  }

  String tab() {
    return driver.getWindowHandle();
  }

  void lookAt(String tab) {
    driver.switchTo().window(tab);
  }

  /** Presses the button or link with this name, and looks at the page that it leads to. */
  void press(String name) {
    follow(() -> pressAndGoOn(name));
  }

  /** Presses it, and does not wait for what comes of it. */
  void pressAndGoOn(String name) {
    // The last, as the page's own stands after the one at the top.
    await(
            "'" + name + "' to press",
            d -> {
              List<WebElement> found = d.findElements(named(name));
              return found.isEmpty() ? null : found.get(found.size() - 1);
            })
        .click();
  }

  void type(String label, String text) {
    find(By.xpath("//*[@id = //label[normalize-space() = '" + label + "']/@for]")).sendKeys(text);
  }

  /** Presses a key wherever the focus is. */
  void key(Keys key) {
    new Actions(driver).sendKeys(key).perform();
  }

  /** Presses a key that leads to another page. */
  void keyToNextPage(Keys key) {
    follow(() -> key(key));
  }

  /** All words that can be seen on the page. */
  String text() {
    return find(By.tagName("body")).getText();
  }

  String heading() {
    return find(By.tagName("h1")).getText();
  }

  /** Waits until these words can be seen. */
  void awaitText(String words) {
    await("'" + words + "' to be seen", d -> text().contains(words));
  }

  void useDarkColours(boolean dark) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
  }

  /** The name of what has the focus; empty if nothing has. */
  String focus() {
    WebElement focused = driver.switchTo().activeElement();
    return "body".equals(focused.getTagName())
        ? ""
        : Objects.requireNonNullElse(focused.getAccessibleName(), "");
  }

  /** Whether it can be seen what has the focus. */
  boolean focusIsVisible() {
    WebElement focused = driver.switchTo().activeElement();
    return focused.isDisplayed() && "solid".equals(focused.getCssValue("outline-style"));
  }

  /** Makes the name of each product or section this one, to see whether it fits. */
  void renameAll(String name) {
    driver.executeScript(
        "document.querySelectorAll('h2').forEach(h => h.textContent = arguments[0])", name);
  }

  /**
   * Faults that make the page hard to use: those that axe finds, such as a low contrast or a
   * missing name; whatever is wider than the screen; and, on a phone, what is smaller than a
   * fingertip.
   */
  List<String> hurdles() {
    driver.manage().timeouts().scriptTimeout(PATIENCE);
    driver.executeScript(AXE);
    Object found = driver.executeAsyncScript(FIND_HURDLES, screen.isPhone());
    return ((List<?>) Objects.requireNonNull(found)).stream().map(String::valueOf).toList();
  }

  /** The warnings and errors in the browser's console since it was last asked. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Keeps a picture of what is to be seen. */
  void photograph(String name) {
    try {
      Files.createDirectories(SCREENSHOTS);
      Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      driver.quit();
    } finally {
      janitor.close();
    }
  }

  /** Waits until what the action leads to has replaced the page, and is there whole. */
  private void follow(Runnable action) {
    WebElement before = find(By.tagName("html"));
    action.run();
    await("another page", d -> isGone(before));
    await(
        "the whole page",
        d -> "complete".equals(driver.executeScript("return document.readyState")));
  }

  private static boolean isGone(WebElement element) {
    try {
      element.isEnabled();
      return false;
    } catch (StaleElementReferenceException e) {
      return true;
    }
  }

  private WebElement find(By by) {
    return await(by.toString(), d -> d.findElement(by));
  }

  private <T> T await(String what, Function<WebDriver, @Nullable T> condition) {
    return new WebDriverWait(driver, PATIENCE)
        .withMessage("waited for " + what)
        .pollingEvery(POLL)
        .ignoring(NoSuchElementException.class)
        // Of a page that is just being replaced.
        .ignoring(WebDriverException.class)
        .until(condition);
  }

  private static By named(String name) {
    String match = "[@aria-label = '" + name + "' or normalize-space() = '" + name + "']";
    return By.xpath("//button" + match + " | //a" + match);
  }

  private static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(Chromium.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<Path> onPath(String name) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path file = Path.of(folder.isEmpty() ? "." : folder, name);
      if (Files.isRegularFile(file) && Files.isExecutable(file)) {
        return Optional.of(file.toAbsolutePath());
      }
    }
    return Optional.empty();
  }

  /**
   * A shell that outlives this JVM by a moment, however that ends: its input is a pipe from here,
   * and when that closes, it kills what it was told of and deletes the folder.
   */
  private static final class Janitor implements AutoCloseable {
    private static final String CLEAN_UP_AT_END_OF_INPUT =
        """
        trap '' HUP INT TERM
        pids=
        while read -r line; do pids=$line; done
        [ -z "$pids" ] || kill -9 $pids 2>/dev/null
        tries=0
        until rm -rf -- "$0" 2>/dev/null || [ $tries -ge 50 ]; do
          tries=$((tries + 1)); sleep 0.1
        done
        """;

    final Path folder;
    private final Process shell;
    private final OutputStream pipe;

    private Janitor(Path folder, Process shell) {
      this.folder = folder;
      this.shell = shell;
      this.pipe = shell.getOutputStream();
    }

    static Janitor start() {
      try {
        Path folder = Files.createTempDirectory("latchkey-browser-");
        Process shell =
            new ProcessBuilder("sh", "-c", CLEAN_UP_AT_END_OF_INPUT, folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start();
        return new Janitor(folder, shell);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** From now on, the driver and its browser are killed with this JVM. */
    void watch() throws IOException {
      StringBuilder pids = new StringBuilder();
      try (var children = ProcessHandle.current().children()) {
        children
            .filter(child -> child.info().command().orElse("").endsWith(DRIVER))
            .forEach(
                child -> {
                  pids.append(child.pid()).append(' ');
                  child.descendants().forEach(one -> pids.append(one.pid()).append(' '));
                });
      }
      write(pids.toString());
    }

    private void write(String line) throws IOException {
      pipe.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      pipe.flush();
    }

    /** After all processes have ended; returns when the folder is gone. */
    @Override
    public void close() {
      try (pipe) {
        write("");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      shell.onExit().join();
    }
  }
}
