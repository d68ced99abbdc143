package io.latchkey.benchmarks;

import io.latchkey.Session;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.ValkeySessionStore;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the two layouts cost, for sessions of 1, 10 and 200 attributes of 40 characters: bytes on
 * the wire as the server counts them, memory by MEMORY USAGE, and time, one operation at a time, as
 * a ratio within the run. Run it with
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar io.latchkey.benchmarks.LayoutFigures
 * }</pre>
 */
public final class LayoutFigures {
  private static final int[] ATTRIBUTES = {1, 10, 200};
  private static final int OPERATIONS = 200;
  private static final int ROUNDS = 9;
  private static final Pattern RECEIVED = Pattern.compile("total_net_input_bytes:(\\d+)");
  private static final Pattern SENT = Pattern.compile("total_net_output_bytes:(\\d+)");
  private static final Pattern REPLICATION =
      Pattern.compile("total_net_repl_(?:input|output)_bytes:[1-9]");

  private LayoutFigures() {}

  /**
   * Prints the table, in Markdown.
   *
   * @param args none
   */
  public static void main(String[] args) {
    try (BenchServer server = BenchServer.start()) {
      RedisClient client = RedisClient.create(BenchServer.lettuceUri(server.uri()));
      System.out.println();
      System.out.println(
          "| attributes | layout | get | save of one | memory | get p50 | save p50 |");
      System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
      try {
        for (int attributes : ATTRIBUTES) {
          measure(server.uri(), client.connect().sync(), attributes);
        }
      } finally {
        client.shutdown();
        server.clear();
      }
    }
  }

  private static void measure(String uri, RedisCommands<String, String> server, int attributes) {
    Map<Layout, Figures> figures = new EnumMap<>(Layout.class);
    for (Layout layout : Layout.values()) {
      ValkeySessionStore store =
          ValkeySessionStore.builder(uri)
              .namespace(SessionData.NAMESPACE + ":" + layout)
              .layout(layout)
              .connections(1)
              .build();
      figures.put(layout, new Figures(store));
    }
    // In turn, so that a machine which slows down slows both.
    for (int round = 0; round < ROUNDS; round++) {
      figures.values().forEach(figure -> figure.round(server, attributes));
    }
    Figures base = Objects.requireNonNull(figures.get(Layout.STRING));
    figures.forEach(
        (layout, figure) ->
            System.out.printf(
                Locale.ROOT,
                "| %d | %s | %,d B | %,d B | %,d B | %.2f | %.2f |%n",
                attributes,
                layout,
                figure.getBytes,
                figure.saveBytes,
                figure.memory,
                median(figure.getNanos) / median(base.getNanos),
                median(figure.saveNanos) / median(base.saveNanos)));
    figures.values().forEach(figure -> figure.store.close());
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** One layout's figures for one size. */
  private static final class Figures {
    final ValkeySessionStore store;
    long getBytes;
    long saveBytes;
    long memory;
    final List<Double> getNanos = new ArrayList<>();
    final List<Double> saveNanos = new ArrayList<>();

    Figures(ValkeySessionStore store) {
      this.store = store;
    }

    void round(RedisCommands<String, String> server, int attributes) {
      Session session = store.newSession();
      for (int i = 0; i < attributes; i++) {
        session.set("attribute" + i, "v".repeat(40));
      }
      Objects.requireNonNull(store.save(session).block());
      int[] change = {0};
      Runnable get = () -> store.get(session.id()).block();
      Runnable save =
          () -> store.save(session.set("attribute0", "%040d".formatted(change[0]++))).block();
      getBytes = bytes(server, get);
      saveBytes = bytes(server, save);
      getNanos.add(nanos(get));
      saveNanos.add(nanos(save));
      memory = server.memoryUsage(server.keys(SessionData.NAMESPACE + ":*").get(0));
      store.delete(session.id()).block();
    }

    private static long bytes(RedisCommands<String, String> server, Runnable operation) {
      operation.run();
      long nothing = total(server);
      nothing = total(server) - nothing;
      long before = total(server);
      for (int i = 0; i < OPERATIONS; i++) {
        operation.run();
      }
      return Math.round((double) (total(server) - before - nothing) / OPERATIONS);
    }

    private static long total(RedisCommands<String, String> server) {
      String stats = server.info("stats");
      if (REPLICATION.matcher(stats).find()) {
        throw new IllegalStateException("the server has replicas: their bytes would be counted");
      }
      return number(RECEIVED, stats) + number(SENT, stats);
    }

    private static long number(Pattern pattern, String stats) {
      Matcher matcher = pattern.matcher(stats);
      if (!matcher.find()) {
        throw new IllegalStateException("the server does not count its bytes");
      }
      return Long.parseLong(matcher.group(1));
    }

    private static double nanos(Runnable operation) {
      long[] nanos = new long[OPERATIONS];
      for (int i = 0; i < OPERATIONS; i++) {
        long start = System.nanoTime();
        operation.run();
        nanos[i] = System.nanoTime() - start;
      }
      Arrays.sort(nanos);
      return nanos[OPERATIONS / 2];
    }
  }
}
