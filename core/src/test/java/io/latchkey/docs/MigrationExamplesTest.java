package io.latchkey.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.Layout;
import io.latchkey.valkey.MigrationSource;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.data.redis.serializer.JdkSerializationRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializer;
import reactor.core.publisher.Mono;

/** The code in docs/migration.md. */
@ExtendWith(ValkeyServer.class)
class MigrationExamplesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  // layouts: begin
  static ValkeySessionStore.Builder fromDocumentsToHashes(String uri) {
    return ValkeySessionStore.builder(uri)
        .layout(Layout.HASH)
        .migrateFrom(MigrationSource.layout(Layout.STRING));
  }

  // layouts: end

  // spring: begin
  static ValkeySessionStore.Builder fromSpringSession(String uri) {
    // The serializer that Spring Session wrote with; this one unless you gave it another.
    RedisSerializer<Object> serializer = new JdkSerializationRedisSerializer();
    return ValkeySessionStore.builder(uri)
        .migrateFrom(
            MigrationSource.springSession(
                MigrationSource.SPRING_SESSION_NAMESPACE, serializer::deserialize));
  }

  // spring: end

  @Test
  void theExampleForLayoutsMigrates(ValkeyServer server) {
    try (ValkeySessionStore former =
            ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).build();
        ValkeySessionStore store =
            fromDocumentsToHashes(server.uri()).namespace(server.namespace()).build()) {
      Session session = value(former.create(Map.of("user", "ada")));
      value(store.update(session.id(), s -> Mono.just(s.set("seen", true))));
      assertThat(server.command("TYPE", server.keys().iterator().next())).isEqualTo("hash");
    }
  }

  @Test
  void theExampleForSpringSessionBuildsAStore(ValkeyServer server) {
    try (ValkeySessionStore store =
        fromSpringSession(server.uri()).namespace(server.namespace()).build()) {
      String id = "3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d11";
      assertThat(store.get(id).blockOptional(PATIENCE)).isEmpty();
    }
  }

  @Test
  void thePageShowsWhatIsCompiledHere() throws IOException {
    String page = Files.readString(Path.of("../docs/migration.md"));
    String source =
        Files.readString(Path.of("src/test/java/io/latchkey/docs/MigrationExamplesTest.java"));
    for (String name : new String[] {"layouts", "spring"}) {
      String begin = "// " + name + ": begin\n";
      String example = source.substring(source.indexOf(begin) + begin.length());
      example = example.substring(0, example.indexOf("// " + name + ": end")).stripIndent().strip();
      assertThat(page).contains("```java\n" + example + "\n```\n");
    }
  }

  private static Session value(Mono<Session> session) {
    return Objects.requireNonNull(session.block(PATIENCE));
  }
}
