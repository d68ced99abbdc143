package io.latchkey.webflux.docs;

import io.latchkey.webflux.LatchkeyWebSessionIdResolver;
import java.util.List;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

// header-based-sessions.md: begin
class IdsByPath implements WebSessionIdResolver {
  /** As Spring Security compares paths, so that no spelling of one gets by. */
  private static final PathPattern API = PathPatternParser.defaultInstance.parse("/api/**");

  private final WebSessionIdResolver headers = new HeaderSessionIds();
  private final WebSessionIdResolver cookies = LatchkeyWebSessionIdResolver.withDefaults();

  private WebSessionIdResolver of(ServerWebExchange exchange) {
    PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
    return API.matches(path) ? headers : cookies;
  }

  @Override
  public List<String> resolveSessionIds(ServerWebExchange exchange) {
    return of(exchange).resolveSessionIds(exchange);
  }

  @Override
  public void setSessionId(ServerWebExchange exchange, String sessionId) {
    of(exchange).setSessionId(exchange, sessionId);
  }

  @Override
  public void expireSession(ServerWebExchange exchange) {
    of(exchange).expireSession(exchange);
  }
}
