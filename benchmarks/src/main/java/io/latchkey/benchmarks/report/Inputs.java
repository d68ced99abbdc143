package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.StoreFigures.Figures;
import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.shop.ShopResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The results that a report is made from. Each may be missing.
 *
 * @param jmh the lines of all files of JMH
 * @param jmhSettings what JMH ran on, and with which settings
 * @param figures what no machine changes; like the following of the last file, if there are several
 * @param load the load run
 * @param shop the shop run
 */
record Inputs(
    List<JmhResult> jmh,
    Set<String> jmhSettings,
    Map<StoreType, Figures> figures,
    @Nullable LoadResult load,
    @Nullable ShopResult shop) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** How many sessions the benchmarks usually store. */
  private static final int USUAL_SESSIONS = 10_000;

  /**
   * Reads files, each of which tells by its content what it is.
   *
   * @throws IllegalArgumentException naming a file that is none of them
   */
  static Inputs read(List<Path> files) {
    List<JmhResult> jmh = new ArrayList<>();
    Set<String> jmhSettings = new LinkedHashSet<>();
    Map<StoreType, Figures> figures = Map.of();
    LoadResult load = null;
    ShopResult shop = null;
    for (int i = 0; i < files.size(); i++) {
      int number = i;
      try {
        JsonNode tree = JSON.readTree(files.get(i));
        if (tree.isArray()) {
          for (JsonNode line : tree) {
            JmhResult.of(number, line).ifPresent(jmh::add);
            jmhSettings.add(JmhResult.settings(line));
          }
        } else if (tree.path("kind").asString("").equals(LoadResult.KIND)) {
          load = JSON.treeToValue(tree, LoadResult.class);
        } else if (tree.path("kind").asString("").equals(ShopResult.KIND)) {
          shop = JSON.treeToValue(tree, ShopResult.class);
        } else {
          figures =
              new EnumMap<>(
                  JSON.convertValue(tree, new TypeReference<Map<StoreType, Figures>>() {}));
        }
      } catch (JacksonException | IllegalArgumentException e) {
        throw new IllegalArgumentException(
            files.get(i) + " is none of the files that JMH, StoreFigures, LoadRun or ShopRun write",
            e);
      }
    }
    return new Inputs(jmh, jmhSettings, figures, load, shop);
  }

  /** Lines of JMH with as many sessions as usual, of 0.5 KB. */
  Stream<JmhResult> lines(String operation, String caller) {
    return jmh.stream()
        .filter(
            line ->
                line.operation().equals(operation)
                    && line.caller().equals(caller)
                    && line.size().equals("SMALL")
                    && (line.sessions() == 0 || line.sessions() == USUAL_SESSIONS));
  }

  Stream<JmhResult> lines(String operation, String caller, int inFlight, StoreType store) {
    return lines(operation, caller)
        .filter(line -> line.inFlight() == inFlight && line.store() == store);
  }

  /** Of these, those of the one file that has the most, so that they can be compared. */
  Stream<JmhResult> jmh(String operation, String caller) {
    Map<Integer, List<JmhResult>> byFile =
        lines(operation, caller)
            .collect(Collectors.groupingBy(JmhResult::file, TreeMap::new, Collectors.toList()));
    return byFile.values().stream()
        .reduce((first, last) -> first.size() > last.size() ? first : last)
        .stream()
        .flatMap(List::stream);
  }

  Optional<JmhResult> jmh(String operation, String caller, int inFlight, StoreType store) {
    return jmh(operation, caller)
        .filter(line -> line.inFlight() == inFlight && line.store() == store)
        .reduce((first, last) -> last);
  }

  /** Where it was measured, as far as the files tell. */
  Optional<Machine> machine() {
    return Stream.of(
            Optional.ofNullable(load).map(LoadResult::machine),
            Optional.ofNullable(shop).map(ShopResult::machine))
        .flatMap(Optional::stream)
        .findFirst();
  }
}
