package io.latchkey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.ReactiveRedisTemplate;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;
import reactor.core.publisher.Mono;

class MachineTest {
  @Test
  void theVersionsThatResultsStateAreThoseThatAreUsed() {
    Map<String, String> versions = Machine.here("Valkey 8.0.1").versions();

    assertThat(versions)
        .containsEntry("Valkey", "8.0.1")
        .allSatisfy((name, version) -> assertThat(version).as(name).doesNotContain("$"));
    assertThat(jar(Mono.class)).endsWith("-" + versions.get("Reactor") + ".jar");
    assertThat(jar(ReactiveRedisTemplate.class))
        .endsWith("-" + versions.get("Spring Data Redis") + ".jar");
    assertThat(jar(ReactiveRedisSessionRepository.class))
        .endsWith("-" + versions.get("Spring Session") + ".jar");
  }

  private static String jar(Class<?> type) {
    return Objects.requireNonNull(type.getProtectionDomain().getCodeSource())
        .getLocation()
        .getPath();
  }
}
