package io.latchkey.valkey;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a server says about its part in replication. */
sealed interface Role {
  /** Asks for it. */
  Request<List<Object>> REQUEST =
      new Request<>(
          CommandType.ROLE, () -> new ArrayOutput<>(ByteArrayCodec.INSTANCE), Request.args());

  /**
   * It takes writes.
   *
   * @param offset how far it has written
   * @param acknowledged how far each of its replicas has confirmed to be, by address
   */
  record Primary(long offset, Map<Address, Long> acknowledged) implements Role {}

  /**
   * It copies another server.
   *
   * @param offset how far it has got
   * @param isConnected whether it has the other's data, and is told of every change
   */
  record Replica(long offset, boolean isConnected) implements Role {}

  /** It is a sentinel, or nobody knows what. */
  record Other() implements Role {}

  /**
   * Where a replica says that it is to be found.
   *
   * @param host a name or an address
   * @param port a port
   */
  record Address(String host, int port) implements Comparable<Address> {
    @Override
    public int compareTo(Address other) {
      int hosts = host.compareTo(other.host);
      return hosts == 0 ? Integer.compare(port, other.port) : hosts;
    }
  }

  /** Reads the answer. */
  static Role parse(List<Object> answer) {
    String name = answer.isEmpty() ? "" : text(answer.get(0));
    if (name.equals("master") && answer.size() >= 3 && answer.get(1) instanceof Long offset) {
      return new Primary(offset, acknowledged(answer.get(2)));
    }
    if (name.equals("slave") && answer.size() >= 5 && answer.get(4) instanceof Long offset) {
      return new Replica(offset, text(answer.get(3)).equals("connected"));
    }
    return new Other();
  }

  private static Map<Address, Long> acknowledged(@Nullable Object list) {
    Map<Address, Long> all = new HashMap<>();
    if (list instanceof List<?> replicas) {
      for (Object each : replicas) {
        if (each instanceof List<?> replica && replica.size() >= 3) {
          long port = number(replica.get(1));
          long offset = number(replica.get(2));
          String host = text(replica.get(0));
          if (!host.isEmpty() && port > 0 && port <= 0xFFFF && offset >= 0) {
            // One that was started again may be listed once more, as it was before it died.
            all.merge(new Address(host, (int) port), offset, Math::min);
          }
        }
      }
    }
    return all;
  }

  private static long number(@Nullable Object value) {
    if (value instanceof Long number) {
      return number;
    }
    String text = text(value);
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
  }

  private static String text(@Nullable Object value) {
    return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
  }
}
