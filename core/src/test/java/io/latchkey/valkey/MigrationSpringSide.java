package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.value;

import java.net.URI;
import java.util.function.Consumer;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.ReactiveRedisTemplate;
import org.springframework.data.redis.serializer.GenericJacksonJsonRedisSerializer;
import org.springframework.data.redis.serializer.JdkSerializationRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializationContext;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;
import reactor.core.publisher.Mono;

/** Spring Session as an application runs it that has not moved to Latchkey yet. */
final class MigrationSpringSide implements AutoCloseable {
  private final LettuceConnectionFactory connections;
  private final ReactiveSessionRepository<? extends Session> repository;

  MigrationSpringSide(String uri, String namespace, Serializer serializer) {
    URI server = URI.create(uri);
    connections =
        new LettuceConnectionFactory(
            new RedisStandaloneConfiguration(server.getHost(), server.getPort()));
    connections.afterPropertiesSet();
    connections.start();
    // As RedisWebSessionConfiguration does it.
    RedisSerializer<String> keys = RedisSerializer.string();
    RedisSerializationContext<String, Object> context =
        RedisSerializationContext.<String, Object>newSerializationContext(serializer.serializer)
            .key(keys)
            .hashKey(keys)
            .build();
    ReactiveRedisSessionRepository spring =
        new ReactiveRedisSessionRepository(new ReactiveRedisTemplate<>(connections, context));
    spring.setRedisKeyNamespace(namespace);
    repository = spring;
  }

  /** Stores a new session, and tells its id. */
  String create(Consumer<Session> change) {
    return create(repository, change);
  }

  /** As a request does that changes the session. */
  void change(String id, Consumer<Session> change) {
    value(save(repository, id, change).thenReturn(true));
  }

  /** The session, or empty. */
  Mono<? extends Session> find(String id) {
    return repository.findById(id);
  }

  /** As signing out does. */
  void delete(String id) {
    repository.deleteById(id).block(PATIENCE);
  }

  private static <S extends Session> String create(
      ReactiveSessionRepository<S> repository, Consumer<Session> change) {
    S session = value(repository.createSession());
    change.accept(session);
    repository.save(session).block(PATIENCE);
    return session.getId();
  }

  private static <S extends Session> Mono<Void> save(
      ReactiveSessionRepository<S> repository, String id, Consumer<Session> change) {
    return repository
        .findById(id)
        .flatMap(
            session -> {
              change.accept(session);
              return repository.save(session);
            });
  }

  @Override
  public void close() {
    connections.destroy();
  }

  /** What writes the fields' values. */
  enum Serializer {
    /** Spring Session's default. */
    JDK(new JdkSerializationRedisSerializer()),
    JSON(GenericJacksonJsonRedisSerializer.builder().enableUnsafeDefaultTyping().build());

    @SuppressWarnings("ImmutableEnumChecker") // both are, once built
    final RedisSerializer<Object> serializer;

    Serializer(RedisSerializer<Object> serializer) {
      this.serializer = serializer;
    }
  }
}
