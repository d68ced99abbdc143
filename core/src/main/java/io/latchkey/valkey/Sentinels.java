package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.protocol.CommandType;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Asks sentinels where the primary is. Lettuce would too, but waits for ever for a sentinel that
 * hangs, and is content with one that does not know.
 */
final class Sentinels {
  private Sentinels() {}

  /**
   * The address of the primary, as the first sentinel that answers has it.
   *
   * @param client makes the connections, which are closed again at once
   * @param primary names the sentinels and the primary
   */
  static Mono<SocketAddress> primary(ServerClient client, RedisURI primary) {
    String name = primary.getSentinelMasterId();
    Request<List<byte[]>> request =
        new Request<>(
            CommandType.SENTINEL,
            () -> new ValueListOutput<>(ByteArrayCodec.INSTANCE),
            Request.args().add("get-master-addr-by-name").add(name));
    return FirstAnswer.of(primary.getSentinels(), sentinel -> ask(client, sentinel, request))
        .map(
            address ->
                client
                    .getResources()
                    .socketAddressResolver()
                    .resolve(
                        RedisURI.create(
                            text(address.get(0)), Integer.parseInt(text(address.get(1))))));
  }

  private static Mono<List<byte[]>> ask(
      ServerClient client, RedisURI sentinel, Request<List<byte[]>> request) {
    // Whoever is not waited for any more closes its connection all the same.
    return Mono.fromFuture(
            () ->
                client
                    .open(sentinel)
                    .thenCompose(
                        connection ->
                            new Exchange<>(connection::dispatch, request)
                                .doFinally(
                                    end -> {
                                      var unused = connection.closeAsync();
                                    })
                                .toFuture())
                    .toCompletableFuture(),
            true)
        .filter(address -> address.size() == 2)
        .switchIfEmpty(
            Mono.error(
                () ->
                    new SessionStoreException(
                        "the sentinels know no primary of that name: check sentinelMasterId in the"
                            + " URI")));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
