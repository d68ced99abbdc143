package io.latchkey.valkey;

import io.latchkey.SessionStore;
import io.latchkey.tck.SessionStoreContract;
import io.latchkey.tck.StoreOptions;
import io.latchkey.tck.ValkeyServer;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The contract on a real server, for one layout. The stores' user may do no more than README.md
 * grants; only a server that the tests were given ({@code LATCHKEY_TEST_URI}) is used as whom its
 * URI says.
 */
abstract class ValkeyContract extends SessionStoreContract {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  /** Lent to all stores: a test needs many, and threads of its own make a store slow to start. */
  private static final ClientResources RESOURCES = DefaultClientResources.create();

  private final Layout layout;

  ValkeyContract(Layout layout) {
    this.layout = layout;
  }

  /** Where the stores keep their sessions, with the user that they have there. */
  String uri() {
    if (!SERVER.isOwn()) {
      return SERVER.uri();
    }
    SERVER.command(ReadmeUser.onServers(SERVER.namespace(), layout));
    return ReadmeUser.in(SERVER.uri());
  }

  /** The stores' layout. */
  final Layout layout() {
    return layout;
  }

  /** Sets what is special about these stores. */
  void configure(ValkeySessionStore.Builder builder) {}

  @Override
  protected SessionStore newStore(StoreOptions options) {
    ValkeySessionStore.Builder builder =
        ValkeySessionStore.builder(uri())
            .resources(RESOURCES)
            .namespace(SERVER.namespace())
            .layout(layout)
            .idleTimeout(options.idleTimeout())
            .touchInterval(options.touchInterval())
            .conflicts(options.conflicts())
            .unreadableAttributes(options.unreadableAttributes());
    if (!options.allowed().isEmpty()) {
      builder.allow(options.allowed().toArray(String[]::new));
    }
    options.attributes().forEach(builder::attribute);
    if (options.absoluteTimeout() != null) {
      builder.absoluteTimeout(options.absoluteTimeout());
    }
    configure(builder);
    return builder.build();
  }

  /** Long enough for a machine that builds something else at the same time. */
  @Override
  protected Duration tick() {
    return Duration.ofMillis(400);
  }

  /** The server's own clock decides, so this waits. */
  @Override
  protected void advance(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
