package io.latchkey.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.latchkey.valkey.FuzzTargets;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** What may lie under a session's key, in both layouts. */
class StoredFormsFuzzTest {
  private final TimeGuard time = new TimeGuard();

  static Stream<byte[]> seeds() {
    byte[] document = FuzzTargets.document();
    Stream<byte[]> changed =
        new Random(1)
            .ints(200, 0, document.length)
            .mapToObj(
                i -> {
                  byte[] copy = document.clone();
                  copy[i] = (byte) (copy[i] ^ 1 << i % 8);
                  return copy;
                });
    return Stream.concat(Stream.of(document, new byte[0]), changed);
  }

  static Stream<byte[]> bodies() {
    return Stream.of(
            ",\"createdAt\":1764000000000,\"attributes\":{\"user\":\"ada\",\"cart\":[1,{\"a\":null}]}}",
            ",\"createdAt\":1,\"attributes\":{\"a:x\":1,\"a:\\u0078\":2}}",
            ",\"createdAt\":1,\"attributes\":{\"\\ud800\":1}}",
            ",\"createdAt\":\"x\",\"attributes\":[]}",
            ",\"createdAt\":99999999999999999999,\"attributes\":{},\"later\":{\"a\":[]}}",
            ",\"attributes\":{\"a\":",
            ",\"attributes\":{\"a\":" + "[".repeat(5_000))
        .map(body -> body.getBytes(StandardCharsets.UTF_8));
  }

  static Stream<byte[]> fields() {
    return Stream.of(
            "a:user\n\"ada\"\na:cart\n[1]",
            "a:x\n1\na:\\u0078\n2",
            "a:\n\na:\"\n{}",
            "latchkey\n1\nlatchkey\n2",
            "a:\\ud800\n1",
            "a:\\\n1")
        .map(hash -> hash.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "24h", maxExecutions = 10_000_000)
  void anyBytesAreADocumentOrUnreadable(byte[] data) {
    time.run(data.length, () -> FuzzTargets.readDocument(data));
  }

  @MethodSource("bodies")
  @FuzzTest(maxDuration = "24h", maxExecutions = 10_000_000)
  void anyBodyBehindAHeadThatFitsItIsReadOrUnreadable(byte[] data) {
    time.run(data.length, () -> FuzzTargets.readDocument(FuzzTargets.documentOf(data)));
  }

  @MethodSource("fields")
  @FuzzTest(maxDuration = "24h", maxExecutions = 10_000_000)
  void anyFieldsBesideAHeadThatFitsThemAreReadOrUnreadable(byte[] data) {
    time.run(data.length, () -> FuzzTargets.readHash(data));
  }
}
