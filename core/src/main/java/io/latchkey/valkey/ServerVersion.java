package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.GenericMapOutput;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses a server that is too old, once per connection. HELLO tells the version, and needs no
 * permission that a user may lack.
 */
final class ServerVersion {
  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");
  private static final int MIN_MAJOR = 6;
  private static final int MIN_MINOR = 2;

  private ServerVersion() {}

  static CompletionStage<StatefulRedisConnection<byte[], byte[]>> check(
      StatefulRedisConnection<byte[], byte[]> connection) {
    return connection
        .async()
        .dispatch(CommandType.HELLO, new GenericMapOutput<>(ByteArrayCodec.INSTANCE))
        .handle(
            (hello, error) -> {
              String version = error == null ? version(hello) : tooOldForHello(error);
              if (!isSupported(version)) {
                var unused = connection.closeAsync();
                throw new SessionStoreException(
                    "the server is too old: Latchkey needs Valkey, or Redis 6.2 or newer, and this"
                        + " one is "
                        + version);
              }
              return connection;
            });
  }

  private static String version(Map<byte[], Object> hello) {
    for (Map.Entry<byte[], Object> field : hello.entrySet()) {
      if (text(field.getKey()).equals("version") && field.getValue() instanceof byte[] version) {
        return text(version);
      }
    }
    return "unknown";
  }

  private static String tooOldForHello(Throwable error) {
    if (error instanceof RedisCommandExecutionException
        && String.valueOf(error.getMessage()).contains("unknown command")) {
      return "older than 6.0";
    }
    throw error instanceof CompletionException completion
        ? completion
        : new CompletionException(error);
  }

  /** A version that nobody can read is a fork's: it is given the benefit of the doubt. */
  private static boolean isSupported(String version) {
    if (version.startsWith("older")) {
      return false;
    }
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.matches()) {
      return true;
    }
    int major = Integer.parseInt(matcher.group(1));
    return major > MIN_MAJOR
        || (major == MIN_MAJOR && Integer.parseInt(matcher.group(2)) >= MIN_MINOR);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
