package io.latchkey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.benchmarks.StoreFigures.Wire;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.PrimitiveIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The round trips that the report shows, and that the Javadoc of the stores tells. */
class StoreFiguresTest {
  private static BenchServer server;

  @BeforeAll
  static void start() {
    server = BenchServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource
  void countsTheRoundTripsOfEachOperation(StoreType type) {
    Map<String, Wire> wire = StoreFigures.wire(server, type);

    Map<String, Integer> roundTrips = new LinkedHashMap<>();
    wire.forEach((operation, figures) -> roundTrips.put(operation, figures.roundTrips()));
    assertThat(roundTrips).isEqualTo(expected(type));
    if (type == StoreType.SPRING_SESSION) {
      assertThat(Objects.requireNonNull(wire.get("readRequest")).commands())
          .containsExactly("HGETALL", "EXISTS", "HSET", "EXPIRE");
    }
  }

  @Test
  void measuresWhatASessionTakesInTheServer() throws Exception {
    StoreType floor = StoreType.LETTUCE_CONSOLIDATED;
    long small = StoreFigures.bytesPerSession(server, floor, SessionSize.SMALL, 2_000);
    long medium = StoreFigures.bytesPerSession(server, floor, SessionSize.MEDIUM, 2_000);

    // The value, its key of 75 bytes and what the server adds to both.
    assertThat(small).isBetween(550L, 800L);
    assertThat(medium).isBetween(4_200L, 5_500L);
  }

  private static Map<String, Integer> expected(StoreType type) {
    return switch (type) {
      case LATCHKEY, LATCHKEY_HASH -> trips(1, 1, 2, 2, 1, 2, 1, 1, 1, 2);
      case SPRING_SESSION, SPRING_SESSION_JSON -> trips(2, 1, 4, 4, 2, 3, 1, 0, 4, 4);
      case VERTX -> trips(2, 2, 2, 4, 4, 5, 1, 0, 4, 4);
      case REDISSON -> trips(1, 1, 1, 2, 2, 2, 1, 1, 1, 2);
      case LETTUCE, LETTUCE_CONSOLIDATED -> trips(1, 1, 2, 2, 0, 2, 1, 1, 1, 2);
    };
  }

  /** In the order of the operations; zero where there is no figure. */
  private static Map<String, Integer> trips(int... trips) {
    Map<String, Integer> expected = new LinkedHashMap<>();
    PrimitiveIterator.OfInt next = Arrays.stream(trips).iterator();
    for (Operation operation : Operation.values()) {
      expected.put(operation.method(), next.nextInt());
    }
    expected.values().removeIf(count -> count == 0);
    return expected;
  }
}
