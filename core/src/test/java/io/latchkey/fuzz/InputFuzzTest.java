package io.latchkey.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.latchkey.SessionStore;
import io.latchkey.memory.MemorySessionStore;
import io.latchkey.valkey.FuzzTargets;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes from outside as a text: ids of visitors, and URIs of configurations. */
class InputFuzzTest {
  private final SessionStore store = MemorySessionStore.create();
  private final TimeGuard time = new TimeGuard();

  static Stream<byte[]> ids() {
    return Stream.of(
            "",
            "A".repeat(32),
            "A".repeat(40),
            "A".repeat(39) + "\u0141",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "{" + "A".repeat(39),
            "A".repeat(1 << 16))
        .map(id -> id.getBytes(StandardCharsets.UTF_8));
  }

  static Stream<byte[]> uris() {
    return Stream.of(
            "valkey://localhost:6379",
            "valkeys://user:p%40ss@[::1]:6379/3",
            "valkey-cluster://a:1,b_c:2,[::1]:3",
            "valkey-sentinel://u:p@a,b:26379/1?sentinelMasterId=main",
            "valkey://a,,,,,b",
            "valkey://" + "a,".repeat(2_000),
            "valkey://" + "@".repeat(2_000),
            "valkey://" + "[:".repeat(2_000),
            "redis://%zz@h?timeout=1d#x")
        .map(uri -> uri.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("ids")
  @FuzzTest(maxDuration = "24h", maxExecutions = 10_000_000)
  void anyTextThatIsNoIdFindsNothing(byte[] data) {
    String id = new String(data, StandardCharsets.UTF_8);
    time.run(
        data.length,
        () -> {
          if (store.get(id).block() != null
              || store.getAll(List.of(id, id)).blockFirst() != null
              || Boolean.TRUE.equals(store.delete(id).block())) {
            throw new AssertionError("a session that nobody made");
          }
        });
  }

  @MethodSource("uris")
  @FuzzTest(maxDuration = "24h", maxExecutions = 10_000_000)
  void anyTextIsAUriOrRefused(byte[] data) {
    time.run(data.length, () -> FuzzTargets.parseUri(new String(data, StandardCharsets.UTF_8)));
  }
}
