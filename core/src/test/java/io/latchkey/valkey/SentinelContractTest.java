package io.latchkey.valkey;

import io.latchkey.testing.TestSentinels;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import reactor.core.publisher.Mono;

/** The contract on a primary that sentinels look after, with changes that wait for its replica. */
@Tag("thorough")
class SentinelContractTest extends ValkeyContract {
  SentinelContractTest() {
    super(Layout.STRING);
  }

  @Override
  String uri() {
    TestSentinels all = TestSentinels.shared();
    all.commandAll(
        ReadmeUser.onServers(SERVER.namespace(), layout(), ReadmeUser.forAcknowledgement()));
    all.sentinels(ReadmeUser.onSentinels());
    return ReadmeUser.in(all.uri());
  }

  @Override
  void configure(ValkeySessionStore.Builder builder) {
    builder
        .sentinelCredentials(() -> Mono.just(Credentials.of(ReadmeUser.NAME, ReadmeUser.PASSWORD)))
        .acknowledgedBy(1, Duration.ofSeconds(5))
        .commandTimeout(Duration.ofSeconds(10));
  }

  /** What time does is tested at length on one server. */
  @Override
  protected Duration tick() {
    return Duration.ofMillis(200);
  }
}
