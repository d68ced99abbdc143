package io.latchkey;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;

/**
 * Installs BlockHound for every test of the module, and fails a test during which a thread blocked
 * that must not, even where something swallowed the error. JUnit finds it by itself, see {@code
 * junit-platform.properties}.
 */
public final class BlockHoundExtension
    implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  private static final ConcurrentLinkedQueue<BlockingOperationError> VIOLATIONS =
      new ConcurrentLinkedQueue<>();

  static {
    BlockHound.builder()
        .loadIntegrations()
        // Lettuce counts the users of lent event loops under a lock that it holds for no longer
        // than
        // that, whenever a client opens its first connection or is closed.
        .allowBlockingCallsInside(
            "io.lettuce.core.resource.DefaultEventLoopGroupProvider", "allocate")
        .allowBlockingCallsInside(
            "io.lettuce.core.resource.DefaultEventLoopGroupProvider", "release")
        .blockingMethodCallback(
            method -> {
              BlockingOperationError error = new BlockingOperationError(method);
              VIOLATIONS.add(error);
              throw error;
            })
        .install();
  }

  /** What was caught since the last call; a test that provokes it takes it away. */
  public static List<BlockingOperationError> takeViolations() {
    List<BlockingOperationError> taken = new ArrayList<>();
    for (var error = VIOLATIONS.poll(); error != null; error = VIOLATIONS.poll()) {
      taken.add(error);
    }
    return taken;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    // Loading this class has installed it.
  }

  @Override
  public void afterEach(ExtensionContext context) {
    failIfBlocked();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    failIfBlocked();
  }

  private static void failIfBlocked() {
    List<BlockingOperationError> violations = takeViolations();
    if (!violations.isEmpty()) {
      AssertionError error =
          new AssertionError("a thread that must not block did, " + violations.size() + " times");
      violations.forEach(error::addSuppressed);
      throw error;
    }
  }
}
