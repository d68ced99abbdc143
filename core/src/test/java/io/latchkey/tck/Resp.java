package io.latchkey.tck;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * As much of the servers' wire protocol as tests need: where a value ends, in RESP2 and RESP3, and
 * what a RESP2 value is.
 *
 * <p>Without state, and so safe for use by several threads.
 */
public final class Resp {
  private Resp() {}

  /**
   * Where the value that starts at {@code from} ends. Attributes (RESP3's {@code |}) belong to the
   * value that they stand before.
   *
   * @param bytes what was received
   * @param from the index of the value's first byte
   * @param to the index after the last byte received
   * @return the index after the value's last byte, or -1 if the value is not complete yet
   * @throws IllegalArgumentException if this is not RESP
   */
  public static int end(byte[] bytes, int from, int to) {
    int at = from;
    long values = 1;
    while (values > 0) {
      int line = lineEnd(bytes, at, to);
      if (line < 0) {
        return -1;
      }
      char type = (char) bytes[at];
      values--;
      switch (type) {
        case '+', '-', ':', '_', '#', ',', '(' -> at = line;
        case '$', '!', '=' -> {
          long length = number(bytes, at + 1, line);
          if (length < 0) {
            at = line;
          } else if (to - line < length + 2) {
            return -1;
          } else {
            at = line + (int) length + 2;
          }
        }
        case '*', '~', '>' -> {
          values += Math.max(0, number(bytes, at + 1, line));
          at = line;
        }
        case '%' -> {
          values += 2 * number(bytes, at + 1, line);
          at = line;
        }
        case '|' -> {
          values += 2 * number(bytes, at + 1, line) + 1;
          at = line;
        }
        default -> throw new IllegalArgumentException("no RESP type: byte " + bytes[at]);
      }
    }
    return at;
  }

  /**
   * A command as a client sends it.
   *
   * @param words the command's name and its arguments, sent as UTF-8
   * @return its bytes
   */
  public static byte[] command(String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(("*" + words.length + "\r\n").getBytes(US_ASCII));
    for (String word : words) {
      byte[] bytes = word.getBytes(UTF_8);
      out.writeBytes(("$" + bytes.length + "\r\n").getBytes(US_ASCII));
      out.writeBytes(bytes);
      out.writeBytes(new byte[] {'\r', '\n'});
    }
    return out.toByteArray();
  }

  /**
   * A complete RESP2 value as a Java object.
   *
   * @param bytes where it stands
   * @param from the index of its first byte
   * @param to the index after its last byte
   * @return a String (from UTF-8), a Long, a List of these, null, or an {@link ErrorReply}
   */
  public static @Nullable Object decode(byte[] bytes, int from, int to) {
    int line = lineEnd(bytes, from, to);
    String head = new String(bytes, from + 1, line - from - 3, UTF_8);
    return switch ((char) bytes[from]) {
      case '+' -> head;
      case '-' -> new ErrorReply(head);
      case ':' -> Long.valueOf(head);
      case '$' -> head.equals("-1") ? null : new String(bytes, line, Integer.parseInt(head), UTF_8);
      case '*' -> {
        if (head.equals("-1")) {
          yield null;
        }
        List<@Nullable Object> list = new ArrayList<>();
        int at = line;
        for (int i = Integer.parseInt(head); i > 0; i--) {
          int end = end(bytes, at, to);
          list.add(decode(bytes, at, end));
          at = end;
        }
        yield list;
      }
      default -> throw new IllegalArgumentException("no RESP2 type: byte " + bytes[from]);
    };
  }

  private static int lineEnd(byte[] bytes, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r') {
        return i + 1;
      }
    }
    return -1;
  }

  private static long number(byte[] bytes, int from, int lineEnd) {
    return Long.parseLong(new String(bytes, from, lineEnd - 2 - from, US_ASCII));
  }

  /** The server answered with an error. */
  public static final class ErrorReply extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ErrorReply(String message) {
      super(message);
    }
  }
}
