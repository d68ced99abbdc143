package io.latchkey.tck;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test class a running server, and a namespace of its own there.
 *
 * <pre>{@code
 * @ExtendWith(ValkeyServer.class)
 * class CartTest {
 *   @Test
 *   void keepsTheCart(ValkeyServer server) {
 *     ... ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).build() ...
 *   }
 * }
 * }</pre>
 *
 * <p>or, where no parameter fits, {@code @RegisterExtension static final ValkeyServer server = new
 * ValkeyServer();}.
 *
 * <p>The server is the one at the URI in the environment variable {@code LATCHKEY_TEST_URI}; else
 * {@code valkey-server} from the PATH; else a container {@code valkey/valkey:8}, where Docker
 * answers; else the binary in {@code com.github.codemonstur:embedded-redis}. All test classes of
 * one JVM share it; it is started when the first of them begins, on a free port of the loopback
 * interface, writes nothing to disk, and ends with the JVM. One line on the standard output says
 * which it is. If none can be had, the tests fail.
 *
 * <p>Safe for use by several threads, but one instance serves one test class at a time.
 */
public final class ValkeyServer implements BeforeAllCallback, AfterAllCallback, ParameterResolver {
  private static final String UNIQUE = Long.toString(ProcessHandle.current().pid(), 36);

  private volatile @Nullable Class<?> owner;
  private volatile @Nullable String namespace;

  /** For JUnit, or for a static field with {@code @RegisterExtension}. */
  public ValkeyServer() {}

  /**
   * Where the shared server listens.
   *
   * @return a URI for {@code ValkeySessionStore.connect}; the one in {@code LATCHKEY_TEST_URI} is
   *     given as it is, with its password
   */
  public String uri() {
    return TestServers.shared().uri();
  }

  /**
   * The shared server's version.
   *
   * @return such as {@code 8.0.1}
   */
  public String version() {
    return TestServers.shared().version();
  }

  /**
   * Whether the tests started the shared server, and so may make users there, for instance.
   *
   * @return false if it is the one that {@code LATCHKEY_TEST_URI} names
   */
  public boolean isOwn() {
    return TestServers.shared().choice() != ServerChoice.URI;
  }

  /**
   * A namespace that belongs to the running test class. Its keys, those which begin with it and a
   * colon, are deleted before the class and after it.
   *
   * @return letters, digits and hyphens
   * @throws IllegalStateException if no test class is running
   */
  public String namespace() {
    String current = namespace;
    if (current == null) {
      throw new IllegalStateException(
          "no test class is running: register ValkeyServer at the class or in a static field");
    }
    return current;
  }

  /**
   * Sends a command to the shared server, past all stores.
   *
   * @param words the command's name and its arguments
   * @return the answer: a String, a Long, a List of these, or null
   */
  public @Nullable Object command(String... words) {
    return TestServers.shared().connection().call(words);
  }

  /**
   * The keys in this class's namespace.
   *
   * @return all of them, as they are now
   */
  public Set<String> keys() {
    Set<String> keys = new HashSet<>();
    String cursor = "0";
    do {
      List<?> page =
          (List<?>) command("SCAN", cursor, "MATCH", namespace() + ":*", "COUNT", "1000");
      if (page == null) {
        throw new IllegalStateException("SCAN answered null");
      }
      cursor = String.valueOf(page.get(0));
      ((List<?>) page.get(1)).forEach(key -> keys.add(String.valueOf(key)));
    } while (!cursor.equals("0"));
    return keys;
  }

  /**
   * Starts another server, for one test alone. It is of the kind that the shared one is, or would
   * be without {@code LATCHKEY_TEST_URI}.
   *
   * @param args options of the server, such as {@code "--maxmemory", "2mb"}; before them the path
   *     of a file with more of them, if need be
   * @return the running server, to be closed by the test
   */
  public static ServerProcess start(String... args) {
    return TestServers.start(args);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (owner == null) {
      owner = context.getRequiredTestClass();
      namespace = "latchkey-test-" + context.getRequiredTestClass().getSimpleName() + "-" + UNIQUE;
      deleteKeys();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    // Nested classes come by here too, before the class that they stand in.
    if (context.getRequiredTestClass().equals(owner)) {
      try {
        deleteKeys();
      } finally {
        owner = null;
        namespace = null;
      }
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ValkeyServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return this;
  }

  private void deleteKeys() {
    List<String> words = new ArrayList<>(List.of("UNLINK"));
    words.addAll(keys());
    if (words.size() > 1) {
      command(words.toArray(new String[0]));
    }
  }
}
