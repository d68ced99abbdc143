package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.latchkey.SessionStoreException;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.codec.JsonBytes;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.latchkey.internal.Snapshot;
import io.latchkey.internal.Snapshot.PlainBody;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.MapOutput;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.resource.ClientResources;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Any bytes as the answers to commands in flight, for the fuzz tests, which stand in another
 * package: a read in each layout, a script, and another read of a second session.
 */
public final class AnswerStream {
  private static final ClientResources RESOURCES =
      ClientFactory.resources(null, Duration.ofSeconds(1));
  private static final ClientOptions OPTIONS = ClientFactory.options(Duration.ofSeconds(1), null);
  private static final AttributeCodec CODEC = new AttributeCodec();
  private static final byte[] TOKEN = "k3JbV0sQ9xTa".getBytes(ISO_8859_1);

  private static final List<SessionId> IDS =
      new ArrayList<>(List.of(new SessionIds().next(), new SessionIds().next()));

  private AnswerStream() {}

  /** The answers that a server gives to these commands. */
  public static byte[] answers() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    bulk(out, document(0));
    hash(out, 1);
    bulk(out, ("1" + new String(TOKEN, ISO_8859_1)).getBytes(ISO_8859_1));
    bulk(out, document(1));
    out.writeBytes("_\r\n".getBytes(ISO_8859_1));
    hash(out, 0);
    out.writeBytes("-NOSCRIPT No matching script.\r\n".getBytes(ISO_8859_1));
    return out.toByteArray();
  }

  /**
   * Feeds bytes to the commands.
   *
   * @param stream the bytes
   * @param piece how many of them come at a time
   */
  public static void feed(byte[] stream, int piece) {
    List<Told<?>> told = new ArrayList<>();
    told.add(get(0));
    told.add(hgetall(1));
    told.add(script());
    told.add(get(1));
    told.add(get(0));
    told.add(hgetall(0));
    told.add(script());
    DefaultEndpoint endpoint = new DefaultEndpoint(OPTIONS, RESOURCES);
    // The endpoint tells it when the channel opens and closes.
    var unusedConnection =
        new StatefulRedisConnectionImpl<>(
            endpoint, endpoint, ByteArrayCodec.INSTANCE, Duration.ofSeconds(1));
    GuardedCommandHandler handler =
        new GuardedCommandHandler(OPTIONS, RESOURCES, endpoint, new BrokenConnections(), 1 << 20);
    EmbeddedChannel channel =
        new EmbeddedChannel(new UnansweredCommands(Duration.ofSeconds(1)), handler);
    try {
      for (Told<?> each : told) {
        var unused = channel.write(each.command);
      }
      channel.flushOutbound();
      for (int at = 0; at < stream.length && channel.isOpen(); at += piece) {
        channel.writeInbound(
            Unpooled.wrappedBuffer(stream, at, Math.min(piece, stream.length - at)));
        channel.runPendingTasks();
      }
    } finally {
      var unusedClose = channel.close();
      channel.runPendingTasks();
    }
    told.forEach(Told::check);
  }

  private static Told<byte[]> get(int of) {
    byte[] locator = IDS.get(of).locatorBytes();
    Told<byte[]> told =
        new Told<>(value -> StringDocument.isOf(IDS.get(1 - of).locatorBytes(), value));
    told.command =
        Request.get(locator)
            .provenBy(document -> StringDocument.mayBeOf(locator, document))
            .command(told);
    return told;
  }

  private static Told<Map<byte[], byte[]>> hgetall(int of) {
    byte[] locator = IDS.get(of).locatorBytes();
    Told<Map<byte[], byte[]>> told =
        new Told<>(value -> HashFields.isOf(IDS.get(1 - of).locatorBytes(), value.entrySet()));
    told.command =
        Request.of(CommandType.HGETALL, () -> new MapOutput<>(ByteArrayCodec.INSTANCE), locator)
            .provenBy(hash -> HashFields.mayBeOf(locator, hash.entrySet()))
            .command(told);
    return told;
  }

  private static Told<byte[]> script() {
    Told<byte[]> told = new Told<>(value -> !Script.isProven(value, TOKEN));
    told.command =
        Request.of(CommandType.EVALSHA, Request::bytes, TOKEN)
            .provenBy(answer -> Script.isProven(answer, TOKEN))
            .command(told);
    return told;
  }

  private static Snapshot session(int of) {
    return new Snapshot(
        1764000000000L,
        1800000,
        0,
        1,
        new String(TOKEN, ISO_8859_1),
        IDS.get(of).digest(),
        new PlainBody(
            1764000000000L,
            Map.of("user" + of, JsonBytes.of(("\"" + "+-:$*".repeat(12) + "\"").getBytes(UTF_8))),
            Map.of()));
  }

  private static byte[] document(int of) {
    return StringDocument.encode(IDS.get(of).locatorBytes(), session(of), CODEC);
  }

  private static void hash(ByteArrayOutputStream out, int of) {
    List<byte[]> fields = new HashFields(CODEC).all(session(of));
    out.writeBytes(("%" + (fields.size() / 2 + 1) + "\r\n").getBytes(ISO_8859_1));
    fields.forEach(field -> bulk(out, field));
    bulk(out, "latchkey".getBytes(ISO_8859_1));
    String header =
        new String(HashFields.header(IDS.get(of).locatorBytes(), session(of)), ISO_8859_1);
    bulk(out, (header + " %07d".formatted(fields.size() / 2 + 1)).getBytes(ISO_8859_1));
  }

  private static void bulk(ByteArrayOutputStream out, byte[] value) {
    out.writeBytes(("$" + value.length + "\r\n").getBytes(ISO_8859_1));
    out.writeBytes(value);
    out.writeBytes("\r\n".getBytes(ISO_8859_1));
  }

  /** What one caller is told. */
  private static final class Told<T> implements ServerCommand.Receiver<T> {
    private final java.util.function.Predicate<T> isOfAnother;
    private @Nullable ServerCommand<T> command;
    private int times;
    private @Nullable T value;
    private @Nullable Throwable error;

    Told(java.util.function.Predicate<T> isOfAnother) {
      this.isOfAnother = isOfAnother;
    }

    @Override
    public void answered(@Nullable T answer) {
      times++;
      value = answer;
    }

    @Override
    public void failed(Throwable thrown) {
      times++;
      error = thrown;
    }

    void check() {
      if (times != 1) {
        throw new AssertionError(command + " was told " + times + " times how it ended");
      }
      Throwable thrown = error;
      boolean isOurs =
          thrown == null
              || thrown instanceof SessionStoreException
              || thrown instanceof io.lettuce.core.RedisNoScriptException;
      if (!isOurs) {
        throw new AssertionError("an error that is not ours", thrown);
      }
      T answer = value;
      if (answer != null && isOfAnother.test(answer)) {
        throw new AssertionError(command + " was told the answer of another");
      }
    }
  }
}
