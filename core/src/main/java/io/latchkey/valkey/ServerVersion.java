package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.GenericMapOutput;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Refuses a server that is too old, once per connection. HELLO tells the version, and needs no
 * permission that a user may lack.
 */
final class ServerVersion {
  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");
  private static final String OLDER_THAN_HELLO = "older than 6.0";
  private static final Duration NOT_YET_PAUSE = Duration.ofMillis(2);
  private static final int NOT_YET_ATTEMPTS = 500;
  private static final int MIN_MAJOR = 6;
  private static final int MIN_MINOR = 2;

  /** Who the server is; says so again, and changes nothing, on a connection in use. */
  static final Request<Map<byte[], Object>> HELLO =
      new Request<>(
          CommandType.HELLO, () -> new GenericMapOutput<>(ByteArrayCodec.INSTANCE), Request.args());

  private ServerVersion() {}

  /** Whether the server takes writes; false for a replica. */
  static Mono<Boolean> isPrimary(StatefulRedisConnection<byte[], byte[]> connection) {
    return hello(connection).map(hello -> !field(hello, "role").equals("replica"));
  }

  static CompletionStage<StatefulRedisConnection<byte[], byte[]>> check(
      StatefulRedisConnection<byte[], byte[]> connection) {
    return hello(connection)
        .map(hello -> field(hello, "version"))
        .onErrorReturn(ServerErrors.UnknownCommandException.class, OLDER_THAN_HELLO)
        .onErrorResume(
            error ->
                Mono.fromCompletionStage(connection::closeAsync)
                    .onErrorComplete()
                    .then(Mono.error(notSent(error))))
        .flatMap(version -> refuseIfTooOld(connection, version))
        .toFuture();
  }

  /**
   * Whatever became of the question: the command that the connection was opened for was not sent.
   */
  static Throwable notSent(Throwable error) {
    return ServerErrors.translate(error) instanceof SessionStoreUnavailableException unavailable
        ? new SessionStoreUnavailableException(
            "the server accepted a connection but did not answer on it; nothing was sent",
            unavailable,
            false)
        : error;
  }

  private static Mono<StatefulRedisConnection<byte[], byte[]>> refuseIfTooOld(
      StatefulRedisConnection<byte[], byte[]> connection, String version) {
    if (isSupported(version)) {
      return Mono.just(connection);
    }
    return Mono.fromCompletionStage(connection::closeAsync)
        .then(
            Mono.error(
                new SessionStoreException(
                    "the server is too old: Latchkey needs Valkey, or Redis 6.2 or newer, and this"
                        + " one is "
                        + version)));
  }

  private static Mono<Map<byte[], Object>> hello(
      StatefulRedisConnection<byte[], byte[]> connection) {
    return new Exchange<>(connection::dispatch, HELLO)
        // Lettuce may say that it is connected before it accepts commands: it finishes the
        // handshake on a thread of its own, and activates the connection on the event loop a little
        // later.
        .retryWhen(
            Retry.fixedDelay(NOT_YET_ATTEMPTS, NOT_YET_PAUSE)
                .filter(ServerErrors::wasNotSent)
                .onRetryExhaustedThrow((spec, signal) -> signal.failure()));
  }

  private static String field(Map<byte[], Object> hello, String name) {
    for (Map.Entry<byte[], Object> field : hello.entrySet()) {
      if (text(field.getKey()).equals(name) && field.getValue() instanceof byte[] value) {
        return text(value);
      }
    }
    return "unknown";
  }

  /** A version that nobody can read is a fork's: it is given the benefit of the doubt. */
  private static boolean isSupported(String version) {
    if (version.equals(OLDER_THAN_HELLO)) {
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
