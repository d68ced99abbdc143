package io.latchkey.benchmarks;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.data.redis.serializer.GenericJacksonJsonRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.config.ReactiveSessionRepositoryCustomizer;
import org.springframework.session.data.redis.ReactiveRedisSessionRepository;
import org.springframework.session.data.redis.config.annotation.web.server.RedisWebSessionConfiguration;
import org.springframework.session.web.server.session.SpringSessionWebSessionStore;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/**
 * Spring Session's reactive repository for Redis, in the versions that Spring Boot manages and as
 * Boot and {@code EnableRedisWebSession} configure it: the beans are theirs, made from Boot's own
 * configuration classes and nothing else than the server's URL, the namespace and the idle timeout.
 *
 * <p>Commands, one after another, as far as a save has anything to write: create {@code HMSET},
 * {@code EXPIRE}; find {@code HGETALL}; save {@code EXISTS}, {@code HMSET} (or {@code HSET}) of
 * what changed, {@code EXPIRE}; rotation {@code EXISTS}, {@code RENAME}; delete {@code DEL}. Its
 * touch is a save of the new time of the last access. It has no way to read several sessions at
 * once. Its delete does not tell whether there was a session.
 *
 * <p>A request is what Spring WebFlux does with {@link SpringSessionWebSessionStore}: each one sets
 * the last access, hence each one saves.
 */
final class SpringSessionStore<S extends Session> implements BenchStore {
  /** How attributes are written. */
  enum Format {
    /** As Java serializes objects, which is Spring Session's default. */
    JAVA,

    /** As JSON, by the bean that Spring Session's manual tells to declare for that. */
    JSON
  }

  private final Map<String, Object> attributes;
  private final AnnotationConfigApplicationContext context;
  private final ReactiveSessionRepository<S> sessions;
  private final SpringSessionWebSessionStore<S> webSessions;

  private SpringSessionStore(
      AnnotationConfigApplicationContext context,
      ReactiveSessionRepository<S> sessions,
      SessionSize size) {
    this.context = context;
    this.sessions = sessions;
    this.webSessions = new SpringSessionWebSessionStore<>(sessions);
    this.attributes = SessionData.attributes(size);
  }

  static SpringSessionStore<?> open(String uri, SessionSize size, Format format) {
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    context
        .getEnvironment()
        .getPropertySources()
        .addFirst(
            new MapPropertySource(
                "benchmark", Map.of("spring.data.redis.url", BenchServer.redisUri(uri))));
    context.registerBean(
        ReactiveSessionRepositoryCustomizer.class, SpringSessionStore::ofTheBenchmarks);
    if (format == Format.JSON) {
      context.registerBean(
          "springSessionDefaultRedisSerializer",
          RedisSerializer.class,
          () -> new GenericJacksonJsonRedisSerializer(JsonMapper.shared()));
    }
    context.register(DataRedisAutoConfiguration.class, RedisWebSessionConfiguration.class);
    context.refresh();
    // Named by its wildcard, as the class of its sessions is not public.
    ReactiveSessionRepository<? extends Session> sessions =
        context.getBean(ReactiveRedisSessionRepository.class);
    return new SpringSessionStore<>(context, sessions, size);
  }

  private static ReactiveSessionRepositoryCustomizer<ReactiveRedisSessionRepository>
      ofTheBenchmarks() {
    return repository -> {
      repository.setRedisKeyNamespace(SessionData.NAMESPACE);
      repository.setDefaultMaxInactiveInterval(SessionData.IDLE_TIMEOUT);
    };
  }

  @Override
  public Mono<String> create() {
    return sessions
        .createSession()
        .flatMap(
            session -> {
              attributes.forEach(session::setAttribute);
              return saved(session).map(Session::getId);
            });
  }

  @Override
  public Mono<S> get(String id) {
    return sessions.findById(id);
  }

  @Override
  public Mono<S> getAndTouch(String id) {
    return changed(id, session -> session.setLastAccessedTime(Instant.now()));
  }

  @Override
  public Mono<S> getAndSave(String id) {
    return changed(id, session -> session.setAttribute(SessionData.CHANGED, SessionData.newPage()));
  }

  @Override
  public Mono<S> saveUnchanged(String id) {
    return sessions.findById(id).flatMap(this::saved);
  }

  @Override
  public Mono<String> rotate(String id) {
    return sessions
        .findById(id)
        .flatMap(
            session -> {
              String next = session.changeSessionId();
              return sessions.save(session).thenReturn(next);
            });
  }

  @Override
  public Mono<String> delete(String id) {
    return sessions.deleteById(id).thenReturn(id);
  }

  @Override
  public Mono<WebSession> readRequest(String id) {
    return request(id, session -> {});
  }

  @Override
  public Mono<WebSession> changeRequest(String id) {
    return request(
        id, session -> session.getAttributes().put(SessionData.CHANGED, SessionData.newPage()));
  }

  @Override
  public void close() {
    context.close();
  }

  private Mono<S> changed(String id, Consumer<S> change) {
    return sessions
        .findById(id)
        .flatMap(
            session -> {
              change.accept(session);
              return saved(session);
            });
  }

  private Mono<S> saved(S session) {
    return sessions.save(session).thenReturn(session);
  }

  private Mono<WebSession> request(String id, Consumer<WebSession> change) {
    return webSessions
        .retrieveSession(id)
        .flatMap(
            session -> {
              Objects.requireNonNull(session.<String>getAttribute(SessionData.READ));
              change.accept(session);
              return session.save().thenReturn(session);
            });
  }
}
