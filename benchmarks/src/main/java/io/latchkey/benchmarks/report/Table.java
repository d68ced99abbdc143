package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.report.Targets.Row;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tables in Markdown. */
final class Table {
  private static final int LOADED = 512;
  private static final List<StoreType> STORES =
      List.of(
          StoreType.LATCHKEY,
          StoreType.LATCHKEY_HASH,
          StoreType.SPRING_SESSION,
          StoreType.VERTX,
          StoreType.REDISSON,
          StoreType.LETTUCE_CONSOLIDATED);

  private Table() {}

  /** The targets, and the throughput of each store, as far as they were measured. */
  static String of(Inputs inputs, List<Row> rows) {
    String targets =
        rows.stream()
            .map(
                row ->
                    line(
                        Stream.of(
                            row.what(),
                            row.targetText(),
                            row.measuredText(),
                            row.rangeText(),
                            row.verdict())))
            .collect(Collectors.joining());
    return "| ratio | target | measured | range | |\n| --- | --- | ---: | ---: | --- |\n"
        + targets
        + "\n"
        + throughput(inputs);
  }

  private static String throughput(Inputs inputs) {
    List<StoreType> stores =
        STORES.stream()
            .filter(store -> operations().anyMatch(of -> score(inputs, of, store).isPresent()))
            .toList();
    if (stores.isEmpty()) {
      return "";
    }
    String head =
        line(
            Stream.concat(
                Stream.of("operations/s, " + LOADED + " in flight"),
                stores.stream().map(Texts::name)));
    String rule = "| --- |" + " ---: |".repeat(stores.size()) + "\n";
    return head
        + rule
        + operations()
            .map(
                operation ->
                    line(
                        Stream.concat(
                            Stream.of(operation),
                            stores.stream()
                                .map(store -> score(inputs, operation, store).orElse("–")))))
            .collect(Collectors.joining());
  }

  private static Stream<String> operations() {
    return Stream.of("readRequest", "changeRequest", "create", "get");
  }

  private static Optional<String> score(Inputs inputs, String operation, StoreType store) {
    return inputs
        .jmh(operation, "EVENT_LOOP", LOADED, store)
        .map(line -> Texts.plain(Math.round(line.score() / 100) * 100.0));
  }

  private static String line(Stream<String> cells) {
    return cells.collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
