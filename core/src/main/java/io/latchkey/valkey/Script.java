package io.latchkey.valkey;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * A Lua script, sent by its digest. Where the server does not know it, because it is new, was
 * restarted or flushed its scripts, the same call goes out again with the text.
 *
 * <p>All our scripts answer with text that starts with one character, which says what came of it.
 * They read ARGV and KEYS only, so that their digest is always the same.
 */
final class Script {
  private final String text;
  private final String digest;

  Script(String text) {
    this.text = text;
    this.digest = sha1(text);
  }

  /** Runs a script that answers with one text. */
  Mono<byte[]> run(Connections connections, String id, byte[][] keys, byte[]... args) {
    return run(ScriptOutputType.VALUE, connections, id, keys, args);
  }

  /** Runs a script that answers with a list of texts. */
  Mono<List<byte[]>> runForList(Connections connections, String id, byte[][] keys, byte[]... args) {
    return run(ScriptOutputType.MULTI, connections, id, keys, args);
  }

  private <T> Mono<T> run(
      ScriptOutputType type, Connections connections, String id, byte[][] keys, byte[][] args) {
    return connections
        .<T>execute(id, commands -> commands.evalsha(digest, type, keys, args))
        .onErrorResume(
            RedisNoScriptException.class,
            error -> connections.<T>execute(id, commands -> commands.eval(text, type, keys, args)));
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
