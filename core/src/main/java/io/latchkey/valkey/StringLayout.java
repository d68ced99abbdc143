package io.latchkey.valkey;

import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import io.lettuce.core.protocol.CommandType;
import reactor.core.publisher.Mono;

/** One {@link StringDocument} per session. */
final class StringLayout extends StoredLayout<byte[]> {
  private static final Script WRITE = Script.load("string-write");
  private static final Script TOUCH = Script.load("string-touch");

  private static final byte[] NX = ByteWriter.ascii("NX");
  private static final byte[] PX = ByteWriter.ascii("PX");

  private final AttributeCodec codec;

  StringLayout(
      Connections connections,
      Changes changes,
      SessionKeys keys,
      SessionSettings settings,
      AttributeCodec codec) {
    super(connections, changes, keys, settings);
    this.codec = codec;
  }

  @Override
  Request<byte[]> readRequest(byte[] key, byte[] locator) {
    return Request.get(key).provenBy(document -> StringDocument.mayBeOf(locator, document));
  }

  @Override
  Snapshot decode(byte[] document) {
    return StringDocument.decode(document, codec);
  }

  @Override
  Mono<Boolean> insert(Commands commands, byte[] key, byte[] locator, Snapshot session) {
    byte[] document = StringDocument.encode(locator, session, codec);
    Request<Boolean> request =
        timeToLive(session) == SessionSettings.NEVER
            ? Request.of(CommandType.SET, Request::isThere, key, document, NX)
            : Request.of(
                CommandType.SET,
                Request::isThere,
                key,
                document,
                NX,
                PX,
                timeToLiveDigits(session));
    return commands.execute(key, request);
  }

  @Override
  Script touchScript() {
    return TOUCH;
  }

  @Override
  Writer writer(byte[] key, byte[] locator, SessionId id, Write write) {
    byte[][] keys = {key};
    byte[][] arguments = {
      StringDocument.start(locator, write.expected()),
      StringDocument.endOfStart(write.expected()),
      StringDocument.encode(locator, write.next(), codec),
      timeToLiveDigits(write.next()),
      id.digest().ascii()
    };
    byte[] token = ByteWriter.ascii(write.next().token());
    return (commands, before) ->
        WRITE
            .runForText(
                new Script.Call(commands, before, keys, arguments),
                answer -> isProven(answer, token, locator))
            .map(
                answer ->
                    answer[0] == '{'
                        ? conflict(id, StringDocument.decode(answer, codec))
                        : outcome(answer[0]));
  }

  private static boolean isProven(byte[] answer, byte[] token, byte[] locator) {
    boolean isDocument = answer.length > 0 && answer[0] == '{';
    return isDocument ? StringDocument.isOf(locator, answer) : Script.isProven(answer, token);
  }
}
