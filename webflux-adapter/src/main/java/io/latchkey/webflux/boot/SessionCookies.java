package io.latchkey.webflux.boot;

import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.web.server.Cookie;
import org.springframework.http.ResponseCookie.ResponseCookieBuilder;
import org.springframework.util.StringUtils;
import org.springframework.web.server.session.CookieWebSessionIdResolver;
import org.springframework.web.server.session.WebSessionIdResolver;

/** The session's cookie from {@code server.reactive.session.cookie.*}. The only place that does. */
final class SessionCookies {
  private SessionCookies() {}

  /**
   * HttpOnly, SameSite=Lax, and Secure where the request is, if the properties say nothing else.
   */
  static WebSessionIdResolver resolver(Cookie cookie) {
    var resolver = new CookieWebSessionIdResolver();
    String name = cookie.getName();
    if (StringUtils.hasText(name)) {
      resolver.setCookieName(name);
    }
    resolver.addCookieInitializer(builder -> apply(cookie, builder));
    return resolver;
  }

  private static void apply(Cookie cookie, ResponseCookieBuilder builder) {
    PropertyMapper map = PropertyMapper.get();
    map.from(cookie::getDomain).to(builder::domain);
    map.from(cookie::getPath).to(builder::path);
    map.from(cookie::getHttpOnly).to(builder::httpOnly);
    map.from(cookie::getSecure).to(builder::secure);
    map.from(cookie::getMaxAge).to(builder::maxAge);
    map.from(cookie::getPartitioned).to(builder::partitioned);
    map.from(cookie::getSameSite).to(sameSite -> builder.sameSite(sameSite.attributeValue()));
  }
}
