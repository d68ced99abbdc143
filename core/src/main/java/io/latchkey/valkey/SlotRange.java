package io.latchkey.valkey;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.CommandKeyword;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

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
        String host =
            primary.get(0) instanceof byte[] name && name.length > 0 && name[0] != '?'
                ? new String(name, StandardCharsets.UTF_8)
                : asked;
        ranges.add(new SlotRange(from.intValue(), to.intValue(), host, port.intValue()));
      }
    }
    return ranges;
  }
}
