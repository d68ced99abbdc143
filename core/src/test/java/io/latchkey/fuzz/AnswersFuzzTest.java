package io.latchkey.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.latchkey.valkey.AnswerStream;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** What may arrive on a connection while several commands wait for their answers. */
class AnswersFuzzTest {
  private final TimeGuard time = new TimeGuard();

  /** Answers as they are, and with bytes that are lost, repeated or changed; split anywhere. */
  static Stream<byte[]> streams() {
    byte[] answers = AnswerStream.answers();
    Random random = new Random(1);
    return Stream.concat(
        Stream.of(new byte[0], piece(answers, 255), piece(answers, 1)),
        IntStream.range(0, 2_000).mapToObj(i -> piece(damaged(answers, random, i), i * 31)));
  }

  /** The first byte says in how large pieces the rest comes. */
  private static byte[] piece(byte[] stream, int size) {
    byte[] data = new byte[stream.length + 1];
    data[0] = (byte) size;
    System.arraycopy(stream, 0, data, 1, stream.length);
    return data;
  }

  private static byte[] damaged(byte[] answers, Random random, int kind) {
    int from = random.nextInt(answers.length);
    int to = Math.min(answers.length, from + 1 + random.nextInt(random.nextBoolean() ? 8 : 600));
    byte[] head = Arrays.copyOf(answers, kind % 3 == 0 ? from : to);
    byte[] tail = Arrays.copyOfRange(answers, kind % 3 == 0 ? to : from, answers.length);
    if (kind % 3 == 2) {
      random.nextBytes(tail);
    }
    byte[] damaged = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, damaged, head.length, tail.length);
    return damaged;
  }

  @MethodSource("streams")
  @FuzzTest(maxDuration = "24h", maxExecutions = 10_000_000)
  void noBytesAreTheAnswerOfAnotherOrLeaveACallWithoutAnEnd(byte[] data) {
    if (data.length > 0) {
      time.run(
          data.length,
          () ->
              AnswerStream.feed(
                  Arrays.copyOfRange(data, 1, data.length), 1 + Byte.toUnsignedInt(data[0])));
    }
  }
}
