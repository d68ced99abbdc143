package io.latchkey.valkey;

import io.latchkey.valkey.ServerClient.Answers;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** One connection to a server, without anything above it. */
final class Wire implements AutoCloseable {
  static final int MAX_ANSWER_SIZE = 1 << 20;

  private final BrokenConnections broken = new BrokenConnections();
  private final ServerClient client;
  private final Stripe stripe;

  Wire(String uri, Duration timeout) {
    this(uri, timeout, null, MAX_ANSWER_SIZE);
  }

  Wire(String uri, Duration timeout, ClientResources lent) {
    this(uri, timeout, lent, MAX_ANSWER_SIZE);
  }

  Wire(String uri, Duration timeout, @Nullable ClientResources lent, int maxAnswerSize) {
    RedisURI server = ValkeyUri.parse(uri, timeout).servers().get(0);
    client =
        new ServerClient(
            ClientFactory.options(timeout, null),
            ClientFactory.resources(lent, timeout),
            new Answers(broken, maxAnswerSize),
            null);
    stripe = new Stripe(() -> client.open(server));
    stripe.open().join();
  }

  Stripe stripe() {
    return stripe;
  }

  /** The answer, sent when it is subscribed to. */
  <T> Mono<T> ask(Request<T> request) {
    return new Exchange<>(stripe, request);
  }

  long brokenConnections() {
    return broken.count();
  }

  @Override
  public void close() {
    client.closeAll().block(Sessions.PATIENCE);
  }
}
