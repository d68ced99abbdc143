package io.latchkey.codec;

import java.io.OutputStream;
import java.util.Arrays;

/**
 * Keeps what is written as long as it is within a limit, and only counts it from then on. So a
 * value of any size takes no more memory than the limit and Jackson's own buffer.
 */
final class BoundedOutput extends OutputStream {
  /** At this size nobody needs to know more: a value may never end. */
  private static final long ABANDONED = 64 << 20;

  private static final byte[] NOTHING = {};

  private final int limit;
  private byte[] bytes = NOTHING;
  private int count;
  private long size;

  BoundedOutput(int limit) {
    this.limit = limit;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    size += length;
    if (size > limit) {
      bytes = NOTHING;
      if (size > ABANDONED) {
        throw new AbandonedException();
      }
      return;
    }
    if (count == 0) {
      bytes = Arrays.copyOfRange(from, offset, offset + length); // most write only once
    } else {
      if (count + length > bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(size, 2L * bytes.length)));
      }
      System.arraycopy(from, offset, bytes, count, length);
    }
    count += length;
  }

  /** Whether more was written than is kept. */
  boolean isOver() {
    return size > limit;
  }

  /** How much was written. */
  long size() {
    return size;
  }

  /** All that was written. */
  byte[] toArray() {
    return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
  }

  /** Ends the encoding of a value that is far too large. */
  static final class AbandonedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AbandonedException() {
      super("abandoned", null, false, false);
    }
  }
}
