package io.latchkey.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The code that docs/webflux.md shows is the code that the tests here run. */
class WebFluxPageTest {
  private static final Path LATCHKEY = Path.of("src/test/java/io/latchkey/migration/latchkey");

  @Test
  void pageShowsTheClassThatTheMigrationAdds() throws IOException {
    String source = Files.readString(LATCHKEY.resolve("SessionConfiguration.java"));
    String begin = "// webflux.md: begin\n";

    assertThat(page()).contains(block(source.substring(source.indexOf(begin) + begin.length())));
  }

  @Test
  void pageShowsWhatTakesSessionsAlong() throws IOException {
    String source = Files.readString(LATCHKEY.resolve("MigratingSessionConfiguration.java"));
    int begin = source.indexOf("    // As Spring Session");
    int end = source.indexOf("    return SecurityAttributes");

    assertThat(page()).contains(block(source.substring(begin, end)));
  }

  @Test
  void pageShowsWhatTakesSessionsAlongUnderBoot() throws IOException {
    String source = Files.readString(LATCHKEY.resolve("MigratingCustomizer.java"));
    int begin = source.indexOf("  @Bean");
    int end = source.lastIndexOf("}");

    assertThat(page()).contains(block(source.substring(begin, end)));
  }

  private static String block(String code) {
    return "```java\n" + code.stripTrailing().stripIndent().strip() + "\n```\n";
  }

  private static String page() throws IOException {
    return Files.readString(Path.of("../docs/webflux.md"));
  }
}
