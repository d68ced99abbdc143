package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Who a node says has slots, where nodes do not say their addresses as they do by default. */
class SlotRangeTest {
  @Test
  void aNodeHasTheNameThatIsPreferred() {
    assertThat(host(bytes("valkey-1"), List.of(bytes("ip"), bytes("10.0.0.7"))))
        .isEqualTo("valkey-1");
  }

  @Test
  void aNodeWithoutTheNameThatAllShouldHaveIsFoundByItsAddress() {
    assertThat(host(bytes("?"), List.of(bytes("ip"), bytes("10.0.0.7")))).isEqualTo("10.0.0.7");
  }

  @Test
  void aNodeThatDoesNotKnowItsHostIsWhereItWasAsked() {
    assertThat(host(bytes(""), List.of())).isEqualTo("asked");
    assertThat(host(bytes("?"), List.of())).isEqualTo("asked");
  }

  private static String host(byte[] name, List<Object> more) {
    List<Object> node = List.of(name, 6379L, bytes("id"), more);
    List<SlotRange> ranges = SlotRange.parse(List.of(List.of(0L, 16383L, node)), "asked");
    assertThat(ranges).hasSize(1);
    return ranges.get(0).host();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
