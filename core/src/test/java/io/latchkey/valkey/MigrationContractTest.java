package io.latchkey.valkey;

import io.latchkey.SessionStore;
import io.latchkey.tck.SessionStoreContract;
import io.latchkey.tck.StoreOptions;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The contract on instances of which every other has the other layout, while each migrates what it
 * saves to its own.
 */
@Tag("thorough")
class MigrationContractTest extends SessionStoreContract {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  /** The namespace of Spring Session's sessions, of which there are none. */
  private static final String SPRINGS = "none";

  private Layout next = Layout.STRING;

  /** As in {@link ValkeyContract}. */
  private static String uri() {
    if (!SERVER.isOwn()) {
      return SERVER.uri();
    }
    SERVER.command(
        ReadmeUser.onServers(SERVER.namespace(), Layout.HASH, ReadmeUser.ofSpringSession(SPRINGS)));
    return ReadmeUser.in(SERVER.uri());
  }

  @Override
  protected SessionStore newStore(StoreOptions options) {
    Layout layout = next;
    next = MigrationStores.other(layout);
    ValkeySessionStore.Builder builder =
        MigrationStores.builder(uri(), SERVER.namespace(), layout)
            .migrateFrom(MigrationSource.layout(next))
            .migrateFrom(MigrationSource.springSession(SPRINGS, bytes -> bytes))
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
    return builder.build();
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
