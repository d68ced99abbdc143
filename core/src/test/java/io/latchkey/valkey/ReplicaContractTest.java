package io.latchkey.valkey;

import io.latchkey.testing.TestReplica;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract on a primary whose replica is read from. */
@Tag("thorough")
class ReplicaContractTest extends ValkeyContract {
  private static TestReplica servers;

  ReplicaContractTest() {
    super(Layout.STRING);
  }

  @BeforeAll
  static void start() {
    servers = TestReplica.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @Override
  String uri() {
    return servers.primary().uri();
  }

  @Override
  void configure(ValkeySessionStore.Builder builder) {
    builder.readFromReplicas(true);
  }

  /** What time does is tested at length on one server. */
  @Override
  protected Duration tick() {
    return Duration.ofMillis(200);
  }
}
