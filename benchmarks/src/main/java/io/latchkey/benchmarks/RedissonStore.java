package io.latchkey.benchmarks;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.redisson.Redisson;
import org.redisson.api.RBucketReactive;
import org.redisson.api.RedissonClient;
import org.redisson.api.RedissonReactiveClient;
import org.redisson.config.Config;
import reactor.core.publisher.Mono;

/**
 * Redisson's reactive bucket with a time to live: one map of attributes in each, with Redisson's
 * defaults, its codec (Kryo) among them. It is no session store, but what one builds first when
 * Redisson is at hand.
 *
 * <p>Commands: create {@code SET NX PX}, get {@code GET}, get and touch {@code GETEX}, save {@code
 * SET XX PX} of the whole map, rotation {@code RENAME}, delete {@code DEL}, getAll one {@code
 * MGET}. It does not notice that nothing changed, and writes. Of two requests that change different
 * attributes at the same time one is lost.
 *
 * <p>A request must renew the time to live, as nothing tells when it was last renewed: {@code
 * GETEX}, or {@code GET} and {@code SET XX PX} where it changes something.
 */
final class RedissonStore implements BenchStore {
  private final Map<String, Object> attributes;
  private final RedissonClient client;
  private final RedissonReactiveClient redisson;

  private RedissonStore(RedissonClient client, SessionSize size) {
    this.client = client;
    redisson = client.reactive();
    attributes = new HashMap<>(SessionData.attributes(size));
  }

  static RedissonStore open(String uri, SessionSize size) {
    Config config = new Config();
    config.useSingleServer().setAddress(BenchServer.redisUri(uri));
    return new RedissonStore(Redisson.create(config), size);
  }

  @Override
  public Mono<String> create() {
    return Mono.defer(
        () -> {
          String id = newId();
          return bucket(id)
              .setIfAbsent(attributes, SessionData.IDLE_TIMEOUT)
              .filter(stored -> stored)
              .map(stored -> id);
        });
  }

  @Override
  public Mono<Map<String, Object>> get(String id) {
    return Mono.defer(() -> bucket(id).get());
  }

  @Override
  public Mono<Map<String, Object>> getAndTouch(String id) {
    return Mono.defer(() -> bucket(id).getAndExpire(SessionData.IDLE_TIMEOUT));
  }

  @Override
  public Mono<Boolean> getAndSave(String id) {
    return Mono.defer(
        () -> {
          RBucketReactive<Map<String, Object>> bucket = bucket(id);
          return bucket
              .get()
              .flatMap(
                  session -> {
                    session.put(SessionData.CHANGED, SessionData.newPage());
                    return save(bucket, session);
                  });
        });
  }

  @Override
  public Mono<Boolean> saveUnchanged(String id) {
    return Mono.defer(
        () -> {
          RBucketReactive<Map<String, Object>> bucket = bucket(id);
          return bucket.get().flatMap(session -> save(bucket, session));
        });
  }

  @Override
  public Mono<String> rotate(String id) {
    return Mono.defer(
        () -> {
          RBucketReactive<Map<String, Object>> bucket = bucket(id);
          String next = newId();
          return bucket.get().flatMap(session -> bucket.rename(key(next)).thenReturn(next));
        });
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return Mono.defer(() -> bucket(id).delete()).filter(deleted -> deleted);
  }

  @Override
  public Mono<?> getAll(List<String> ids) {
    return Mono.defer(
            () ->
                redisson
                    .getBuckets()
                    .get(ids.stream().map(RedissonStore::key).toArray(String[]::new)))
        .filter(found -> found.size() == ids.size());
  }

  @Override
  public Mono<Map<String, Object>> readRequest(String id) {
    return getAndTouch(id).doOnNext(RedissonStore::read);
  }

  @Override
  public Mono<Boolean> changeRequest(String id) {
    return Mono.defer(
        () -> {
          RBucketReactive<Map<String, Object>> bucket = bucket(id);
          return bucket
              .get()
              .flatMap(
                  session -> {
                    read(session);
                    session.put(SessionData.CHANGED, SessionData.newPage());
                    return save(bucket, session);
                  });
        });
  }

  @Override
  public void close() {
    client.shutdown();
  }

  private RBucketReactive<Map<String, Object>> bucket(String id) {
    return redisson.getBucket(key(id));
  }

  private static Mono<Boolean> save(
      RBucketReactive<Map<String, Object>> bucket, Map<String, Object> session) {
    return bucket.setIfExists(session, SessionData.IDLE_TIMEOUT).filter(stored -> stored);
  }

  private static void read(Map<String, Object> session) {
    Objects.requireNonNull(session.get(SessionData.READ));
  }

  private static String key(String id) {
    return SessionData.NAMESPACE + ':' + id;
  }

  private static String newId() {
    return UUID.randomUUID().toString();
  }
}
