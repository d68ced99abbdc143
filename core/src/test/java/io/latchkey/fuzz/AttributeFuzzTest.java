package io.latchkey.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.latchkey.SessionAttributeException;
import io.latchkey.TypeRef;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.AttributeOptions;
import io.latchkey.codec.JsonBytes;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The JSON of an attribute, read as many types. The first byte chooses the type. */
class AttributeFuzzTest {
  record Item(String name, int count, Object more, List<Item> items) {}

  private static final Type[] TYPES = {
    Object.class,
    String.class,
    Integer.class,
    Long.class,
    double.class,
    BigInteger.class,
    BigDecimal.class,
    UUID.class,
    Instant.class,
    Duration.class,
    Locale.class,
    Item.class,
    List.class,
    Map.class,
    byte[].class,
    int[][].class,
    new TypeRef<Map<BigInteger, Item>>() {}.type(),
    new TypeRef<EnumMap<TimeUnit, Object>>() {}.type(),
    new TypeRef<Optional<TreeMap<String, Instant>>>() {}.type()
  };

  private static final AttributeCodec CODEC = codec();
  private final TimeGuard time = new TimeGuard();

  private static AttributeCodec codec() {
    AttributeOptions options = new AttributeOptions();
    options.allow(Item.class.getName());
    return options.codec();
  }

  static Stream<byte[]> seeds() {
    return Stream.of(
            "{\"@type\":\""
                + Item.class.getName()
                + "\",\"name\":\"x\",\"count\":1,\"items\":[{}]}",
            "{\"@type\":\"java.util.HashMap\",\"@entries\":[1,\"one\",{\"@type\":\"int[][]\",\"@value\":[[1]]},null]}",
            "{\"@type\":\"java.util.EnumMap<java.util.concurrent.TimeUnit>\",\"@value\":{\"DAYS\":1}}",
            "{\"@type\":\"java.util.concurrent.CopyOnWriteArrayList\",\"@value\":[1,2]}",
            "{\"@type\":\"int" + "[]".repeat(1_000) + "\",\"@value\":[]}",
            "[1.5,-1e1000000000,true,null,\"\\ud83d\\ude00\",9223372036854775808]",
            "\"2026-11-30T00:00:00.123456789Z\"",
            "\"PT9223372036854775807S\"",
            "9".repeat(2_000),
            "[".repeat(2_000))
        .flatMap(
            json ->
                Stream.of(0, 3, 5, 6, 8, 11, 16)
                    .map(type -> ((char) type.intValue() + json).getBytes(StandardCharsets.UTF_8)));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "24h", maxExecutions = 10_000_000)
  void anyBytesAreAValueOrAnErrorOfOurs(byte[] data) {
    if (data.length == 0) {
      return;
    }
    JsonBytes json = JsonBytes.of(Arrays.copyOfRange(data, 1, data.length));
    time.run(
        data.length,
        () -> {
          tried(() -> CODEC.decode("a", json, TYPES[(data[0] & 0xff) % TYPES.length]));
          tried(
              () -> {
                Object value = CODEC.decode("a", json);
                if (value != null) {
                  CODEC.isUnchanged("a", value, json);
                  CODEC.encode("a", value);
                }
              });
        });
  }

  private static void tried(Runnable step) {
    try {
      step.run();
    } catch (SessionAttributeException e) {
      // The one error that there may be.
    }
  }
}
