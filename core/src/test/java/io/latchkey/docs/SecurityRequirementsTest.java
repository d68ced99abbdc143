package io.latchkey.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of docs/security.md, and the tests that it names, in all modules. */
class SecurityRequirementsTest {
  private static final Path ROOT = Path.of("..");
  private static final List<Path> TESTS =
      Stream.of("core", "webflux-adapter", "webflux-adapter/sample-shop")
          .map(module -> ROOT.resolve(module).resolve("src/test/java"))
          .toList();

  private static final Pattern ROW = Pattern.compile("\\| (\\d+) \\|(.*)\\|(.*)\\|(.*)\\|(.*)\\|");
  private static final Pattern NAME = Pattern.compile("`([A-Za-z]+)\\.([A-Za-z0-9]+)`");
  private static final Pattern METHOD = Pattern.compile("(?m)^ {2,4}void ([A-Za-z0-9]+)\\(");

  private record Row(int number, String requirement, String who, List<String> tests) {}

  @Test
  void thereAre33Requirements() throws IOException {
    assertThat(rows())
        .extracting(Row::number)
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 33).boxed().toList());
    assertThat(rows()).extracting(Row::requirement).doesNotHaveDuplicates();
  }

  @Test
  void everyNamedTestExists() throws IOException {
    Map<String, String> sources = sources();
    for (Row row : rows()) {
      for (String test : row.tests()) {
        String type = test.substring(0, test.indexOf('.'));
        assertThat(sources).as("row %d", row.number()).containsKey(type);
        assertThat(METHOD.matcher(sources.get(type)).results().map(method -> method.group(1)))
            .as("row %d, %s", row.number(), type)
            .contains(test.substring(type.length() + 1));
      }
    }
  }

  @Test
  void everythingThatLatchkeyFulfilsHasATest() throws IOException {
    assertThat(rows())
        .allSatisfy(row -> assertThat(row.who()).isIn("Latchkey", "application", "not yet"))
        .filteredOn(row -> row.who().equals("Latchkey"))
        .hasSizeGreaterThan(20)
        .allSatisfy(row -> assertThat(row.tests()).as("row %d", row.number()).isNotEmpty());
  }

  private static List<Row> rows() throws IOException {
    return Files.readAllLines(ROOT.resolve("docs/security.md")).stream()
        .map(ROW::matcher)
        .filter(row -> row.matches())
        .map(
            row ->
                new Row(
                    Integer.parseInt(row.group(1)),
                    row.group(2).strip(),
                    row.group(3).strip(),
                    NAME.matcher(row.group(5))
                        .results()
                        .map(name -> name.group(1) + "." + name.group(2))
                        .toList()))
        .toList();
  }

  /** The sources of all tests, by the name of their class. */
  private static Map<String, String> sources() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path folder : TESTS) {
      try (Stream<Path> found = Files.walk(folder)) {
        found.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
      }
    }
    Map<String, String> sources = new HashMap<>();
    for (Path file : files) {
      String name = file.getFileName().toString().replace(".java", "");
      // Some names stand in two modules.
      sources.merge(name, Files.readString(file), String::concat);
    }
    return sources;
  }
}
