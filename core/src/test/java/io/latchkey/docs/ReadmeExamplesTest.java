package io.latchkey.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import io.latchkey.TypeRef;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(ValkeyServer.class)
class ReadmeExamplesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  // README: begin
  /** Visitors' carts. As sessions, pass ValkeySessionStore.connect("valkey://localhost:6379"). */
  record Carts(SessionStore sessions) {
    private static final TypeRef<List<String>> ITEMS = new TypeRef<>() {};

    Mono<Session> begin(String user) { // the session's id goes into the visitor's cookie
      return sessions.create(Map.of("user", user, "cart", List.of()));
    }

    Mono<Session> put(String id, List<String> items) { // empty once the session has ended
      return sessions.get(id).flatMap(s -> sessions.save(s.set("cart", items)));
    }

    Mono<List<String>> items(String id) {
      return sessions.get(id).map(s -> s.get("cart", ITEMS).orElseThrow());
    }
  }

  // README: end

  @Test
  void theExampleKeepsACartUntilItsSessionEnds(ValkeyServer server) {
    try (ValkeySessionStore sessions =
        ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).build()) {
      Carts carts = new Carts(sessions);

      StepVerifier.create(
              carts
                  .begin("ada")
                  .flatMap(s -> carts.put(s.id(), List.of("lamp", "kettle")))
                  .flatMap(s -> carts.items(s.id()).delayUntil(items -> sessions.delete(s.id()))))
          .expectNext(List.of("lamp", "kettle"))
          .expectComplete()
          .verify(PATIENCE);
      StepVerifier.create(
              carts
                  .begin("ada")
                  .delayUntil(s -> sessions.delete(s.id()))
                  .flatMap(s -> carts.put(s.id(), List.of("lamp"))))
          .expectComplete()
          .verify(PATIENCE);
      assertThat(server.keys()).isEmpty();
    }
  }

  @Test
  void theReadmeShowsASessionAsItIsStored(ValkeyServer server) throws IOException {
    String readme = readme();
    try (ValkeySessionStore sessions =
        ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).build()) {
      Carts carts = new Carts(sessions);
      Session session =
          carts
              .begin("ada")
              .flatMap(s -> carts.put(s.id(), List.of("lamp", "kettle")))
              .blockOptional(PATIENCE)
              .orElseThrow();
      try {
        compare(readme, server);
      } finally {
        sessions.delete(session.id()).block(PATIENCE);
      }
    }
  }

  @Test
  void theReadmeShowsTheExampleThatIsCompiledHere() throws IOException {
    String source =
        Files.readString(Path.of("src/test/java/io/latchkey/docs/ReadmeExamplesTest.java"));
    String begin = "// README: begin\n";
    String example = source.substring(source.indexOf(begin) + begin.length());
    example = example.substring(0, example.indexOf("// README: end")).stripIndent().strip();

    assertThat(readme()).contains("```java\n" + example + "\n```\n");
  }

  private static void compare(String readme, ValkeyServer server) {
    assertThat(server.keys()).hasSize(1);
    String key = server.keys().iterator().next();
    assertThat(shape(key.replace(server.namespace(), "latchkey")))
        .isEqualTo(shape(line(readme, "latchkey:")));
    Map<String, Object> stored = json(String.valueOf(server.command("GET", key)));
    Map<String, Object> shown = json(line(readme, "{\"latchkey\":"));
    assertThat(shown.keySet()).containsExactlyElementsOf(stored.keySet());
    assertThat(shape(shown.get("latchkey"))).isEqualTo(shape(stored.get("latchkey")));
    assertThat(shown.get("attributes")).isEqualTo(stored.get("attributes"));
  }

  private static String readme() throws IOException {
    return Files.readString(Path.of("../README.md"));
  }

  private static String line(String text, String start) {
    return text.lines().filter(line -> line.startsWith(start)).findFirst().orElseThrow();
  }

  private static Map<String, Object> json(String document) {
    return JsonMapper.shared().readValue(document, new TypeReference<Map<String, Object>>() {});
  }

  /** What differs from session to session is blotted out. */
  private static String shape(@Nullable Object text) {
    return String.valueOf(text).replaceAll("[0-9A-Za-z_-]", "x");
  }
}
