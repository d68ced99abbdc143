package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** How large an answer is of which only a part is here. */
class AnswerSizeTest {
  private final AnswerSize size = new AnswerSize();

  @Test
  void aLengthCountsBeforeItsBytesAreHere() {
    assertThat(of("$1000\r\nabc")).isEqualTo(7 + 1000 + 2);
  }

  @Test
  void lengthsOfAllElementsCount() {
    assertThat(of("*2\r\n$3\r\nabc\r\n$1000\r\n")).isEqualTo(4 + 2 * 3 + 4 + 5 + 7 + 1002);
  }

  @Test
  void theNumberOfElementsCounts() {
    assertThat(of("*1000000\r\n")).isGreaterThan(1_000_000);
    size.reset();
    assertThat(of("%1000000\r\n")).isGreaterThan(2_000_000);
  }

  @Test
  void whatLooksLikeALengthInAValueDoesNotCount() {
    assertThat(of("*2\r\n$13\r\n$99999999\r\n+\n\r\n")).isLessThan(100);
  }

  @Test
  void itIsTheSameInWhateverPiecesItComes() {
    String answer = "%2\r\n$3\r\nabc\r\n$5\r\n$99\r\n\r\n:7\r\n$1000\r\nx";
    long whole = of(answer);
    size.reset();
    ByteBuf buffer = Unpooled.buffer();
    for (byte next : answer.getBytes(US_ASCII)) {
      buffer.writeByte(next);
      size.add(buffer, buffer.writerIndex() - 1);
    }
    assertThat(size.atLeast()).isEqualTo(whole);
  }

  @Test
  void nothingHasNoLength() {
    assertThat(of("*2\r\n$-1\r\n")).isEqualTo(4 + 2 * 3 + 5);
    assertThat(size.isMalformed()).isFalse();
  }

  @Test
  void aLengthThatIsNoNumberIsMalformed() {
    of("$12a\r\n");
    assertThat(size.isMalformed()).isTrue();
    size.reset();
    of("$99999999999999999999\r\n");
    assertThat(size.isMalformed()).isTrue();
    size.reset();
    of("+12a\r\n-ERR 99999999999999\r\n");
    assertThat(size.isMalformed()).isFalse();
  }

  private long of(String bytes) {
    size.add(Unpooled.wrappedBuffer(bytes.getBytes(US_ASCII)), 0);
    return size.atLeast();
  }
}
