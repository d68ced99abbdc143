package io.latchkey.valkey;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.MapOutput;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** One hash per session, see {@link HashFields}. A write sends what changed, and no more. */
final class HashLayout extends StoredLayout<Map<byte[], byte[]>> {
  private static final Script INSERT = Script.load("hash-insert");
  private static final Script WRITE = Script.load("hash-write");
  private static final Script TOUCH = Script.load("hash-touch");

  private final HashFields fields;

  HashLayout(
      Connections connections,
      Changes changes,
      SessionKeys keys,
      SessionSettings settings,
      AttributeCodec codec) {
    super(connections, changes, keys, settings);
    this.fields = new HashFields(codec);
  }

  @Override
  Request<Map<byte[], byte[]>> readRequest(byte[] key, byte[] locator) {
    return Request.of(CommandType.HGETALL, () -> new MapOutput<>(ByteArrayCodec.INSTANCE), key)
        .provenBy(hash -> HashFields.mayBeOf(locator, hash.entrySet()));
  }

  @Override
  @Nullable Snapshot decode(Map<byte[], byte[]> hash) {
    return fields.decode(hash);
  }

  @Override
  Mono<Boolean> insert(Commands commands, byte[] key, byte[] locator, Snapshot session) {
    List<byte[]> sets = fields.all(session);
    byte[] token = ByteWriter.ascii(session.token());
    byte[][] arguments = arguments(new byte[0], locator, session, new byte[0], sets, List.of());
    return INSERT
        .run(new Script.Call(commands, key, arguments), token)
        .map(answer -> answer[0] == '1');
  }

  @Override
  Script touchScript() {
    return TOUCH;
  }

  @Override
  Writer writer(byte[] key, byte[] locator, SessionId id, Write write) {
    Snapshot next = write.next();
    List<byte[]> sets = new ArrayList<>();
    List<byte[]> removals = new ArrayList<>();
    write
        .changes()
        .forEach(
            (name, value) -> {
              if (value == null) {
                removals.add(fields.name(name));
              } else {
                sets.add(fields.name(name));
                sets.add(value.toArray());
              }
            });
    HashFields.addIdChange(write.expected(), next, sets, removals);
    byte[][] keys = {key};
    byte[][] arguments =
        arguments(
            SessionHeader.version(write.expected()),
            locator,
            next,
            id.digest().ascii(),
            sets,
            removals);
    byte[] token = ByteWriter.ascii(next.token());
    return (commands, before) ->
        WRITE
            .runForList(
                new Script.Call(commands, before, keys, arguments),
                answer -> isProven(answer, token, locator))
            .map(
                answer ->
                    answer.get(0)[0] == '{'
                        ? conflict(id, fields.decode(answer.subList(1, answer.size())))
                        : outcome(answer.get(0)[0]));
  }

  private static boolean isProven(List<byte[]> answer, byte[] token, byte[] locator) {
    return answer.size() > 1
        ? HashFields.isOf(locator, HashFields.pairs(answer.subList(1, answer.size())))
        : answer.size() == 1 && Script.isProven(answer.get(0), token);
  }

  /** See {@code hash-write.lua}. */
  private byte[][] arguments(
      byte[] expectedVersion,
      byte[] locator,
      Snapshot next,
      byte[] digest,
      List<byte[]> sets,
      List<byte[]> removals) {
    List<byte[]> arguments = new ArrayList<>(5 + sets.size() + removals.size());
    arguments.add(expectedVersion);
    arguments.add(HashFields.header(locator, next));
    arguments.add(timeToLiveDigits(next));
    arguments.add(digest);
    arguments.add(ByteWriter.ascii(Integer.toString(sets.size())));
    arguments.addAll(sets);
    arguments.addAll(removals);
    return arguments.toArray(new byte[0][]);
  }
}
