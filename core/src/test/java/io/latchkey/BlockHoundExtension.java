package io.latchkey;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingMethod;
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
        .blockingMethodCallback(BlockHoundExtension::caught)
        .install();
  }

  /**
   * Remembers the call, and throws only where it stands in our own code: an error out of the middle
   * of a lock in Netty or Lettuce leaves the lock taken, and all others waiting for ever. Five
   * short locks of theirs do not count: that of Netty's allocator, that under which Lettuce counts
   * the users of its event loops when a client opens its first connection or is closed, that under
   * which it counts the threads that write to one connection at this moment, that under which it
   * looks up the methods of its synchronous API whenever a connection is made, and that of Jackson
   * when it reads a class for the first time.
   */
  private static void caught(BlockingMethod method) {
    BlockingOperationError error = new BlockingOperationError(method);
    List<String> callers =
        Arrays.stream(error.getStackTrace()).map(StackTraceElement::getClassName).toList();
    boolean theirShortLock =
        callers.stream()
            .anyMatch(
                caller ->
                    caller.startsWith("io.netty.buffer.")
                        || caller.equals("io.lettuce.core.resource.DefaultEventLoopGroupProvider")
                        || caller.equals("io.lettuce.core.protocol.SharedLock")
                        || caller.equals("tools.jackson.databind.deser.DeserializerCache")
                        || caller.startsWith("io.lettuce.core.internal.AbstractInvocationHandler"));
    if (theirShortLock) {
      return;
    }
    VIOLATIONS.add(error);
    boolean ours =
        callers.stream()
            .filter(caller -> !caller.equals(BlockHoundExtension.class.getName()))
            .filter(caller -> !caller.startsWith("java.") && !caller.startsWith("jdk."))
            .filter(caller -> !caller.startsWith("reactor.blockhound."))
            .findFirst()
            .filter(caller -> caller.startsWith("io.latchkey."))
            .isPresent();
    if (ours) {
      throw error;
    }
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
          new AssertionError(
              "a thread that must not block did, "
                  + violations.size()
                  + " times; first "
                  + violations.get(0).getMessage()
                  + Arrays.stream(violations.get(0).getStackTrace())
                      .filter(frame -> !frame.getClassName().startsWith("reactor.blockhound."))
                      .skip(1)
                      .limit(25)
                      .map(frame -> "\n    in " + frame)
                      .collect(Collectors.joining()));
      violations.forEach(error::addSuppressed);
      throw error;
    }
  }
}
