package io.latchkey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.ScanArgs;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StoreTypeTest {
  private static final ScanArgs OURS =
      ScanArgs.Builder.matches(SessionData.NAMESPACE + ":*").limit(1_000);

  @ParameterizedTest
  @EnumSource
  void storesAsManyBytesAsTheFloor(SessionSize size) {
    try (BenchServer server = BenchServer.start();
        BenchStore sessions = StoreType.LATCHKEY.open(server.uri(), size)) {
      server.clear();
      sessions.create().block();

      long bytes = server.ask(commands -> commands.strlen(commands.scan(OURS).getKeys().get(0)));
      assertThat(bytes).isCloseTo(size.bytes(), Percentage.withPercentage(2));
      server.clear();
    }
  }

  @Test
  void clearingLeavesTheKeysOfOthers() {
    try (BenchServer server = BenchServer.start();
        BenchServer somebodyElses = BenchServer.of(server.uri());
        BenchStore sessions = StoreType.LETTUCE.open(server.uri(), SessionSize.SMALL)) {
      server.ask(commands -> commands.set("somebody-elses", "1"));
      sessions.create().block();

      somebodyElses.clear();

      List<String> left = server.ask(commands -> commands.keys("*"));
      assertThat(left)
          .contains("somebody-elses")
          .noneMatch(key -> key.startsWith("latchkey-bench"));
      server.ask(commands -> commands.unlink("somebody-elses"));
    }
  }
}
