package io.latchkey.benchmarks;

/** How large a session is. It always has ten attributes; what grows is the cart. */
public enum SessionSize {
  /** About 0.5 KB: a cart of five names. */
  SMALL(500, 0),

  /** About 4 KB. */
  MEDIUM(4_096, 73),

  /** About 32 KB. */
  LARGE(32_768, 646);

  private final int bytes;
  private final int lines;

  SessionSize(int bytes, int lines) {
    this.bytes = bytes;
    this.lines = lines;
  }

  /** How many bytes the floor writes and reads; a test compares Latchkey's document. */
  int bytes() {
    return bytes;
  }

  /** How many lines are in the cart beside the five names. */
  int lines() {
    return lines;
  }
}
