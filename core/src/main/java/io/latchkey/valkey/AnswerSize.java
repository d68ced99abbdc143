package io.latchkey.valkey;

import io.netty.buffer.ByteBuf;

/**
 * How large an answer is that has arrived in part: what has come of it, and what its lengths
 * announce. And whether each body ends where its length says, which Lettuce does not check: where
 * bytes are missing or repeated, the lengths behind them mean other places. Bodies are skipped, so
 * what it costs is the number of their lengths.
 */
final class AnswerSize {
  /** The shortest element there is: {@code _}, and the end of its line. */
  private static final int SHORTEST_ELEMENT = 3;

  /** A length that says that there is nothing. */
  private static final long NONE = -1;

  private long announced;
  private long bodyLeft;
  private int endLeft;
  private boolean inLine;
  private boolean malformed;
  private byte type;
  private long number;

  void reset() {
    announced = 0;
    bodyLeft = 0;
    endLeft = 0;
    inLine = false;
    malformed = false;
  }

  /** Its next bytes, from an index of the buffer to the end of what is in it. */
  void add(ByteBuf buffer, int from) {
    add(buffer, from, buffer.writerIndex());
  }

  /** Its next bytes, between two indexes of the buffer. */
  void add(ByteBuf buffer, int from, int end) {
    int at = from;
    while (at < end) {
      if (bodyLeft > 0) {
        long skipped = Math.min(bodyLeft, end - at);
        bodyLeft -= skipped;
        at += (int) skipped;
      } else if (endLeft > 0) {
        malformed |= buffer.getByte(at++) != (endLeft == 2 ? '\r' : '\n');
        endLeft--;
      } else {
        addToLine(buffer.getByte(at++));
      }
    }
  }

  private void addToLine(byte next) {
    announced++;
    if (!inLine) {
      inLine = true;
      type = next;
      number = 0;
    } else if (next == '\n') {
      inLine = false;
      endLine();
    } else if (hasLength() && next != '\r') {
      addToLength(next);
    }
  }

  private void addToLength(byte next) {
    if (next == '-' && number == 0) {
      number = NONE;
    } else if (next < '0' || next > '9') {
      malformed = true;
    } else if (number != NONE) {
      number = 10 * number + (next - '0');
      if (number > Integer.MAX_VALUE) {
        malformed = true;
        number = 0;
      }
    }
  }

  private boolean hasLength() {
    return switch (type) {
      case '$', '=', '!', '*', '~', '>', '%', '|' -> true;
      default -> false;
    };
  }

  private void endLine() {
    if (number == NONE) {
      return;
    }
    switch (type) {
      case '$', '=', '!' -> {
        bodyLeft = number;
        endLeft = 2;
        announced += number + 2;
      }
      case '*', '~', '>' -> announced += number * SHORTEST_ELEMENT;
      case '%', '|' -> announced += number * 2 * SHORTEST_ELEMENT;
      default -> {
        // What follows is no part of this element.
      }
    }
  }

  /** Whether no server gives what came: a length, or something else where a body has to end. */
  boolean isMalformed() {
    return malformed;
  }

  /** In bytes, at least; an aggregate counts a few bytes more for each element. */
  long atLeast() {
    return announced;
  }
}
