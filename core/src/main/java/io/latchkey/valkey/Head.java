package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.internal.Marks;
import io.latchkey.internal.Snapshot;
import java.nio.charset.StandardCharsets;

/**
 * What both layouts write of a session in fixed width, so that a script finds it at known offsets:
 *
 * <pre>{@code
 * 1764000000000 0000001800000 0000000000000 0000000001-k3JbV0sQ9xTa
 * last access   idle timeout  absolute end  version and mark
 * }</pre>
 *
 * <p>Times are epoch milliseconds, the timeout milliseconds; 0 stands for none.
 */
final class Head {
  static final int ACCESS = 0;
  static final int TIME_DIGITS = 13;
  static final int IDLE = ACCESS + TIME_DIGITS + 1;
  static final int ABSOLUTE = IDLE + TIME_DIGITS + 1;
  static final int VERSION = ABSOLUTE + TIME_DIGITS + 1;
  private static final int VERSION_DIGITS = 10;
  static final int VERSION_LENGTH = VERSION_DIGITS + 1 + Marks.LENGTH;
  static final int LENGTH = VERSION + VERSION_LENGTH;

  private Head() {}

  static void write(Snapshot session, ByteWriter out) {
    out.putDigits(session.lastAccessedAt(), TIME_DIGITS);
    out.put(' ');
    out.putDigits(session.idleMillis(), TIME_DIGITS);
    out.put(' ');
    out.putDigits(session.absoluteEnd(), TIME_DIGITS);
    out.put(' ');
    writeVersion(session, out);
  }

  static Snapshot read(byte[] source, int offset, Snapshot.Body body) {
    long access = ByteWriter.digits(source, offset + ACCESS, TIME_DIGITS);
    long idle = ByteWriter.digits(source, offset + IDLE, TIME_DIGITS);
    long absolute = ByteWriter.digits(source, offset + ABSOLUTE, TIME_DIGITS);
    long version = ByteWriter.digits(source, offset + VERSION, VERSION_DIGITS);
    if ((access | idle | absolute | version) < 0
        || source[offset + IDLE - 1] != ' '
        || source[offset + ABSOLUTE - 1] != ' '
        || source[offset + VERSION - 1] != ' '
        || source[offset + VERSION + VERSION_DIGITS] != '-'
        || !Marks.isValid(source, offset + LENGTH - Marks.LENGTH)) {
      throw unreadable("has a damaged head");
    }
    String mark =
        new String(
            source, offset + LENGTH - Marks.LENGTH, Marks.LENGTH, StandardCharsets.ISO_8859_1);
    return new Snapshot(access, idle, absolute, version, mark, body);
  }

  /** Version and mark as they stand in the head: what a write compares. */
  static byte[] version(Snapshot session) {
    ByteWriter out = new ByteWriter(VERSION_LENGTH);
    writeVersion(session, out);
    return out.bytes;
  }

  /** A time as it stands in the head. */
  static byte[] time(long epochMillis) {
    ByteWriter out = new ByteWriter(TIME_DIGITS);
    out.putDigits(epochMillis, TIME_DIGITS);
    return out.bytes;
  }

  static UnreadableSessionException unreadable(String why) {
    return new UnreadableSessionException("what is stored for the session " + why);
  }

  /** For what a script refused to touch. */
  static UnreadableSessionException foreign() {
    return unreadable(
        "was not written by a release of Latchkey that this one knows; it was left" + " alone");
  }

  private static void writeVersion(Snapshot session, ByteWriter out) {
    out.putDigits(session.version(), VERSION_DIGITS);
    out.put('-');
    out.put(ByteWriter.ascii(session.mark()));
  }
}
