package io.latchkey.webflux.boot;

import io.latchkey.webflux.LatchkeyWebSessionIdResolver;
import org.springframework.boot.web.server.Cookie;
import org.springframework.util.StringUtils;
import org.springframework.web.server.session.WebSessionIdResolver;

/** The session's cookie from {@code server.reactive.session.cookie.*}. The only place that does. */
final class SessionCookies {
  private static final String PREFIX = "server.reactive.session.cookie.";

  private SessionCookies() {}

  /** What the properties leave out stays as secure as Latchkey makes it. */
  static WebSessionIdResolver resolver(Cookie cookie) {
    LatchkeyWebSessionIdResolver.Builder builder = LatchkeyWebSessionIdResolver.builder();
    if (StringUtils.hasText(cookie.getName())) {
      StoreOptions.set(PREFIX + "name", cookie.getName(), builder::cookieName);
    }
    if (StringUtils.hasText(cookie.getDomain())) {
      StoreOptions.set(PREFIX + "domain", cookie.getDomain(), builder::domain);
    }
    if (StringUtils.hasText(cookie.getPath())) {
      StoreOptions.set(PREFIX + "path", cookie.getPath(), builder::path);
    }
    StoreOptions.set(PREFIX + "max-age", cookie.getMaxAge(), builder::maxAge);
    StoreOptions.set(PREFIX + "secure", cookie.getSecure(), builder::secure);
    StoreOptions.set(PREFIX + "http-only", cookie.getHttpOnly(), builder::httpOnly);
    StoreOptions.set(PREFIX + "partitioned", cookie.getPartitioned(), builder::partitioned);
    StoreOptions.set(
        PREFIX + "same-site",
        cookie.getSameSite(),
        sameSite -> builder.sameSite(sameSite.attributeValue()));
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new LatchkeyStartException(
          "The session's cookie cannot be as the properties say: " + e.getMessage() + ".",
          "Change the properties " + PREFIX + "*, which set these options.",
          e);
    }
  }
}
