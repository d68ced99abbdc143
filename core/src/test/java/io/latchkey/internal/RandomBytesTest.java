package io.latchkey.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.testing.ProcessImage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RandomBytesTest {
  private static final int AN_ID = 30;

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000);
  private final AtomicInteger reads = new AtomicInteger();
  private final RandomBytes random =
      new RandomBytes(
          bytes -> {
            reads.incrementAndGet();
            NonBlockingRandom.fill(bytes);
          },
          nanos::get);

  @Test
  void nobodyGetsWhatSomebodyElseGot() {
    RandomBytes shared = new RandomBytes();
    Set<Long> seen = ConcurrentHashMap.newKeySet();
    int draws = 200_000;
    IntStream.range(0, draws).parallel().forEach(i -> seen.add(firstEight(shared.next(24))));
    // Among so few random numbers of 64 bits two are alike once in a billion runs.
    assertThat(seen).hasSize(draws);
  }

  @Test
  void eachDrawHasAsManyBytesAsAskedFor() {
    for (int count : new int[] {1, 1000, 24, 1024, 1023, 1}) {
      assertThat(random.next(count)).hasSize(count);
    }
  }

  @Test
  void nothingIsReadBeforeTheFirstUse() {
    assertThat(reads).hasValue(0);
    random.next(AN_ID);
    assertThat(reads).hasValue(1);
  }

  @Test
  void whatWasHandedOutIsWiped() {
    byte[] handedOut = random.next(AN_ID);
    assertThat(indexOf(handedOut, ProcessImage.of(random).bytes())).isEqualTo(-1);
  }

  /** The first two draws are alike, so the copies are true ones. */
  @Test
  void processesRestoredFromOneImageDrawDifferentBytes() {
    random.next(AN_ID);
    ProcessImage image = ProcessImage.of(random);

    image.restoreInto(random);
    byte[] first = random.next(AN_ID);
    image.restoreInto(random);
    assertThat(random.next(AN_ID)).isEqualTo(first);

    image.restoreInto(random);
    RandomBytes.forget();
    byte[] second = random.next(AN_ID);
    assertThat(second).isNotEqualTo(first);
    image.restoreInto(random);
    RandomBytes.forget();
    assertThat(random.next(AN_ID)).isNotEqualTo(second).isNotEqualTo(first);
  }

  @Test
  void processesRestoredWithoutNoticeDrawDifferentBytesIfTheLastDrawWasLongAgo() {
    random.next(AN_ID);
    nanos.addAndGet(100_000_001);
    ProcessImage image = ProcessImage.of(random);
    byte[] first = random.next(AN_ID);
    image.restoreInto(random);
    assertThat(random.next(AN_ID)).isNotEqualTo(first);
  }

  @Test
  void aClockThatWentBackMakesItReadAnew() {
    random.next(AN_ID);
    nanos.addAndGet(-1);
    random.next(AN_ID);
    assertThat(reads).hasValue(2);
  }

  @Test
  void writersRestoredFromOneImageHaveDifferentWriteToken() {
    Set<String> marks = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      RandomBytes.forget();
      marks.add(WriteToken.masked(1, 2));
    }
    assertThat(marks).hasSize(3);
  }

  private static long firstEight(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }

  private static int indexOf(byte[] part, byte[] whole) {
    return IntStream.rangeClosed(0, whole.length - part.length)
        .filter(i -> Arrays.equals(part, Arrays.copyOfRange(whole, i, i + part.length)))
        .findFirst()
        .orElse(-1);
  }
}
