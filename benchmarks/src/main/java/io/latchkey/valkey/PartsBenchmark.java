package io.latchkey.valkey;

import io.latchkey.benchmarks.SessionData;
import io.latchkey.benchmarks.SessionSize;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.latchkey.internal.Snapshot;
import java.util.LinkedHashMap;
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

/**
 * What Latchkey computes for an operation, without a server: nanoseconds for one session. It stands
 * in this package because the parts are package-private. Run it from the root, after {@code mvn
 * package}:
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar PartsBenchmark -prof gc
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PartsBenchmark {
  /** How large the session is. */
  @Param public SessionSize size = SessionSize.SMALL;

  private final AttributeCodec codec = new AttributeCodec();
  private final SessionIds ids = new SessionIds();
  private final SessionKeys keys = new SessionKeys("latchkey");
  private final SessionId id = ids.next();
  private final byte[] locator = id.locatorBytes();
  private final String text = id.text();
  private Map<String, Object> attributes = Map.of();

  @SuppressWarnings("NullAway.Init") // JMH calls prepare() first.
  private Snapshot session;

  private byte[] document = {};

  /** Encodes the session once. */
  @Setup
  public void prepare() {
    attributes = SessionData.attributes(size);
    document = StringDocument.encode(locator, snapshot(), codec);
    session = StringDocument.decode(document, codec);
  }

  /**
   * A new session's attributes from objects to JSON, and the document of them.
   *
   * @return the bytes
   */
  @Benchmark
  public byte[] encode() {
    return StringDocument.encode(locator, snapshot(), codec);
  }

  /**
   * The document of a session whose attributes were not touched since they were read.
   *
   * @return the bytes
   */
  @Benchmark
  public byte[] encodeWhatWasRead() {
    return StringDocument.encode(locator, session, codec);
  }

  /**
   * What every read does: the checks of the document, and its header.
   *
   * @return the session, its attributes still as they were stored
   */
  @Benchmark
  public Object decode() {
    return StringDocument.decode(document, codec);
  }

  /**
   * What is added to that when the first attribute is asked for: where each of them begins and
   * ends.
   *
   * @return all attributes, each still as it was stored
   */
  @Benchmark
  public Object decodeAndFindAttributes() {
    return StringDocument.decode(document, codec).body().attributes();
  }

  /**
   * The same, and each attribute as an object.
   *
   * @return all attributes
   */
  @Benchmark
  public Object decodeAll() {
    Map<String, Object> values = new LinkedHashMap<>();
    StringDocument.decode(document, codec)
        .body()
        .attributes()
        .forEach((name, value) -> values.put(name, codec.decode(name, value)));
    return values;
  }

  /**
   * A new id.
   *
   * @return the id
   */
  @Benchmark
  public String id() {
    return ids.next().text();
  }

  /**
   * What a call makes of the text of an id: the digest of its secret, and the key.
   *
   * @return the key
   */
  @Benchmark
  public byte[] digest() {
    return keys.key(Objects.requireNonNull(SessionId.parse(text)));
  }

  private Snapshot snapshot() {
    Map<String, JsonBytes> values = new LinkedHashMap<>();
    attributes.forEach((name, value) -> values.put(name, codec.encode(name, value)));
    long now = 1_790_000_000_000L;
    return new Snapshot(
        now,
        1_800_000,
        0,
        1,
        "k3JbV0sQ9xTa",
        id.digest(),
        new Snapshot.PlainBody(now, values, Map.of()));
  }
}
