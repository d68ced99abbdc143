package io.latchkey.valkey;

import static io.latchkey.valkey.MigrationStores.content;
import static io.latchkey.valkey.MigrationStores.timeToLive;
import static io.latchkey.valkey.MigrationStores.type;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.messages;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.BlockHoundExtension;
import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionAttributeException;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionGoneException;
import io.latchkey.TypeRef;
import io.latchkey.UnreadablePolicy;
import io.latchkey.UnreadableSessionException;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.valkey.MigrationSpringSide.Serializer;
import java.io.Serializable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.serializer.JdkSerializationRedisSerializer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import tools.jackson.databind.json.JsonMapper;

/** Sessions that Spring Session itself wrote, and a store that takes them over. */
class MigrationFromSpringSessionTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** Long enough for all that is sent without waiting to be sent before an answer comes. */
  private static final Duration ANSWER = Duration.ofMillis(300);

  private static int tests;

  private final String namespace = SERVER.namespace() + ":ours" + ++tests;
  private final String springNamespace = SERVER.namespace() + ":spring" + tests;
  private final Map<Serializer, MigrationSpringSide> springs = new EnumMap<>(Serializer.class);
  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final List<ValkeySessionStore> stores = new ArrayList<>();

  @AfterEach
  void close() {
    stores.forEach(ValkeySessionStore::close);
    springs.values().forEach(MigrationSpringSide::close);
    proxy.close();
  }

  // Reading.

  @ParameterizedTest
  @EnumSource
  void aSessionOfSpringsIsRead(Serializer serializer) {
    Instant created = Instant.now().minusSeconds(100);
    String id =
        spring(serializer)
            .create(
                s -> {
                  s.setAttribute("user", "ada");
                  s.setAttribute("cart", new ArrayList<>(List.of("lamp", "kettle")));
                  s.setAttribute("visits", 7L);
                  s.setMaxInactiveInterval(Duration.ofMinutes(45));
                });
    Session session = value(store(serializer).get(id));
    assertThat(session.id()).isEqualTo(id);
    assertThat(session.names()).containsExactlyInAnyOrder("user", "cart", "visits");
    assertThat(session.get("user", String.class)).contains("ada");
    assertThat(session.get("cart", new TypeRef<List<String>>() {}))
        .contains(List.of("lamp", "kettle"));
    assertThat(session.get("visits", Long.class)).contains(7L);
    assertThat(session.idleTimeout()).isEqualTo(Duration.ofMinutes(45));
    assertThat(session.createdAt()).isBetween(created, Instant.now());
    assertThat(session.lastAccessedAt()).isEqualTo(session.createdAt());
  }

  @ParameterizedTest
  @EnumSource
  void getAllFindsBothKindsInTheOrderOfTheIds(Serializer serializer) {
    ValkeySessionStore store = store(serializer);
    String first = spring(serializer).create(s -> s.setAttribute("n", 1));
    String second = created(store).id();
    String absent = UUID.randomUUID().toString();
    String third = spring(serializer).create(s -> s.setAttribute("n", 3));
    assertThat(
            value(
                store.getAll(List.of(first, second, absent, third)).map(Session::id).collectList()))
        .containsExactly(first, second, third);
  }

  @ParameterizedTest
  @EnumSource
  void aRemovedAttributeIsAbsent(Serializer serializer) {
    String id =
        spring(serializer)
            .create(
                s -> {
                  s.setAttribute("user", "ada");
                  s.setAttribute("cart", "lamp");
                });
    spring(serializer).change(id, s -> s.removeAttribute("cart"));
    assertThat(value(store(serializer).get(id)).names()).containsExactly("user");
  }

  @Test
  void anEmptyFieldIsNoMatterForTheDeserializer() {
    String id = spring(Serializer.JSON).create(s -> s.setAttribute("user", "ada"));
    SERVER.command("HSET", springKey(id), "sessionAttr:removed", "");
    JsonMapper strict = JsonMapper.builder().build();
    ValkeySessionStore store =
        open(
            MigrationStores.builder(SERVER.uri(), namespace, Layout.STRING)
                .migrateFrom(
                    MigrationSource.springSession(
                        springNamespace, bytes -> strict.readValue(bytes, Object.class))));
    assertThat(value(store.get(id)).names()).containsExactly("user");
  }

  @Test
  void anIntervalOfZeroIsAnEndAndNotForEver() {
    String id = spring(Serializer.JSON).create(s -> s.setAttribute("user", "ada"));
    SERVER.command("HSET", springKey(id), "maxInactiveInterval", "0");
    StepVerifier.create(store(Serializer.JSON).get(id)).verifyComplete();
  }

  @ParameterizedTest
  @EnumSource
  void aSessionWithoutTimeoutStaysOne(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setMaxInactiveInterval(Duration.ofSeconds(-1)));
    ValkeySessionStore store = store(serializer);
    Session session = value(store.get(id));
    assertThat(session.idleTimeout()).isEqualTo(Session.NEVER_IDLE);
    assertThat(value(store.touch(session))).isTrue();
    assertThat(timeToLive(SERVER, springKey(id))).isEqualTo(-1);
    value(store.save(session.set("n", 1)));
    assertThat(timeToLive(SERVER, onlyKey())).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource
  void springsOwnReckoningEndsASessionWhoseKeyLivesOn(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setMaxInactiveInterval(MINUTE));
    SERVER.command("PERSIST", springKey(id));
    ValkeySessionStore now = store(serializer);
    ValkeySessionStore later =
        open(builder(serializer).clock(Clock.offset(Clock.systemUTC(), MINUTE)));
    Session session = value(now.get(id));
    StepVerifier.create(later.get(id)).verifyComplete();
    StepVerifier.create(later.getAll(List.of(id))).verifyComplete();
    assertThat(value(later.touch(session))).isFalse();
    assertThat(error(later.save(session.set("late", true))))
        .isInstanceOf(SessionGoneException.class);
    assertThat(error(later.rotateId(session))).isInstanceOf(SessionGoneException.class);
    assertThat(keys()).containsExactly(springKey(id));
  }

  @ParameterizedTest
  @EnumSource
  void anAbsoluteTimeoutCountsFromTheCreationAtSpringsSide(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = open(builder(serializer).absoluteTimeout(Duration.ofMinutes(5)));
    Session session = value(store.get(id));
    assertThat(session.expiresAt()).contains(session.createdAt().plusSeconds(300));
    ValkeySessionStore later =
        open(
            builder(serializer)
                .absoluteTimeout(Duration.ofMinutes(5))
                .clock(Clock.offset(Clock.systemUTC(), Duration.ofMinutes(6))));
    StepVerifier.create(later.get(id)).verifyComplete();
  }

  @Test
  void withoutTheOptionAUuidIsNoIdAndNoCommand() {
    ValkeySessionStore store = open(MigrationStores.builder(proxy.uri(), namespace, Layout.STRING));
    created(store);
    proxy.reset();
    String id = spring(Serializer.JDK).create(s -> s.setAttribute("user", "ada"));
    StepVerifier.create(store.get(id)).verifyComplete();
    assertThat(value(store.delete(id))).isFalse();
    assertThat(proxy.commands()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3C6F0B1E-9A58-4E0C-8F4E-0A3C2C0B7D11",
        "3c6f0b1e9a584e0c8f4e0a3c2c0b7d113c6f",
        "3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d1:",
        "3c6f0b1e-9a58-4e0c-8f4e-0a3c2c0b7d1"
      })
  void whatIsNoUuidIsNoCommandEither(String id) {
    ValkeySessionStore store = warm(Layout.STRING);
    run(store.get(id).then(store.delete(id)));
    assertThat(proxy.commands()).isEmpty();
  }

  // Saving.

  @ParameterizedTest
  @CsvSource({"STRING,JDK", "STRING,JSON", "HASH,JDK", "HASH,JSON"})
  void aSaveRewritesTheSessionInTheStoresLayout(Layout layout, Serializer serializer) {
    String id =
        spring(serializer)
            .create(
                s -> {
                  s.setAttribute("user", "ada");
                  s.setAttribute("cart", "lamp");
                });
    ValkeySessionStore store = open(builder(serializer).layout(layout));
    Session read = value(store.get(id));
    value(store.save(read.set("seen", 1).remove("cart")));
    assertThat(onlyKey()).matches(Pattern.quote(namespace) + ":[A-Za-z0-9_-]{16}");
    assertThat(onlyKey()).doesNotContain(id);
    assertThat(type(SERVER, onlyKey())).isEqualTo(type(layout));
    assertThat(timeToLive(SERVER, onlyKey())).isBetween(1L, Duration.ofMinutes(31).toMillis());
    Session saved = value(store.get(id));
    assertThat(saved.names()).containsExactlyInAnyOrder("user", "seen");
    assertThat(saved.createdAt()).isEqualTo(read.createdAt());
    StepVerifier.create(spring(serializer).find(id)).verifyComplete();
  }

  @ParameterizedTest
  @EnumSource
  void aSessionThatSpringDeletedSinceTheReadIsGone(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = store(serializer);
    Session session = value(store.get(id));
    spring(serializer).delete(id);
    assertThat(error(store.save(session.set("late", true))))
        .isInstanceOf(SessionGoneException.class);
    assertThat(error(store.rotateId(session))).isInstanceOf(SessionGoneException.class);
    assertThat(value(store.touch(session))).isFalse();
    StepVerifier.create(store.update(id, s -> Mono.just(s.set("late", true)))).verifyComplete();
    assertThat(keys()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void whatSpringChangedSinceTheReadSurvives(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = store(serializer);
    Session session = value(store.get(id));
    spring(serializer).change(id, s -> s.setAttribute("cart", "lamp"));
    value(store.save(session.set("seen", 1)));
    assertThat(value(store.get(id)).names()).containsExactlyInAnyOrder("user", "cart", "seen");
    assertThat(store.stats().conflicts()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void aValueThatSpringReplacedSinceTheReadSurvives(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = store(serializer);
    Session session = value(store.get(id));
    spring(serializer).change(id, s -> s.setAttribute("user", "eve"));
    value(store.save(session.set("seen", 1)));
    assertThat(value(store.get(id)).get("user", String.class)).contains("eve");
  }

  @ParameterizedTest
  @EnumSource
  void underRejectAChangeAtSpringsSideIsAConflict(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = open(builder(serializer).conflicts(ConflictPolicy.REJECT));
    Session session = value(store.getAll(List.of(id)).next()); // without a touch that comes later
    spring(serializer).change(id, s -> s.setAttribute("cart", "lamp"));
    Map<String, String> before = content(SERVER, keys());
    assertThat(error(store.save(session.set("seen", 1))))
        .isInstanceOf(SessionConflictException.class);
    assertThat(content(SERVER, keys())).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void anAccessAtSpringsSideIsNoConflict(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = open(builder(serializer).conflicts(ConflictPolicy.REJECT));
    Session session = value(store.get(id));
    spring(serializer).change(id, s -> s.setLastAccessedTime(Instant.now().plusSeconds(1)));
    assertThat(value(store.save(session.set("seen", 1))).names())
        .containsExactlyInAnyOrder("user", "seen");
  }

  @ParameterizedTest
  @EnumSource
  void changesOfTwoOfWhomOneMigratesBothSurvive(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = store(serializer);
    Session one = value(store.get(id));
    Session two = value(store.get(id));
    value(store.save(one.set("one", 1)));
    value(store.save(two.set("two", 2)));
    assertThat(value(store.get(id)).names()).containsExactlyInAnyOrder("user", "one", "two");
  }

  @ParameterizedTest
  @EnumSource
  void everyConcurrentChangeSurvivesTheMigration(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore one = store(serializer);
    ValkeySessionStore two = open(builder(serializer).layout(Layout.STRING));
    List<Mono<Session>> changes = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String name = "n" + i;
      ValkeySessionStore store = i % 2 == 0 ? one : two;
      changes.add(store.get(id).flatMap(read -> store.save(read.set(name, 1))));
    }
    value(Mono.when(changes).thenReturn(true));
    assertThat(value(one.get(id)).names()).hasSize(31);
  }

  @ParameterizedTest
  @EnumSource
  void whatAnOldInstanceWritesAfterTheMigrationIsNotFound(Serializer serializer) {
    MigrationSpringSide spring = spring(serializer);
    String id = spring.create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = store(serializer);
    Session session = value(store.save(value(store.get(id)).set("seen", 1)));
    // As Spring does if its check for the key came before the migration: half a session.
    SERVER.command("HSET", springKey(id), "sessionAttr:cart", "\"lamp\"");
    assertThat(value(store.get(id)).names()).containsExactlyInAnyOrder("user", "seen");
    assertThat(value(store.touch(session))).isTrue();
    assertThat(value(store.delete(id))).isTrue();
    StepVerifier.create(store.get(id)).verifyComplete();
    assertThat(keys()).isEmpty();
  }

  // Touching.

  @ParameterizedTest
  @EnumSource
  void anAccessIsWrittenDownAsSpringDoesIt(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    SERVER.command("PEXPIRE", springKey(id), "60000");
    Clock clock = Clock.fixed(Instant.now().plusSeconds(60), ZoneOffset.UTC);
    ValkeySessionStore store = open(builder(serializer).clock(clock));
    assertThat(value(store.touch(value(store.getAll(List.of(id)).next())))).isTrue();
    assertThat(value(spring(serializer).find(id)).getLastAccessedTime().toEpochMilli())
        .isEqualTo(clock.millis());
    assertThat(timeToLive(SERVER, springKey(id)))
        .isBetween(Duration.ofMinutes(29).toMillis(), Duration.ofMinutes(30).toMillis());
  }

  @ParameterizedTest
  @EnumSource
  void everyGetIsAnAccessWhateverTheTouchInterval(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store =
        open(
            builder(serializer, proxy.uri())
                .touchInterval(Duration.ofMinutes(20))
                .clock(Clock.offset(Clock.systemUTC(), MINUTE)));
    RecordingProxy.Fault written =
        proxy.holdAnswer(command -> command.name().startsWith("EVAL") && command.args() == 8);
    Session session = value(store.get(id));
    written.awaitStruck();
    written.release();
    assertThat(value(spring(serializer).find(id)).getLastAccessedTime())
        .isAfter(session.lastAccessedAt().plusSeconds(50));
  }

  /** The serializer rounds times, so the bytes do not tell how it would write another. */
  @Test
  void anAccessMigratesASessionWhoseTimesCannotBeWritten() {
    String id = spring(Serializer.JSON).create(s -> s.setAttribute("user", "ada"));
    Function<byte[], @Nullable Object> odd =
        bytes -> {
          Object value = Serializer.JSON.serializer.deserialize(bytes);
          return value instanceof Long number ? (Long) (number / 1000 * 1000) : value;
        };
    ValkeySessionStore store =
        open(
            MigrationStores.builder(SERVER.uri(), namespace, Layout.STRING)
                .migrateFrom(MigrationSource.springSession(springNamespace, odd))
                .clock(Clock.offset(Clock.systemUTC(), MINUTE)));
    assertThat(value(store.touch(value(store.getAll(List.of(id)).next())))).isTrue();
    assertThat(onlyKey()).startsWith(namespace);
    assertThat(value(store.get(id)).get("user", String.class)).contains("ada");
  }

  @ParameterizedTest
  @EnumSource
  void anAccessOfASessionThatWasMigratedProlongsItThere(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = store(serializer);
    Session session = value(store.save(value(store.get(id)).set("seen", 1)));
    SERVER.command("PEXPIRE", onlyKey(), "60000");
    ValkeySessionStore later =
        open(builder(serializer).clock(Clock.offset(Clock.systemUTC(), MINUTE)));
    assertThat(value(later.touch(session))).isTrue();
    assertThat(timeToLive(SERVER, onlyKey())).isGreaterThan(Duration.ofMinutes(29).toMillis());
  }

  // Rotating and deleting.

  @ParameterizedTest
  @CsvSource({"STRING,JDK", "STRING,JSON", "HASH,JDK", "HASH,JSON"})
  void aRotationGivesAnIdOfOurs(Layout layout, Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = open(builder(serializer).layout(layout));
    Session renewed = value(store.rotateId(value(store.get(id)).set("signedIn", true)));
    assertThat(renewed.id()).matches("[A-Za-z0-9_-]{40}").startsWith(renewed.handle());
    assertThat(onlyKey()).startsWith(namespace);
    assertThat(timeToLive(SERVER, onlyKey())).isPositive();
    assertThat(value(store.get(renewed.id())).names())
        .containsExactlyInAnyOrder("user", "signedIn");
    StepVerifier.create(store.get(id)).verifyComplete();
    StepVerifier.create(spring(serializer).find(id)).verifyComplete();
  }

  @ParameterizedTest
  @EnumSource
  void aGraceLetsTheUuidFindTheRenewedSession(Layout layout) {
    String id = spring(Serializer.JDK).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store =
        open(builder(Serializer.JDK).layout(layout).rotationGrace(Duration.ofSeconds(30)));
    Session renewed = value(store.rotateId(value(store.get(id))));
    for (String key : keys()) {
      assertThat(timeToLive(SERVER, key)).isPositive();
    }
    value(store.save(value(store.get(id)).set("late", 1)));
    assertThat(value(store.get(renewed.id())).names()).containsExactlyInAnyOrder("user", "late");
    assertThat(value(store.delete(id))).isTrue();
    assertThat(keys()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aDeletionEndsASessionOfSprings(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = store(serializer);
    assertThat(value(store.delete(id))).isTrue();
    assertThat(value(store.delete(id))).isFalse();
    assertThat(keys()).isEmpty();
    StepVerifier.create(spring(serializer).find(id)).verifyComplete();
  }

  // What cannot be taken over.

  @ParameterizedTest
  @CsvSource({
    "creationTime,JDK",
    "lastAccessedTime,JDK",
    "maxInactiveInterval,JDK",
    "creationTime,JSON",
    "maxInactiveInterval,JSON"
  })
  void aHashWithoutAFieldOfSpringsIsUnreadableAndStays(String field, Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("user", "ada"));
    SERVER.command("HDEL", springKey(id), field);
    Map<String, String> before = content(SERVER, keys());
    assertThat(error(store(serializer).get(id)))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageContaining(field);
    ValkeySessionStore lenient = open(builder(serializer).unreadable(UnreadablePolicy.ABSENT));
    StepVerifier.create(lenient.get(id)).verifyComplete();
    assertThat(lenient.stats().unreadable()).isEqualTo(1);
    assertThat(content(SERVER, keys())).isEqualTo(before);
  }

  @Test
  void aWrongDeserializerIsNamedAsThePossibleCause() {
    String id = spring(Serializer.JDK).create(s -> s.setAttribute("user", "ada"));
    assertThat(error(store(Serializer.JSON).get(id)))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageContaining("deserializer");
  }

  @Test
  void anAttributeOfAClassThatIsGoneIsNamedWithItsClassAndWithoutItsValue() {
    String id = spring(Serializer.JDK).create(s -> s.setAttribute("cart", new Cart("s3cret")));
    JdkSerializationRedisSerializer withoutCart =
        new JdkSerializationRedisSerializer(ClassLoader.getPlatformClassLoader());
    ValkeySessionStore store =
        open(
            MigrationStores.builder(SERVER.uri(), namespace, Layout.STRING)
                .migrateFrom(
                    MigrationSource.springSession(springNamespace, withoutCart::deserialize)));
    Throwable error = error(store.get(id));
    assertThat(error)
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageContaining("'cart'")
        .hasMessageContaining(Cart.class.getName());
    assertThat(error.getCause())
        .isInstanceOfSatisfying(
            SessionAttributeException.class,
            cause -> assertThat(cause.attributeName()).isEqualTo("cart"));
    assertThat(messages(error)).noneMatch(text -> text.contains("s3cret") || text.contains(id));
    assertThat(keys()).containsExactly(springKey(id));
  }

  @Test
  void anAttributeThatJsonCannotHoldIsNamedWithItsClass() {
    String id = spring(Serializer.JDK).create(s -> s.setAttribute("lock", new Opaque()));
    assertThat(error(store(Serializer.JDK).get(id)))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageContaining("'lock'")
        .hasMessageContaining(Opaque.class.getName());
  }

  @Test
  void aMessageOfTheDeserializerIsNotRepeated() {
    String id = spring(Serializer.JSON).create(s -> s.setAttribute("user", "s3cret"));
    ValkeySessionStore store =
        open(
            MigrationStores.builder(SERVER.uri(), namespace, Layout.STRING)
                .migrateFrom(
                    MigrationSource.springSession(
                        springNamespace,
                        bytes -> {
                          Object value = Serializer.JSON.serializer.deserialize(bytes);
                          if (value instanceof String text) {
                            throw new IllegalStateException("cannot read " + text);
                          }
                          return value;
                        })));
    Throwable error = error(store.getAll(List.of(id)));
    assertThat(error).hasMessageContaining("'user'").hasMessageContaining("IllegalState");
    assertThat(messages(error)).noneMatch(text -> text.contains("s3cret"));
  }

  @Test
  void aKeyOfSpringsThatIsNoHashIsUnreadable() {
    String id = UUID.randomUUID().toString();
    SERVER.command("SET", springKey(id), "x");
    ValkeySessionStore store = store(Serializer.JDK);
    assertThat(error(store.get(id))).isInstanceOf(UnreadableSessionException.class);
  }

  // Round trips.

  @ParameterizedTest
  @EnumSource
  void sessionsOfOursCostWhatTheyCostWithoutTheOption(Layout layout) {
    ValkeySessionStore store = warm(layout);
    String read = layout == Layout.STRING ? "GET" : "HGETALL";
    Session session = created(store);
    run(store.get(session.id()));
    assertThat(proxy.names()).containsExactly(read);
    run(store.get(store.newSession().id()));
    assertThat(proxy.names()).containsExactly(read);
    run(store.getAll(List.of(session.id(), store.newSession().id())).collectList());
    assertThat(proxy.names()).containsExactly(read, read);
    run(store.save(session.set("n", 1)));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.touch(session));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.delete(session.id()));
    assertThat(proxy.names()).containsExactly("EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void aMigratedSessionCostsOneRoundTripUnderItsUuidToo(Layout layout) {
    String id = spring(Serializer.JDK).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore store = warm(layout);
    Session session = value(store.getAll(List.of(id)).next());
    run(store.save(session.set("n", 1)));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.get(id));
    assertThat(proxy.names()).containsExactly(layout == Layout.STRING ? "GET" : "HGETALL");
    run(store.touch(session));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.save(session.set("n", 2)));
    assertThat(proxy.names()).containsExactly("EVALSHA");
    run(store.delete(id));
    assertThat(proxy.names()).containsExactly("EVALSHA");
  }

  @ParameterizedTest
  @EnumSource
  void anUnmigratedSessionIsReadInTwoRoundTripsAloneOrWithOthers(Layout layout) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ids.add(spring(Serializer.JDK).create(s -> s.setAttribute("user", "ada")));
    }
    ValkeySessionStore store = warm(layout);
    run(store.getAll(ids.subList(0, 1)).collectList());
    assertThat(proxy.roundTrips()).isEqualTo(2);
    proxy.delay(ANSWER);
    run(store.getAll(ids).collectList());
    assertThat(proxy.names()).hasSize(40);
    assertThat(proxy.roundTrips()).isEqualTo(2);
  }

  /** BlockHound watches this store's own event loops, on which the deserializer runs, too. */
  @ParameterizedTest
  @EnumSource
  void takingASessionOverBlocksNowhere(Serializer serializer) {
    String id = spring(serializer).create(s -> s.setAttribute("cart", new ArrayList<>(List.of(1))));
    ValkeySessionStore store =
        open(
            ValkeySessionStore.builder(SERVER.uri())
                .namespace(namespace)
                .migrateFrom(source(serializer)));
    Session renewed =
        value(
            Mono.defer(() -> store.getAll(List.of(id)).next())
                .delayUntil(store::touch)
                .flatMap(session -> store.save(session.set("n", 1)))
                .flatMap(store::rotateId)
                .subscribeOn(Schedulers.parallel()));
    assertThat(renewed.names()).containsExactlyInAnyOrder("cart", "n");
    assertThat(BlockHoundExtension.takeViolations()).isEmpty();
  }

  // Options.

  @Test
  void aBlankNamespaceAndOneThatIsNamedTwiceAreRefused() {
    assertThatThrownBy(() -> MigrationSource.springSession(" ", bytes -> bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(MigrationSource.SPRING_SESSION_NAMESPACE);
    ValkeySessionStore.Builder builder = builder(Serializer.JDK);
    assertThatThrownBy(
            () ->
                builder.migrateFrom(
                    MigrationSource.springSession(springNamespace + " ", bytes -> bytes)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("twice");
  }

  @Test
  void aNamespaceWithSpringsOwnKeysIsRefused() {
    ValkeySessionStore.Builder builder =
        ValkeySessionStore.builder(SERVER.uri())
            .namespace("spring:session:sessions")
            .migrateFrom(
                MigrationSource.springSession(
                    MigrationSource.SPRING_SESSION_NAMESPACE, bytes -> bytes));
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("namespace");
  }

  @Test
  void severalNamespacesAndTheOtherLayoutCanBeNamedTogether() {
    String id = spring(Serializer.JDK).create(s -> s.setAttribute("user", "ada"));
    ValkeySessionStore hashes = open(MigrationStores.builder(SERVER.uri(), namespace, Layout.HASH));
    ValkeySessionStore store =
        open(
            MigrationStores.builder(SERVER.uri(), namespace, Layout.STRING)
                .migrateFrom(MigrationSource.springSession("another", bytes -> bytes))
                .migrateFrom(source(Serializer.JDK))
                .migrateFrom(MigrationSource.layout(Layout.HASH)));
    Session ours = created(hashes);
    for (String one : List.of(id, ours.id())) {
      value(store.save(value(store.get(one)).set("n", 1)));
      assertThat(value(store.get(one)).names()).containsExactlyInAnyOrder("user", "n");
    }
    assertThat(keys()).hasSize(2).allMatch(key -> type(SERVER, key).equals("string"));
  }

  private MigrationSpringSide spring(Serializer serializer) {
    return springs.computeIfAbsent(
        serializer, s -> new MigrationSpringSide(SERVER.uri(), springNamespace, s));
  }

  private MigrationSource source(Serializer serializer) {
    return MigrationSource.springSession(springNamespace, serializer.serializer::deserialize);
  }

  private ValkeySessionStore.Builder builder(Serializer serializer) {
    return builder(serializer, SERVER.uri());
  }

  private ValkeySessionStore.Builder builder(Serializer serializer, String uri) {
    return MigrationStores.builder(uri, namespace, Layout.STRING).migrateFrom(source(serializer));
  }

  private ValkeySessionStore store(Serializer serializer) {
    return open(builder(serializer));
  }

  private ValkeySessionStore open(ValkeySessionStore.Builder builder) {
    ValkeySessionStore store = builder.build();
    stores.add(store);
    return store;
  }

  /** Behind the proxy, with an open connection, and scripts that the server knows. */
  private ValkeySessionStore warm(Layout layout) {
    ValkeySessionStore store = open(builder(Serializer.JDK, proxy.uri()).layout(layout));
    List<String> ids =
        List.of(
            created(store).id(), spring(Serializer.JDK).create(s -> s.setAttribute("user", "ada")));
    for (String id : ids) {
      Session session = value(store.getAll(List.of(id)).next());
      value(store.touch(session));
      session = value(store.save(session.set("warm", true)));
      value(store.save(session.set("warm", false)));
      value(store.delete(id));
    }
    proxy.awaitQuiet();
    proxy.reset();
    return store;
  }

  private void run(Mono<?> operation) {
    proxy.awaitQuiet();
    proxy.reset();
    operation.block();
    proxy.awaitQuiet();
  }

  private String springKey(String id) {
    return springNamespace + ":sessions:" + id;
  }

  private Set<String> keys() {
    Set<String> keys = SERVER.keys();
    keys.removeIf(
        key -> !key.startsWith(namespace + ":") && !key.startsWith(springNamespace + ":"));
    return keys;
  }

  private String onlyKey() {
    assertThat(keys()).hasSize(1);
    return keys().iterator().next();
  }

  /** A class that the next release of the application may not have any more. */
  record Cart(String item) implements Serializable {}

  /** A class of which Jackson cannot write anything. */
  static final class Opaque implements Serializable {
    private static final long serialVersionUID = 1L;
  }
}
