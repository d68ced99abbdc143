package io.latchkey.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RandomBytesTest {
  private final RandomBytes random = new RandomBytes();

  @Test
  void nobodyGetsWhatSomebodyElseGot() {
    Set<Long> seen = ConcurrentHashMap.newKeySet();
    int draws = 200_000;
    IntStream.range(0, draws).parallel().forEach(i -> seen.add(firstEight(random.next(24))));
    // Among so few random numbers of 64 bits two are alike once in a billion runs.
    assertThat(seen).hasSize(draws);
  }

  @Test
  void eachDrawHasAsManyBytesAsAskedFor() {
    for (int count : new int[] {1, 1000, 24, 1024, 1023, 1}) {
      assertThat(random.next(count)).hasSize(count);
    }
  }

  private static long firstEight(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }
}
