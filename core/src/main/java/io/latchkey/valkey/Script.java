package io.latchkey.valkey;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import reactor.core.publisher.Mono;

/**
 * A Lua script, sent by its digest. Where the server does not know it, because it is new, was
 * restarted or flushed its scripts, the same call goes out again with the text.
 *
 * <p>All our scripts answer with bytes: a single character that says what came of it, or the
 * session that stood in the way.
 */
final class Script {
  private final String text;
  private final String digest;

  Script(String text) {
    this.text = text;
    this.digest = sha1(text);
  }

  Mono<byte[]> run(Connections connections, String id, byte[][] keys, byte[]... args) {
    return connections
        .<byte[]>execute(
            id, commands -> commands.evalsha(digest, ScriptOutputType.VALUE, keys, args))
        .onErrorResume(
            RedisNoScriptException.class,
            error ->
                connections.execute(
                    id, commands -> commands.eval(text, ScriptOutputType.VALUE, keys, args)));
  }

  private static String sha1(String text) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      return HexFormat.of().formatHex(sha1.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-1, which every JDK has", e);
    }
  }
}
