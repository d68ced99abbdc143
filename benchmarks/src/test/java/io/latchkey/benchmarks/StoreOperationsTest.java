package io.latchkey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each store does what it is measured for: looked at on the server, whoever wrote it. */
class StoreOperationsTest {
  /** The last digit is left out: Kryo marks the end of a text in it. */
  private static final Pattern PAGE = Pattern.compile("campaign=au(\\d{12})");

  /** Requests of these write nothing unless a touch is due. */
  private static final Set<StoreType> TOUCH_WHEN_DUE =
      Set.of(
          StoreType.LATCHKEY,
          StoreType.LATCHKEY_HASH,
          StoreType.LETTUCE,
          StoreType.LETTUCE_CONSOLIDATED);

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long DAY = SessionData.IDLE_TIMEOUT.toMillis();
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private static final Map<StoreType, BenchStore> STORES = new EnumMap<>(StoreType.class);
  private static BenchServer server;

  @BeforeAll
  static void open() {
    server = BenchServer.start();
    for (StoreType type : StoreType.values()) {
      STORES.put(type, type.open(server.uri(), SessionSize.SMALL));
    }
  }

  @AfterAll
  static void close() {
    STORES.values().forEach(BenchStore::close);
    server.close();
  }

  @BeforeEach
  void clear() {
    server.clear();
  }

  @ParameterizedTest
  @EnumSource
  void createStoresOneKeyForOneIdleTimeout(StoreType type) {
    create(type);

    assertThat(timeToLive()).isBetween(DAY - 60_000, DAY + DAY / 60);
  }

  @ParameterizedTest
  @EnumSource
  void getAnswersAndChangesNothing(StoreType type) {
    String id = create(type);
    String stored = stored();

    assertThat(run(type, Operation.GET, id)).isNotNull();

    assertThat(stored()).isEqualTo(stored);
  }

  @ParameterizedTest
  @EnumSource
  void touchStartsTheIdleTimeoutAnew(StoreType type) {
    String id = create(type);
    endInAnHour();

    assertThat(run(type, Operation.GET_AND_TOUCH, id)).isNotNull();

    assertThat(timeToLive()).isGreaterThan(DAY - 60_000);
  }

  @ParameterizedTest
  @EnumSource
  void saveWritesTheAttributeThatChanged(StoreType type) {
    changesThePage(type, Operation.GET_AND_SAVE);
  }

  @ParameterizedTest
  @EnumSource
  void requestWritesTheAttributeThatItChanged(StoreType type) {
    changesThePage(type, Operation.CHANGE_REQUEST);
  }

  @ParameterizedTest
  @EnumSource
  void requestThatReadsKeepsTheSessionInUse(StoreType type) {
    String id = create(type);
    String page = page(type);
    endInAnHour();

    assertThat(run(type, Operation.READ_REQUEST, id)).isNotNull();

    assertThat(page(type)).isEqualTo(page);
    if (TOUCH_WHEN_DUE.contains(type)) {
      assertThat(timeToLive()).isLessThanOrEqualTo(HOUR);
    } else {
      assertThat(timeToLive()).isGreaterThan(DAY - 60_000);
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"LETTUCE", "LETTUCE_CONSOLIDATED"})
  void saveWithoutChangeLeavesTheAttributes(StoreType type) {
    String id = create(type);
    String page = page(type);

    assertThat(run(type, Operation.SAVE_UNCHANGED, id)).isNotNull();

    assertThat(page(type)).isEqualTo(page);
  }

  @ParameterizedTest
  @EnumSource
  void rotationMovesTheSession(StoreType type) {
    String id = create(type);
    String page = page(type);

    String next = Objects.requireNonNull(store(type).rotate(id).block(PATIENCE));

    assertThat(next).isNotEqualTo(id);
    assertThat(run(type, Operation.GET, id)).isNull();
    assertThat(run(type, Operation.GET, next)).isNotNull();
    assertThat(page(type)).isEqualTo(page);
    assertThat(timeToLive()).isGreaterThan(DAY - 60_000);
  }

  @ParameterizedTest
  @EnumSource
  void deleteLeavesNothing(StoreType type) {
    String id = create(type);

    assertThat(run(type, Operation.DELETE, id)).isNotNull();

    List<String> left = server.ask(commands -> commands.keys("*"));
    assertThat(left).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"LATCHKEY", "LATCHKEY_HASH", "REDISSON", "LETTUCE", "LETTUCE_CONSOLIDATED"})
  void getAllAnswersOnlyIfAllAreThere(StoreType type) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      ids.add(create(type));
    }

    assertThat(Operation.GET_ALL.run(store(type), ids).<Object>map(a -> a).block(PATIENCE))
        .isNotNull();
    store(type).delete(ids.get(25)).block(PATIENCE);
    assertThat(Operation.GET_ALL.run(store(type), ids).<Object>map(a -> a).block(PATIENCE))
        .isNull();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotSupportedIsAnErrorAndNothingElse(StoreType type) {
    for (Operation operation : Operation.values()) {
      String id = create(type);
      if (type.supports(operation)) {
        assertThat(run(type, operation, id)).as(operation.method()).isNotNull();
      } else {
        assertThatThrownBy(() -> run(type, operation, id))
            .isInstanceOf(UnsupportedOperationException.class);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Operation.class)
  void anAbsentSessionIsNeverAnAnswer(Operation operation) {
    for (StoreType type : StoreType.values()) {
      String id = create(type);
      store(type).delete(id).block(PATIENCE);
      if (operation == Operation.CREATE
          || !type.supports(operation)
          || (operation == Operation.DELETE && !tellsWhatItDeleted(type))) {
        continue;
      }
      Object answer;
      try {
        answer = run(type, operation, id);
      } catch (RuntimeException refused) {
        continue;
      }
      assertThat(answer).as(type.name()).isNull();
    }
  }

  private static boolean tellsWhatItDeleted(StoreType type) {
    return switch (type) {
      case SPRING_SESSION, SPRING_SESSION_JSON, VERTX -> false;
      default -> true;
    };
  }

  private static void changesThePage(StoreType type, Operation operation) {
    String id = create(type);
    String page = page(type);
    endInAnHour();

    assertThat(run(type, operation, id)).isNotNull();

    assertThat(page(type)).isNotEqualTo(page);
    assertThat(timeToLive()).isGreaterThan(DAY - 60_000);
  }

  private static BenchStore store(StoreType type) {
    return Objects.requireNonNull(STORES.get(type));
  }

  private static String create(StoreType type) {
    return Objects.requireNonNull(store(type).create().block(PATIENCE));
  }

  private static @Nullable Object run(StoreType type, Operation operation, String id) {
    return operation.run(store(type), List.of(id)).<Object>map(a -> a).block(PATIENCE);
  }

  private static String key() {
    List<String> keys = server.ask(commands -> commands.keys("*"));
    assertThat(keys).hasSize(1);
    return keys.get(0);
  }

  private static long timeToLive() {
    String key = key();
    return server.ask(commands -> commands.pttl(key));
  }

  private static void endInAnHour() {
    String key = key();
    server.ask(commands -> commands.pexpire(key, HOUR));
  }

  /** Everything under the key, whatever its type and whatever bytes it consists of. */
  private static String stored() {
    String key = key();
    return server.ask(
        commands ->
            commands.type(key).equals("hash")
                ? commands.hgetall(key).toString()
                : commands.get(key));
  }

  private static String page(StoreType type) {
    if (type == StoreType.LETTUCE || type == StoreType.LETTUCE_CONSOLIDATED) {
      return stored();
    }
    Matcher matcher = PAGE.matcher(stored());
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }
}
