package io.latchkey.valkey;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * A Lua script, sent by its digest. Where the server does not know it, because it is new, was
 * restarted or flushed its scripts, the same call goes out again with the text.
 *
 * <p>All our scripts answer with text that starts with one character, which says what came of it.
 * They read ARGV and KEYS only, so that their digest is always the same.
 */
final class Script {
  private final byte[] text;
  private final byte[] digest;

  Script(String text) {
    this.text = text.getBytes(StandardCharsets.UTF_8);
    this.digest = sha1(this.text);
  }

  /** Runs a script that answers with one text. */
  Mono<byte[]> run(Commands commands, String id, byte[][] keys, byte[]... args) {
    return run(Request::bytes, commands, id, keys, args);
  }

  /** Runs a script that answers with a list of texts. */
  Mono<List<byte[]>> runForList(Commands commands, String id, byte[][] keys, byte[]... args) {
    return run(() -> new ValueListOutput<>(ByteArrayCodec.INSTANCE), commands, id, keys, args);
  }

  private <T> Mono<T> run(
      Supplier<CommandOutput<byte[], byte[], T>> output,
      Commands commands,
      String id,
      byte[][] keys,
      byte[][] args) {
    return commands
        .execute(id, Request.of(CommandType.EVALSHA, output, arguments(digest, keys, args)))
        .onErrorResume(
            RedisNoScriptException.class,
            error ->
                commands.execute(
                    id, Request.of(CommandType.EVAL, output, arguments(text, keys, args))));
  }

  private static byte[][] arguments(byte[] script, byte[][] keys, byte[][] args) {
    byte[][] all = new byte[2 + keys.length + args.length][];
    all[0] = script;
    all[1] = ByteWriter.ascii(Integer.toString(keys.length));
    System.arraycopy(keys, 0, all, 2, keys.length);
    System.arraycopy(args, 0, all, 2 + keys.length, args.length);
    return all;
  }

  private static byte[] sha1(byte[] text) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      return ByteWriter.ascii(HexFormat.of().formatHex(sha1.digest(text)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-1, which every JDK has", e);
    }
  }
}
