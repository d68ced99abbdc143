package io.latchkey.webflux;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.session.WebSessionIdResolver;

/**
 * Keeps the session's id in a cookie that is as safe as the request allows, and takes it from there
 * only.
 *
 * <table>
 * <caption>The cookie, unless an option says something else</caption>
 * <tr><th>request</th><th>name</th><th>attributes</th></tr>
 * <tr><td>secure</td><td>{@code __Host-SESSION}</td>
 *     <td>{@code Path=/; Secure; HttpOnly; SameSite=Lax}</td></tr>
 * <tr><td>secure, with a domain or a path set</td><td>{@code SESSION}</td>
 *     <td>{@code Secure; HttpOnly; SameSite=Lax}, and those two</td></tr>
 * <tr><td>not secure</td><td>{@code SESSION}</td>
 *     <td>{@code HttpOnly; SameSite=Lax}, and the application's context path</td></tr>
 * </table>
 *
 * <p>A browser takes a cookie whose name starts with {@code __Host-} only from the very host, and
 * only over TLS. So neither another host of the same domain nor somebody on the network can plant
 * one, and on a secure request a cookie of the plain name {@code SESSION}, which they can plant, is
 * not read. Where visitors were signed in with a cookie of another name before, they sign in once
 * more, unless {@link Builder#cookieName} keeps the former name. As the cookie is for all paths of
 * its host, applications that share a host need a {@link Builder#cookieName} or a {@link
 * Builder#path} each, whatever their context paths are.
 *
 * <p>A request is secure if the scheme of its URI is {@code https}. Behind a proxy that ends TLS,
 * Spring has to be told to believe the proxy ({@code server.forward-headers-strategy=framework} or
 * {@code native} under Boot, a {@code ForwardedHeaderTransformer} without), or this class ({@link
 * Builder#secure}).
 *
 * <p>A response that sets the cookie, or expires it, is given {@code Cache-Control: no-store}
 * whatever the handler asked for: a cache that kept it would let others into the session.
 *
 * <p>Others may plant cookies of the same name beside the visitor's own. Values that cannot be an
 * id, by their characters or length, are ignored. Of the others the last {@value #MAX_IDS} are
 * candidates; if there are more, values of fewer than {@value #MIN_ID_LENGTH} characters are not.
 * {@link LatchkeyWebSessionStore} reads them in one round trip and takes the last one that finds a
 * session.
 *
 * <p>Immutable, and safe for use by several threads.
 */
public final class LatchkeyWebSessionIdResolver implements WebSessionIdResolver {
  /** The cookie's name where a request is not secure, or a domain or path is set. */
  public static final String PLAIN_NAME = "SESSION";

  /** The cookie's name where nothing stands in the way. */
  public static final String HOST_NAME = "__Host-SESSION";

  private static final String HOST_PREFIX = "__host-";
  private static final String SECURE_PREFIX = "__secure-";

  private static final int MAX_IDS = 16;

  /** 22 base64url characters have 128 bits. Shorter ids can be guessed, so no store makes them. */
  private static final int MIN_ID_LENGTH = 22;

  private static final int MAX_ID_LENGTH = 64;

  /** The request's attribute that holds the cookie put into the response. */
  private static final String SENT = LatchkeyWebSessionIdResolver.class.getName() + ".SENT";

  private final Builder options;

  private LatchkeyWebSessionIdResolver(Builder options) {
    this.options = options;
  }

  /**
   * A resolver with all defaults.
   *
   * @return the resolver
   */
  public static LatchkeyWebSessionIdResolver withDefaults() {
    return builder().build();
  }

  /**
   * A resolver with options of one's own.
   *
   * @return a builder with all defaults
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The ids in the request's cookies of the name that {@link #setSessionId} would use.
   *
   * @param exchange the request
   * @return up to {@value #MAX_IDS} different ids in the order of the cookies, or none
   */
  @Override
  public List<String> resolveSessionIds(ServerWebExchange exchange) {
    return RequestedIds.of(exchange, ids(exchange));
  }

  private List<String> ids(ServerWebExchange exchange) {
    List<HttpCookie> cookies = exchange.getRequest().getCookies().get(name(exchange));
    if (cookies == null) {
      return List.of();
    }
    Set<String> different = new LinkedHashSet<>();
    for (HttpCookie cookie : cookies) {
      if (isWellFormed(cookie.getValue())) {
        different.add(cookie.getValue());
      }
    }
    if (different.size() > MAX_IDS) {
      different.removeIf(id -> id.length() < MIN_ID_LENGTH);
    }
    List<String> ids = List.copyOf(different);
    return ids.subList(Math.max(0, ids.size() - MAX_IDS), ids.size());
  }

  /**
   * Sends the id as a cookie, unless it is one of several that the request has. Spring compares the
   * session's id with the first of these only, which others may have planted.
   *
   * @param exchange the request, whose response is not committed yet
   * @param sessionId the id
   */
  @Override
  public void setSessionId(ServerWebExchange exchange, String sessionId) {
    Objects.requireNonNull(sessionId, "sessionId");
    if (ids(exchange).indexOf(sessionId) <= 0) {
      send(exchange, cookie(exchange, sessionId).maxAge(options.maxAge).build());
    }
  }

  /**
   * Has the browser forget the cookie.
   *
   * @param exchange the request, whose response is not committed yet
   */
  @Override
  public void expireSession(ServerWebExchange exchange) {
    send(exchange, cookie(exchange, "").maxAge(Duration.ZERO).build());
  }

  /** Takes the cookie that was put into the response out of it again. */
  static void withdraw(ServerWebExchange exchange) {
    if (exchange.getAttributes().remove(SENT) instanceof ResponseCookie sent) {
      exchange.getResponse().getCookies().remove(sent.getName());
    }
  }

  private static void send(ServerWebExchange exchange, ResponseCookie cookie) {
    exchange.getAttributes().put(SENT, cookie);
    exchange.getResponse().getCookies().set(cookie.getName(), cookie);
    HttpHeaders headers = exchange.getResponse().getHeaders();
    String cacheControl = headers.getCacheControl();
    if (cacheControl == null || !cacheControl.toLowerCase(Locale.ROOT).contains("no-store")) {
      headers.setCacheControl(CacheControl.noStore());
    }
  }

  private ResponseCookie.ResponseCookieBuilder cookie(ServerWebExchange exchange, String value) {
    String name = name(exchange);
    boolean secure = isSecure(exchange) || hasPrefix(name, SECURE_PREFIX, HOST_PREFIX);
    return ResponseCookie.from(name, value)
        .domain(options.domain)
        .path(path(exchange, name))
        .secure(secure)
        .httpOnly(options.httpOnly)
        .sameSite(options.sameSite)
        .partitioned(options.partitioned && secure); // browsers refuse it otherwise
  }

  private String path(ServerWebExchange exchange, String name) {
    if (options.path != null) {
      return options.path;
    }
    return hasPrefix(name, HOST_PREFIX)
        ? "/"
        : exchange.getRequest().getPath().contextPath().value() + "/";
  }

  private String name(ServerWebExchange exchange) {
    if (options.cookieName != null) {
      return options.cookieName;
    }
    return isSecure(exchange) && options.domain == null && options.path == null
        ? HOST_NAME
        : PLAIN_NAME;
  }

  private boolean isSecure(ServerWebExchange exchange) {
    return options.secure != null
        ? options.secure
        : "https".equalsIgnoreCase(exchange.getRequest().getURI().getScheme());
  }

  /** Browsers do not mind the case of the prefixes. */
  private static boolean hasPrefix(String name, String... prefixes) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    for (String prefix : prefixes) {
      if (lowerCase.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isWellFormed(String id) {
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean fits =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_';
      if (!fits) {
        return false;
      }
    }
    return !id.isEmpty() && id.length() <= MAX_ID_LENGTH;
  }

  @Override
  public String toString() {
    return "LatchkeyWebSessionIdResolver";
  }

  /** The options of a {@link LatchkeyWebSessionIdResolver}. For one thread. */
  public static final class Builder {
    private @Nullable String cookieName;
    private Duration maxAge = Duration.ofSeconds(-1);
    private @Nullable String domain;
    private @Nullable String path;
    private @Nullable Boolean secure;
    private boolean httpOnly = true;
    private @Nullable String sameSite = "Lax";
    private boolean partitioned;

    private Builder() {}

    private Builder(Builder other) {
      cookieName = other.cookieName;
      maxAge = other.maxAge;
      domain = other.domain;
      path = other.path;
      secure = other.secure;
      httpOnly = other.httpOnly;
      sameSite = other.sameSite;
      partitioned = other.partitioned;
    }

    /**
     * One name for the cookie of every request, secure or not. Browsers hold a name that starts
     * with {@code __Host-} or {@code __Secure-} to its promise; such a cookie is always {@code
     * Secure}, and cannot be used without TLS.
     *
     * @param name the name
     * @return this builder
     */
    public Builder cookieName(String name) {
      cookieName = requireText("cookieName", name);
      return this;
    }

    /**
     * How long browsers keep the cookie: negative, as by default, until the browser is closed.
     * Longer than the session's own timeout serves no purpose.
     *
     * @param maxAge the time, in whole seconds
     * @return this builder
     * @throws IllegalArgumentException if it is zero or less than a second
     */
    public Builder maxAge(Duration maxAge) {
      Objects.requireNonNull(maxAge, "maxAge");
      if (!maxAge.isNegative() && maxAge.toSeconds() == 0) {
        throw new IllegalArgumentException(
            "maxAge must be at least a second (or negative, to end with the browser), was "
                + maxAge);
      }
      this.maxAge = maxAge;
      return this;
    }

    /**
     * The domain whose hosts all get the cookie, and may all plant one: by default only the host
     * that sets it.
     *
     * @param domain the domain
     * @return this builder
     */
    public Builder domain(String domain) {
      this.domain = requireText("domain", domain);
      return this;
    }

    /**
     * The path under which the browser sends the cookie: {@code /} by default where the cookie is
     * {@code __Host-SESSION}, else the application's context path.
     *
     * @param path the path, from {@code /} on
     * @return this builder
     * @throws IllegalArgumentException if it does not start with {@code /}
     */
    public Builder path(String path) {
      if (!Objects.requireNonNull(path, "path").startsWith("/")) {
        throw new IllegalArgumentException("path must start with /, was " + path);
      }
      this.path = path;
      return this;
    }

    /**
     * Whether requests count as secure, and the cookie is {@code Secure}: by default those are
     * whose URI has the scheme {@code https}.
     *
     * @param secure true for every request, false for none
     * @return this builder
     */
    public Builder secure(boolean secure) {
      this.secure = secure;
      return this;
    }

    /**
     * Whether the cookie is kept from scripts: true by default, and best left so.
     *
     * @param httpOnly false to let scripts read it
     * @return this builder
     */
    public Builder httpOnly(boolean httpOnly) {
      this.httpOnly = httpOnly;
      return this;
    }

    /**
     * When a browser sends the cookie along with a request that another site caused.
     *
     * @param sameSite {@code Lax}, which is the default, {@code Strict} or {@code None}; null
     *     leaves it to the browser
     * @return this builder
     * @throws IllegalArgumentException if it is something else
     */
    public Builder sameSite(@Nullable String sameSite) {
      if (sameSite != null && !List.of("Lax", "Strict", "None").contains(sameSite)) {
        throw new IllegalArgumentException("sameSite must be Lax, Strict or None, was " + sameSite);
      }
      this.sameSite = sameSite;
      return this;
    }

    /**
     * Whether a page that is embedded in others has a cookie for each of these; with {@code
     * SameSite=None}, that is all that browsers without third-party cookies allow. Left out of a
     * cookie that is not {@code Secure}.
     *
     * @param partitioned true for {@code Partitioned}; false by default
     * @return this builder
     */
    public Builder partitioned(boolean partitioned) {
      this.partitioned = partitioned;
      return this;
    }

    /**
     * The resolver with these options.
     *
     * @return a new resolver, which later changes of this builder do not reach
     * @throws IllegalArgumentException if browsers would refuse every such cookie, or the name, the
     *     domain or the path has characters that a cookie's must not have
     */
    public LatchkeyWebSessionIdResolver build() {
      boolean never = secure != null && !secure;
      if (cookieName != null && hasPrefix(cookieName, HOST_PREFIX, SECURE_PREFIX) && never) {
        throw new IllegalArgumentException(
            "cookieName with that prefix is for secure requests: leave secure(false) out");
      }
      if (cookieName != null
          && hasPrefix(cookieName, HOST_PREFIX)
          && (domain != null || (path != null && !path.equals("/")))) {
        throw new IllegalArgumentException(
            "cookieName with the prefix __Host- allows no domain, and no path but /");
      }
      if (never && (partitioned || "None".equals(sameSite))) {
        throw new IllegalArgumentException(
            "sameSite(\"None\") and partitioned(true) are for secure cookies: leave secure(false)"
                + " out");
      }
      var unused =
          ResponseCookie.from(cookieName == null ? PLAIN_NAME : cookieName, "id")
              .domain(domain)
              .path(path)
              .build();
      return new LatchkeyWebSessionIdResolver(new Builder(this));
    }

    private static String requireText(String option, String value) {
      if (Objects.requireNonNull(value, option).isBlank()) {
        throw new IllegalArgumentException(option + " must not be empty");
      }
      return value;
    }
  }
}
