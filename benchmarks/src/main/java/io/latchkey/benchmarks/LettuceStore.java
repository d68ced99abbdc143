package io.latchkey.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.Value;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/**
 * The floor: what Lettuce itself costs, without anything that makes a session of the bytes. Keys
 * are as long as Latchkey's and values as its documents, but nothing is encoded, digested, checked
 * or decoded.
 *
 * <p>Commands: create {@code SET NX PX}, get {@code GET}, touch {@code PEXPIRE}, save {@code SET XX
 * PX} of the bytes read with some of them changed, rotation {@code RENAME}, delete {@code UNLINK},
 * getAll one {@code MGET}. It cannot notice that nothing changed. A request reads, and writes what
 * it changed.
 */
final class LettuceStore implements BenchStore {
  /** When the client hands what it has written to the operating system. */
  enum Flush {
    /** After each command, on one connection: what Lettuce does by itself. */
    EACH_COMMAND(1),

    /** Once for all that has come together, on as many connections as Latchkey has by default. */
    CONSOLIDATED(2);

    private final int connections;

    Flush(int connections) {
      this.connections = connections;
    }
  }

  private final RedisClient client;
  private final List<RedisAsyncCommands<String, byte[]>> stripes;
  private final byte[] value;
  private final SetArgs newForOneIdleTimeout =
      SetArgs.Builder.nx().px(SessionData.IDLE_TIMEOUT.toMillis());
  private final SetArgs againForOneIdleTimeout =
      SetArgs.Builder.xx().px(SessionData.IDLE_TIMEOUT.toMillis());

  /** Where it starts is random, as two stores may share a server. */
  private final AtomicLong created =
      new AtomicLong(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE / 2));

  private LettuceStore(RedisClient client, int connections, SessionSize size) {
    this.client = client;
    value = new byte[size.bytes()];
    Arrays.fill(value, (byte) 'x');
    RedisCodec<String, byte[]> codec = RedisCodec.of(StringCodec.ASCII, ByteArrayCodec.INSTANCE);
    stripes =
        Stream.generate(() -> client.connect(codec))
            .limit(connections)
            .map(StatefulRedisConnection::async)
            .toList();
  }

  static LettuceStore open(String uri, SessionSize size, Flush flush) {
    ClientResources.Builder resources = ClientResources.builder();
    if (flush == Flush.CONSOLIDATED) {
      resources.nettyCustomizer(new ConsolidatedFlush());
    }
    RedisURI server = BenchServer.lettuceUri(uri);
    return new LettuceStore(RedisClient.create(resources.build(), server), flush.connections, size);
  }

  @Override
  public Mono<String> create() {
    return Mono.defer(
        () -> {
          String key = newKey();
          return Mono.fromCompletionStage(stripe(key).set(key, value, newForOneIdleTimeout))
              .map(stored -> key);
        });
  }

  @Override
  public Mono<byte[]> get(String key) {
    return send(key, commands -> commands.get(key));
  }

  @Override
  public Mono<Boolean> getAndTouch(String key) {
    return get(key)
        .flatMap(read -> send(key, c -> c.pexpire(key, SessionData.IDLE_TIMEOUT.toMillis())))
        .filter(touched -> touched);
  }

  @Override
  public Mono<String> getAndSave(String key) {
    return get(key)
        .flatMap(read -> send(key, c -> c.set(key, changed(read), againForOneIdleTimeout)));
  }

  @Override
  public Mono<String> rotate(String key) {
    return get(key)
        .flatMap(
            read -> {
              String next = newKey();
              return send(key, commands -> commands.rename(key, next)).map(renamed -> next);
            });
  }

  @Override
  public Mono<Long> delete(String key) {
    return send(key, commands -> commands.unlink(key)).filter(deleted -> deleted == 1);
  }

  @Override
  public Mono<?> getAll(List<String> keys) {
    return send(keys.get(0), commands -> commands.mget(keys.toArray(String[]::new)))
        .filter(values -> values.stream().allMatch(Value::hasValue));
  }

  @Override
  public Mono<byte[]> readRequest(String key) {
    return get(key);
  }

  @Override
  public Mono<String> changeRequest(String key) {
    return getAndSave(key);
  }

  @Override
  public void close() {
    BenchServer.shutdown(client);
  }

  private <T> Mono<T> send(
      String key, Function<RedisAsyncCommands<String, byte[]>, CompletionStage<T>> command) {
    return Mono.fromCompletionStage(() -> command.apply(stripe(key)));
  }

  private RedisAsyncCommands<String, byte[]> stripe(String key) {
    // Strings keep their hash, as sessions in memory would keep the stripe they belong to.
    return stripes.get(Math.floorMod(key.hashCode(), stripes.size()));
  }

  private static byte[] changed(byte[] read) {
    byte[] page = SessionData.newPage().getBytes(StandardCharsets.ISO_8859_1);
    byte[] changed = read.clone();
    System.arraycopy(page, 0, changed, changed.length - page.length, page.length);
    return changed;
  }

  /** As long as a key of Latchkey's: namespace, hash tag of 4 characters, digest of 43. */
  private String newKey() {
    String digits = Long.toString(created.getAndIncrement());
    return SessionData.NAMESPACE + ":s:{tag0}:" + "0".repeat(43 - digits.length()) + digits;
  }

  private static final class ConsolidatedFlush implements NettyCustomizer {
    @Override
    public void afterChannelInitialized(Channel channel) {
      // True: also for writes from other threads, not only for those that answer a read.
      channel.pipeline().addFirst(new FlushConsolidationHandler(256, true));
    }
  }
}
