package io.latchkey.valkey;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A Lua script, sent by its digest. Where the server does not know it, because it is new, was
 * restarted or flushed its scripts, the same call goes out again with the text.
 *
 * <p>The scripts are the resources {@code lua/*.lua}. A line {@code -- include name.lua} stands for
 * that file. Each script answers with one character that tells the outcome, and behind it with a
 * proof: the writer's token, or the session's locator. Or with what is stored, which proves itself.
 * They read ARGV and KEYS only, so that their digest is always the same.
 */
final class Script {
  private static final Pattern INCLUDE =
      Pattern.compile("^ *-- include ([a-z-]+)\\.lua\\R", Pattern.MULTILINE);

  private final byte[] text;
  private final byte[] digest;

  private Script(String text) {
    this.text = text.getBytes(StandardCharsets.UTF_8);
    this.digest = sha1(this.text);
  }

  /** The script in the resource of that name. */
  static Script load(String name) {
    return new Script(text(name));
  }

  /** The text of a resource, with all that it includes. */
  static String text(String name) {
    String resource = "lua/" + name + ".lua";
    try (InputStream in = Script.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(
            "the resource io/latchkey/valkey/" + resource + " is missing from latchkey-core");
      }
      return INCLUDE
          .matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .replaceAll(include -> Matcher.quoteReplacement(text(include.group(1))));
    } catch (IOException e) {
      throw new UncheckedIOException("the resource " + resource + " cannot be read", e);
    }
  }

  /** Runs a script that answers with one text. */
  Mono<byte[]> run(Call call, byte[] proof) {
    return runForText(call, answer -> isProven(answer, proof));
  }

  /** Runs a script that answers with one text; nothing at all is no answer to it. */
  Mono<byte[]> runForText(Call call, Predicate<byte[]> belongs) {
    return runForList(call, answer -> answer.size() == 1 && belongs.test(answer.get(0)))
        .map(answer -> answer.get(0));
  }

  /** Runs a script that answers with one text, or with a list. */
  Mono<List<byte[]>> runForList(Call call, Predicate<List<byte[]>> belongs) {
    return run(ListOrTextOutput::new, answer -> !answer.isEmpty() && belongs.test(answer), call);
  }

  /** Whether an answer of one character has that proof behind it. */
  static boolean isProven(byte[] answer, byte[] proof) {
    if (answer.length != 1 + proof.length) {
      return false;
    }
    for (int i = 0; i < proof.length; i++) {
      if (answer[1 + i] != proof[i]) {
        return false;
      }
    }
    return true;
  }

  private <T> Mono<T> run(
      Supplier<CommandOutput<byte[], byte[], T>> output, Predicate<T> belongs, Call call) {
    return call.send(
            Request.of(CommandType.EVALSHA, output, call.arguments(digest)).provenBy(belongs))
        .onErrorResume(
            RedisNoScriptException.class,
            error ->
                call.send(
                    Request.of(CommandType.EVAL, output, call.arguments(text)).provenBy(belongs)));
  }

  private static byte[] sha1(byte[] text) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      return ByteWriter.ascii(HexFormat.of().formatHex(sha1.digest(text)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-1, which every JDK has", e);
    }
  }

  /**
   * One call of a script.
   *
   * @param commands sends it
   * @param before a write to send right before it, or null
   * @param keys its keys, the session's own first
   * @param args its arguments
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Call(Commands commands, @Nullable Request<?> before, byte[][] keys, byte[]... args) {

    Call(Commands commands, byte[] key, byte[]... args) {
      this(commands, null, new byte[][] {key}, args);
    }

    private <T> Mono<T> send(Request<T> request) {
      return commands.execute(keys[0], request, before);
    }

    private byte[][] arguments(byte[] script) {
      byte[][] all = new byte[2 + keys.length + args.length][];
      all[0] = script;
      all[1] = ByteWriter.ascii(Integer.toString(keys.length));
      System.arraycopy(keys, 0, all, 2, keys.length);
      System.arraycopy(args, 0, all, 2 + keys.length, args.length);
      return all;
    }
  }
}
