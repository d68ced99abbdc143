package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.StoreFigures.Figures;
import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.shop.ShopResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The results that a report is made from. Each may be missing.
 *
 * @param jmh the lines of all files of JMH; of equal combinations the last
 * @param jvm the JVM that JMH names
 * @param figures what no machine changes
 * @param load the load run
 * @param shop the shop run
 */
record Inputs(
    List<JmhResult> jmh,
    @Nullable String jvm,
    Map<StoreType, Figures> figures,
    @Nullable LoadResult load,
    @Nullable ShopResult shop) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * Reads files, each of which tells by its content what it is.
   *
   * @throws IllegalArgumentException naming a file that is none of them
   */
  static Inputs read(List<Path> files) {
    List<JmhResult> jmh = new ArrayList<>();
    String jvm = null;
    Map<StoreType, Figures> figures = new EnumMap<>(StoreType.class);
    LoadResult load = null;
    ShopResult shop = null;
    for (Path file : files) {
      try {
        JsonNode tree = JSON.readTree(file);
        if (tree.isArray()) {
          tree.forEach(line -> JmhResult.of(line).ifPresent(jmh::add));
          jvm =
              tree.path(0).path("vmName").asString("")
                  + " "
                  + tree.path(0).path("vmVersion").asString("");
        } else if (tree.path("kind").asString("").equals(LoadResult.KIND)) {
          load = JSON.treeToValue(tree, LoadResult.class);
        } else if (tree.path("kind").asString("").equals(ShopResult.KIND)) {
          shop = JSON.treeToValue(tree, ShopResult.class);
        } else {
          figures.putAll(JSON.convertValue(tree, new TypeReference<Map<StoreType, Figures>>() {}));
        }
      } catch (JacksonException | IllegalArgumentException e) {
        throw new IllegalArgumentException(
            file + " is none of the files that JMH, StoreFigures, LoadRun or ShopRun write", e);
      }
    }
    return new Inputs(jmh, jvm, figures, load, shop);
  }

  /** Lines of JMH with small sessions, and no more of them than the stores are usually run with. */
  Stream<JmhResult> jmh(String operation, String caller) {
    int fewest =
        jmh.stream().mapToInt(JmhResult::sessions).filter(count -> count > 0).min().orElse(0);
    return jmh.stream()
        .filter(
            line ->
                line.operation().equals(operation)
                    && line.caller().equals(caller)
                    && line.size().equals("SMALL")
                    && (line.sessions() == 0 || line.sessions() == fewest));
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
