package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.protocol.CommandType;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Knows from the sentinels where the primary is. Lettuce would ask them too, but waits for ever for
 * a sentinel that hangs, and is content with one that does not know.
 *
 * <h2>Whom to believe</h2>
 *
 * <p>A sentinel that was away, or cut off, may name the former primary for a while, and that one
 * may still take writes, which are lost when it is demoted. Each failover has a config-epoch,
 * higher than the one before, and the sentinels agree on it by majority. So the store remembers the
 * highest that it was told, moves to another primary only for a higher one, and connects to nobody
 * whom a lower one names.
 *
 * <p>Sentinels that are set up anew count from zero again. If nobody knows the epoch any more, and
 * a majority names the same primary with the same lower one, that is what has happened: a failover
 * takes a majority, so no more than a minority can have missed it.
 *
 * <p>A sentinel's user who may ask for the address alone is not told the epoch; then whoever
 * answers is believed.
 */
final class Sentinels {
  /** What a sentinel's user needs to be allowed. */
  static final String NEEDED =
      "+sentinel|get-master-addr-by-name +sentinel|master +subscribe resetchannels &+switch-master";

  /** For so long after a switch nobody needs to be asked again. */
  private static final long NEWS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ServerClient client;
  private final List<RedisURI> sentinels;
  private final String name;
  private final Request<List<byte[]>> epoch;
  private final Request<List<byte[]>> address;
  private final AtomicReference<@Nullable Primary> known = new AtomicReference<>();
  private final List<Runnable> followers = new CopyOnWriteArrayList<>();
  private volatile long switchedAtNanos = System.nanoTime() - NEWS_NANOS;

  /**
   * Nobody is asked yet.
   *
   * @param client makes the connections
   * @param uri names the sentinels and the primary
   */
  Sentinels(ServerClient client, RedisURI uri) {
    this.client = client;
    this.sentinels = uri.getSentinels();
    this.name = uri.getSentinelMasterId();
    this.epoch = request("master");
    this.address = request("get-master-addr-by-name");
  }

  List<RedisURI> all() {
    return sentinels;
  }

  /** What they call the primary. */
  String name() {
    return name;
  }

  /**
   * Has that run as soon as another server is the primary than before: on whatever thread learnt of
   * it, so it must not block.
   */
  void onSwitch(Runnable follower) {
    followers.add(follower);
  }

  /**
   * The address of the primary, as the first sentinel has it that answers and has not missed a
   * failover. Each is asked on a connection that is closed again at once.
   */
  Mono<SocketAddress> address() {
    return Mono.defer(
            () -> {
              Primary told = known.get();
              return told != null && System.nanoTime() - switchedAtNanos < NEWS_NANOS
                  ? Mono.just(told)
                  : ask();
            })
        .map(
            primary ->
                client
                    .getResources()
                    .socketAddressResolver()
                    .resolve(RedisURI.create(primary.host, primary.port)));
  }

  private Mono<Primary> ask() {
    Queue<Primary> outdated = new ConcurrentLinkedQueue<>();
    return FirstAnswer.of(
            sentinels,
            sentinel ->
                askOnce(sentinel)
                    .flatMap(
                        primary -> {
                          if (learn(primary)) {
                            return Mono.just(primary);
                          }
                          outdated.add(primary);
                          return Mono.error(missedAFailover());
                        }))
        .onErrorResume(
            error -> Mono.justOrEmpty(setUpAnew(outdated)).switchIfEmpty(Mono.error(error)));
  }

  private Mono<Primary> askOnce(RedisURI sentinel) {
    if (client.isClosed()) {
      return Mono.error(ServerErrors.closed());
    }
    // Whoever is not waited for any more closes its connection all the same.
    return Futures.outcome(
        () ->
            client
                .open(sentinel)
                .thenCompose(
                    connection ->
                        ask(connection::dispatch)
                            .doFinally(
                                end -> {
                                  var unused = connection.closeAsync();
                                })
                            .toFuture()));
  }

  private Mono<Primary> ask(Link link) {
    return epoch(link)
        .onErrorResume(
            error -> !(error instanceof SessionStoreUnavailableException),
            error -> Mono.just(Primary.EPOCH_NOT_TOLD))
        .flatMap(epoch -> primary(link, epoch));
  }

  /**
   * Asks on a connection that stays open, of a sentinel that must tell the epoch, and tells the
   * followers if there is news.
   */
  Mono<Void> look(Link link) {
    return epoch(link).flatMap(epoch -> primary(link, epoch)).doOnNext(this::learn).then();
  }

  private Mono<Long> epoch(Link link) {
    return new Exchange<>(link, epoch).map(Sentinels::configEpoch);
  }

  /**
   * Asks for the address, after the epoch: so it is that of this epoch, or of a later one, of which
   * the sentinel will tell. The other way round a former primary could come by a new epoch.
   *
   * <p>SENTINEL MASTER has an address too; but a sentinel that leads a failover has the new epoch
   * there while it has the former address still.
   */
  private Mono<Primary> primary(Link link, long epoch) {
    return new Exchange<>(link, address)
        .filter(words -> words.size() == 2)
        .map(words -> new Primary(epoch, text(words.get(0)), Integer.parseInt(text(words.get(1)))))
        .switchIfEmpty(
            Mono.error(
                () ->
                    new SessionStoreException(
                        "the sentinels know no primary of that name: check sentinelMasterId in the"
                            + " URI")));
  }

  /**
   * Remembers what a sentinel has told, if it is news.
   *
   * @return false if it is older than what is known
   */
  private boolean learn(Primary told) {
    while (true) {
      Primary before = known.get();
      if (before != null && told.epoch < before.epoch) {
        return false;
      }
      if (before != null && told.epoch == before.epoch) {
        return true;
      }
      if (replace(before, told)) {
        return true;
      }
    }
  }

  /** Whom a majority names, if all who answered have an older epoch than is known. */
  private @Nullable Primary setUpAnew(Collection<Primary> outdated) {
    Primary before = known.get();
    for (Primary each : outdated) {
      if (2 * Collections.frequency(outdated, each) > sentinels.size()) {
        return replace(before, each) ? each : null;
      }
    }
    return null;
  }

  private boolean replace(@Nullable Primary before, Primary told) {
    if (!known.compareAndSet(before, told)) {
      return false;
    }
    if (before != null && !told.isAt(before)) {
      switchedAtNanos = System.nanoTime();
      followers.forEach(Runnable::run);
    }
    return true;
  }

  private Request<List<byte[]>> request(String what) {
    return new Request<>(
        CommandType.SENTINEL,
        () -> new ValueListOutput<>(ByteArrayCodec.INSTANCE),
        Request.args().add(what).add(name));
  }

  /** From the fields of SENTINEL MASTER, names and values in turn. */
  private static long configEpoch(List<byte[]> fields) {
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      if (text(fields.get(i)).equals("config-epoch")) {
        return Long.parseLong(text(fields.get(i + 1)));
      }
    }
    return Primary.EPOCH_NOT_TOLD;
  }

  private static SessionStoreUnavailableException missedAFailover() {
    return new SessionStoreUnavailableException(
        "the sentinels that answer have missed a failover; nothing was sent", null, false);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Whom a sentinel takes for the primary, and since which failover. */
  private record Primary(long epoch, String host, int port) {
    /** Lower than any. */
    static final long EPOCH_NOT_TOLD = -1;

    boolean isAt(Primary other) {
      return host.equals(other.host) && port == other.port;
    }
  }
}
