package io.latchkey.webflux.docs;

import java.util.List;
import org.springframework.http.CacheControl;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.session.HeaderWebSessionIdResolver;

// header-based-sessions.md: begin
class HeaderSessionIds extends HeaderWebSessionIdResolver {
  static final String NAME = "Session-Id";

  HeaderSessionIds() {
    setHeaderName(NAME);
  }

  @Override
  public List<String> resolveSessionIds(ServerWebExchange exchange) {
    List<String> ids = super.resolveSessionIds(exchange);
    return ids.size() == 1 ? ids : List.of(); // each id costs a read, and a client has one
  }

  /** Spring ends a session by this too, with an empty id. */
  @Override
  public void setSessionId(ServerWebExchange exchange, String id) {
    super.setSessionId(exchange, id);
    exchange.getResponse().getHeaders().setCacheControl(CacheControl.noStore());
  }
}
