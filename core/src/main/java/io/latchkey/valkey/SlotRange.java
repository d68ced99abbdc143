package io.latchkey.valkey;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Slots that lie next to each other on one node of a cluster.
 *
 * @param from the first slot
 * @param to the last slot
 * @param host the primary's host
 * @param port the primary's port
 */
record SlotRange(int from, int to, String host, int port) {
  /** Asks a node for all slots. */
  static final Request<List<Object>> REQUEST =
      new Request<>(
          CommandType.CLUSTER,
          () -> new ArrayOutput<>(ByteArrayCodec.INSTANCE),
          Request.args().add(CommandKeyword.SLOTS));

  /**
   * Reads the answer.
   *
   * @param asked the host that gave it, for nodes that leave the host out
   */
  static List<SlotRange> parse(List<Object> answer, String asked) {
    List<SlotRange> ranges = new ArrayList<>(answer.size());
    for (Object entry : answer) {
      if (entry instanceof List<?> range
          && range.size() >= 3
          && range.get(0) instanceof Long from
          && range.get(1) instanceof Long to
          && range.get(2) instanceof List<?> primary
          && primary.size() >= 2
          && primary.get(1) instanceof Long port) {
        ranges.add(
            new SlotRange(from.intValue(), to.intValue(), host(primary, asked), port.intValue()));
      }
    }
    return ranges;
  }

  /** Its name; a node that has none, where all should, is said by its address further back. */
  private static String host(List<?> node, String asked) {
    String name = text(node.get(0));
    if (!name.equals("?")) {
      return name.isEmpty() ? asked : name;
    }
    if (node.size() > 3 && node.get(3) instanceof List<?> more) {
      for (int i = 0; i + 1 < more.size(); i += 2) {
        if (text(more.get(i)).equals("ip") && !text(more.get(i + 1)).isEmpty()) {
          return text(more.get(i + 1));
        }
      }
    }
    return asked;
  }

  private static String text(@Nullable Object value) {
    return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
  }
}
