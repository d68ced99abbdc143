package io.latchkey.benchmarks;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.AttributeOptions;
import io.latchkey.codec.JsonBytes;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.databind.json.JsonMapper;

/**
 * What it costs to write and read one attribute, against Jackson alone in the same run; and what it
 * costs at a save to find out whether a value that was read was changed in place ({@code
 * readAndCompare} less {@code read}). Nanoseconds for one attribute. Run it from the root, after
 * {@code mvn package}:
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar AttributeBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AttributeBenchmark {
  private static final String NAME = "attribute";

  /** The values that are tried. */
  @SuppressWarnings("ImmutableEnumChecker") // nobody changes them
  public enum Value {
    /** A text of 20 characters. */
    TEXT("a text of 20 letters"),
    /** A list of ten texts. */
    LIST(texts()),
    /** A map of ten texts. */
    MAP(map()),
    /** A bean of three fields. */
    BEAN(new Bean()),
    /** A cart of ten items with a price each, some 600 bytes. */
    CART(cart());

    private final Object value;

    Value(Object value) {
      this.value = value;
    }
  }

  /** A bean of three fields. */
  public static class Bean {
    /** A text. */
    public String name = "ada";

    /** A number. */
    public int visits = 42;

    /** A flag. */
    public boolean newsletter = true;
  }

  /** A cart. */
  public static class Cart {
    /** What is in it. */
    public List<Item> items = new ArrayList<>();
  }

  /**
   * What is in a cart.
   *
   * @param name its name
   * @param pieces how many
   * @param price the price of one
   */
  public record Item(String name, int pieces, BigDecimal price) {}

  private final JsonMapper jackson = JsonMapper.builder().build();

  /** The value. */
  @Param public Value value = Value.TEXT;

  @SuppressWarnings("NullAway.Init") // JMH calls prepare() first.
  private AttributeCodec codec;

  @SuppressWarnings("NullAway.Init")
  private JsonBytes stored;

  private byte[] json = new byte[0];
  private Class<?> type = Object.class;

  /** Encodes the value once. */
  @Setup
  public void prepare() {
    AttributeOptions options = new AttributeOptions();
    options.allow("io.latchkey.benchmarks");
    codec = options.codec();
    stored = codec.encode(NAME, value.value);
    json = jackson.writeValueAsBytes(value.value);
    type = value == Value.BEAN || value == Value.CART ? value.value.getClass() : Object.class;
  }

  /**
   * Jackson alone.
   *
   * @return the bytes
   */
  @Benchmark
  public byte[] writeWithJacksonAlone() {
    return jackson.writeValueAsBytes(value.value);
  }

  /**
   * As a session writes an attribute.
   *
   * @return the bytes
   */
  @Benchmark
  public JsonBytes write() {
    return codec.encode(NAME, value.value);
  }

  /**
   * Jackson alone, told what class it is.
   *
   * @return the value
   */
  @Benchmark
  public Object readWithJacksonAlone() {
    return jackson.readValue(json, type);
  }

  /**
   * As a session reads an attribute as what it was.
   *
   * @return the value
   */
  @Benchmark
  public Object read() {
    return Objects.requireNonNull(codec.decode(NAME, stored));
  }

  /**
   * Reads an attribute, and finds out whether it was changed.
   *
   * @return that it was not
   */
  @Benchmark
  public boolean readAndCompare() {
    Object read = Objects.requireNonNull(codec.decode(NAME, stored));
    return codec.isUnchanged(NAME, read, stored);
  }

  private static List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      texts.add("text number " + i);
    }
    return texts;
  }

  private static Map<String, String> map() {
    Map<String, String> map = new LinkedHashMap<>();
    texts().forEach(text -> map.put(text, text));
    return map;
  }

  private static Cart cart() {
    Cart cart = new Cart();
    for (int i = 0; i < 10; i++) {
      cart.items.add(new Item("an item with the number " + i, i, new BigDecimal("19.90")));
    }
    return cart;
  }
}
