package io.latchkey.shop;

import io.latchkey.SessionGoneException;
import io.latchkey.SessionStoreUnavailableException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.webflux.error.ErrorWebExceptionHandler;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.session.WebSessionIdResolver;
import org.thymeleaf.context.Context;
import org.thymeleaf.spring6.ISpringWebFluxTemplateEngine;
import reactor.core.publisher.Mono;

/** A page for whatever goes wrong, in words for the visitor. It asks for no session. */
@Component
@Order(-2) // before Boot's own
class Problems implements ErrorWebExceptionHandler {
  private static final Logger log = LoggerFactory.getLogger(Problems.class);

  private final ISpringWebFluxTemplateEngine templates;
  private final WebSessionIdResolver ids;

  Problems(ISpringWebFluxTemplateEngine templates, WebSessionIdResolver ids) {
    this.templates = templates;
    this.ids = ids;
  }

  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable error) {
    ServerHttpResponse response = exchange.getResponse();
    if (response.isCommitted()) {
      return Mono.error(error);
    }
    if (error.getCause() instanceof SessionGoneException) {
      // It ended while this request was on its way.
      ids.expireSession(exchange);
      response.setStatusCode(HttpStatus.SEE_OTHER);
      response.getHeaders().setLocation(URI.create(ShopController.SIGN_IN_AGAIN));
      return response.setComplete();
    }
    // Latchkey's handler, which comes first, has set Retry-After, and left the cookie as it is.
    if (error.getCause() instanceof SessionStoreUnavailableException unavailable) {
      log.warn("A page could not be shown: {}", unavailable.getMessage());
      return page(
          response,
          HttpStatus.SERVICE_UNAVAILABLE,
          "We will be right back",
          "The shop cannot reach the place where it keeps its carts. Yours is not lost: please"
              + " try again in a few seconds.");
    }
    if (error instanceof ErrorResponse response4xx
        && response4xx.getStatusCode().is4xxClientError()) {
      return page(
          response,
          response4xx.getStatusCode(),
          response4xx.getStatusCode().value() == 404 ? "No such page" : "That did not work",
          message(error));
    }
    log.error("A page could not be shown", error);
    return page(
        response,
        HttpStatus.INTERNAL_SERVER_ERROR,
        "Something broke",
        "This is our fault, not yours. We have written it down.");
  }

  private static String message(Throwable error) {
    String reason =
        error instanceof ResponseStatusException status
                && status.getClass() == ResponseStatusException.class
            ? status.getReason()
            : null;
    return Objects.requireNonNullElse(
        reason, "The shop does not understand this address, or what was sent to it.");
  }

  private Mono<Void> page(
      ServerHttpResponse response, HttpStatusCode status, String title, String text) {
    var context =
        new Context(Locale.ENGLISH, Map.<String, @Nullable Object>of("title", title, "text", text));
    byte[] html = templates.process("problem", context).getBytes(StandardCharsets.UTF_8);
    response.setStatusCode(status);
    response
        .getHeaders()
        .setContentType(new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8));
    response.getHeaders().setCacheControl("no-store");
    DataBuffer body = response.bufferFactory().wrap(html);
    return response.writeWith(Mono.just(body));
  }
}
