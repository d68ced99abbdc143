package io.latchkey.webflux;

import io.netty.channel.Channel;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.server.reactive.AbstractServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.util.ClassUtils;
import org.springframework.web.filter.reactive.ServerWebExchangeContextFilter;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServerRequest;
import reactor.util.context.ContextView;

/**
 * Where the code of one request continues after the store has answered: on the event loop of the
 * request's own HTTP connection. So that code never runs on a connection to the store, and cannot
 * delay or break the answers of other requests there.
 *
 * <p>An error that Reactor treats as fatal, such as a {@link StackOverflowError}, reaches no error
 * handler: the subscriber throws it at whoever called. Reactor Netty closes the HTTP connection
 * when that happens while it subscribes to a handler. After an answer of the store this class is
 * the caller, and does the same.
 *
 * <p>Without Reactor Netty, or without a known request, the code continues on {@link
 * Schedulers#parallel()}, and a fatal error is logged.
 */
final class RequestThread {
  private static final Logger log = LoggerFactory.getLogger(RequestThread.class);

  private static final boolean REACTOR_NETTY =
      ClassUtils.isPresent(
          "reactor.netty.http.server.HttpServerRequest", RequestThread.class.getClassLoader());

  static final RequestThread UNKNOWN = new RequestThread(null);

  private final @Nullable Channel channel;

  private RequestThread(@Nullable Channel channel) {
    this.channel = channel;
  }

  /** The thread of the request that the context tells of, see {@link #of(ServerWebExchange)}. */
  static RequestThread of(ContextView context) {
    return ServerWebExchangeContextFilter.getExchange(context)
        .map(RequestThread::of)
        .orElse(UNKNOWN);
  }

  static RequestThread of(ServerWebExchange exchange) {
    ServerHttpRequest request = exchange.getRequest();
    while (request instanceof ServerHttpRequestDecorator decorator) {
      request = decorator.getDelegate();
    }
    return REACTOR_NETTY && request instanceof AbstractServerHttpRequest
        ? ReactorNetty.threadOf((AbstractServerHttpRequest) request)
        : UNKNOWN;
  }

  /**
   * The same signals on the request's thread.
   *
   * @param answer of the store
   * @return what signals on the subscriber's own stack if the answer does so, as one of a store in
   *     memory; else on the request's thread
   */
  <T> Mono<T> resume(Mono<T> answer) {
    return new ResumedMono<>(answer, this);
  }

  void execute(Runnable task) {
    Executor eventLoop = channel == null ? null : channel.eventLoop();
    if (eventLoop != null) {
      try {
        eventLoop.execute(task);
        return;
      } catch (RejectedExecutionException e) {
        // The HTTP server has been stopped. Whoever still waits gets the answer elsewhere.
      }
    }
    Schedulers.parallel().schedule(task);
  }

  /** Ends the request as Reactor Netty does when a handler throws at it. */
  void failed(Throwable error) {
    if (channel == null) {
      log.error("A subscriber threw an error, after which its request may get no answer", error);
      return;
    }
    var unused = channel.close();
    log.error("A request failed with an error that Reactor treats as fatal; closed it", error);
  }

  /** Loaded only where Reactor Netty is there. */
  private static final class ReactorNetty {
    private ReactorNetty() {}

    static RequestThread threadOf(AbstractServerHttpRequest request) {
      Object server;
      try {
        server = request.getNativeRequest();
      } catch (IllegalStateException e) {
        return UNKNOWN; // Spring's mock of a request has none.
      }
      if (!(server instanceof HttpServerRequest netty)) {
        return UNKNOWN;
      }
      var channel = new AtomicReference<@Nullable Channel>();
      netty.withConnection(connection -> channel.set(connection.channel()));
      return new RequestThread(channel.get());
    }
  }
}
