package io.latchkey.benchmarks;

import io.latchkey.testing.RecordingProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What does not depend on how fast the machine is: the commands, sequential round trips and bytes
 * on the wire of each operation, counted by a proxy before the server; and the memory that a
 * session takes there. Written as JSON, for all stores and sizes:
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar io.latchkey.benchmarks.StoreFigures figures.json
 * }</pre>
 */
public final class StoreFigures {
  private static final int SESSIONS = 10_000;
  private static final int FILLERS = 64;
  private static final int SESSIONS_OF_GET_ALL = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern USED_MEMORY = Pattern.compile("used_memory:(\\d+)");

  private StoreFigures() {}

  /**
   * What one operation sends, with a session of 0.5 KB.
   *
   * @param commands their names, in order
   * @param roundTrips how many of them wait for an answer to one before, and the first
   * @param bytesToServer the length of the commands
   * @param bytesToClient the length of the answers
   */
  public record Wire(
      List<String> commands, int roundTrips, long bytesToServer, long bytesToClient) {}

  /**
   * The figures of a store.
   *
   * @param operations by the name of the operation; without those that the store has no way to do
   * @param bytesPerSession what the server's memory grows by for each session, by the size of those
   */
  public record Figures(Map<String, Wire> operations, Map<SessionSize, Long> bytesPerSession) {}

  /**
   * Writes the figures.
   *
   * @param args the file to write to
   */
  public static void main(String[] args) throws InterruptedException {
    if (args.length != 1) {
      throw new IllegalArgumentException("One argument: the file to write the figures to");
    }
    Map<StoreType, Figures> figures = new EnumMap<>(StoreType.class);
    try (BenchServer server = BenchServer.start()) {
      for (StoreType type : StoreType.values()) {
        System.out.println(type);
        Map<SessionSize, Long> memory = new EnumMap<>(SessionSize.class);
        for (SessionSize size : SessionSize.values()) {
          memory.put(size, bytesPerSession(server, type, size, SESSIONS));
        }
        figures.put(type, new Figures(wire(server, type), memory));
      }
    }
    JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValue(Path.of(args[0]), figures);
  }

  /** What each operation that the store supports sends, by its name. */
  static Map<String, Wire> wire(BenchServer server, StoreType type) {
    Map<String, Wire> wire = new LinkedHashMap<>();
    server.clear();
    try (RecordingProxy proxy = RecordingProxy.of(server.uri());
        BenchStore store = type.open(proxy.uri(), SessionSize.SMALL)) {
      for (Operation operation : Operation.values()) {
        if (type.supports(operation)) {
          // Once before, so that connections are open and scripts loaded.
          once(store, operation, create(store));
          List<String> ids = create(store);
          proxy.awaitQuiet();
          proxy.reset();
          once(store, operation, ids);
          proxy.awaitQuiet();
          wire.put(
              operation.method(),
              new Wire(
                  proxy.names(), proxy.roundTrips(), proxy.bytesToServer(), proxy.bytesToClient()));
        }
      }
    }
    server.clear();
    return wire;
  }

  /**
   * By how much the server's memory grows for each of so many sessions, what finds them included.
   */
  static long bytesPerSession(BenchServer server, StoreType type, SessionSize size, int sessions)
      throws InterruptedException {
    try (BenchStore store = type.open(server.uri(), size)) {
      // Before, so that connections and their buffers are there.
      ClosedLoop.run(n -> store.create(), 0, sessions, FILLERS);
      server.clear();
      long before = usedMemory(server);
      ClosedLoop.run(n -> store.create(), 0, sessions, FILLERS);
      long after = usedMemory(server);
      server.clear();
      return Math.round((double) (after - before) / sessions);
    }
  }

  private static void once(BenchStore store, Operation operation, List<String> ids) {
    Objects.requireNonNull(
        operation.run(store, ids).block(PATIENCE), () -> operation + " answered nothing");
  }

  private static List<String> create(BenchStore store) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < SESSIONS_OF_GET_ALL; i++) {
      ids.add(Objects.requireNonNull(store.create().block(PATIENCE)));
    }
    return Collections.unmodifiableList(ids);
  }

  private static long usedMemory(BenchServer server) {
    Matcher matcher = USED_MEMORY.matcher(server.ask(commands -> commands.info("memory")));
    if (!matcher.find()) {
      throw new IllegalStateException("The server does not tell its memory");
    }
    return Long.parseLong(matcher.group(1));
  }
}
