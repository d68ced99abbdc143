package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.SecretDigest;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.Snapshot;
import io.latchkey.internal.WriteToken;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What both layouts write of a session in fixed width, so that a script finds it at known offsets:
 *
 * <pre>{@code
 * 1 7Yc0Kp3xQm2LrT9a 1764000000000 0000001800000 0000000000000 0000000001-k3JbV0sQ9xTa y6Eu...28 more
 * |  locator         last access   idle timeout  absolute end  version and token       secret digest
 * format
 * }</pre>
 *
 * <p>Times are epoch milliseconds, the timeout milliseconds; 0 means none. The scripts have the
 * same offsets, in {@code header.lua}.
 */
final class SessionHeader {
  /** The format's version, and a space. */
  static final String FORMAT = "1 ";

  static final int TIME_DIGITS = 13;

  static final int LOCATOR = FORMAT.length();
  static final int ACCESS = LOCATOR + SessionId.LOCATOR_LENGTH + 1;
  static final int IDLE = ACCESS + TIME_DIGITS + 1;
  static final int ABSOLUTE = IDLE + TIME_DIGITS + 1;
  static final int VERSION = ABSOLUTE + TIME_DIGITS + 1;
  private static final int VERSION_DIGITS = 10;
  static final int TOKEN = VERSION + VERSION_DIGITS + 1;
  static final int VERSION_LENGTH = VERSION_DIGITS + 1 + WriteToken.LENGTH;
  static final int DIGEST = VERSION + VERSION_LENGTH + 1;
  static final int LENGTH = DIGEST + SecretDigest.LENGTH;

  private static final byte[] FORMAT_BYTES = ByteWriter.ascii(FORMAT);

  // How the former secret is written: its digest, the end of the grace, the token.
  private static final int FORMER_UNTIL = SecretDigest.LENGTH + 1;
  private static final int FORMER_TOKEN = FORMER_UNTIL + TIME_DIGITS + 1;
  static final int FORMER_LENGTH = FORMER_TOKEN + WriteToken.LENGTH;

  private SessionHeader() {}

  static void write(byte[] locator, Snapshot session, ByteWriter out) {
    out.put(FORMAT_BYTES);
    out.put(locator);
    out.put(' ');
    out.putDigits(session.lastAccessedAt(), TIME_DIGITS);
    out.put(' ');
    out.putDigits(session.idleMillis(), TIME_DIGITS);
    out.put(' ');
    out.putDigits(session.absoluteEnd(), TIME_DIGITS);
    out.put(' ');
    writeVersion(session, out);
    out.put(' ');
    out.put(session.digest().ascii());
  }

  /** The session whose header is at that offset, which must have {@link #LENGTH} bytes there. */
  static Snapshot read(byte[] source, int offset, Snapshot.Body body) {
    long access = ByteWriter.digits(source, offset + ACCESS, TIME_DIGITS);
    long idle = ByteWriter.digits(source, offset + IDLE, TIME_DIGITS);
    long absolute = ByteWriter.digits(source, offset + ABSOLUTE, TIME_DIGITS);
    long version = ByteWriter.digits(source, offset + VERSION, VERSION_DIGITS);
    SecretDigest digest = SecretDigest.read(source, offset + DIGEST);
    if ((access | idle | absolute | version) < 0
        || digest == null
        || !SessionId.isLocator(source, offset + LOCATOR)
        || source[offset + ACCESS - 1] != ' '
        || source[offset + IDLE - 1] != ' '
        || source[offset + ABSOLUTE - 1] != ' '
        || source[offset + VERSION - 1] != ' '
        || source[offset + TOKEN - 1] != '-'
        || source[offset + DIGEST - 1] != ' '
        || !WriteToken.isValid(source, offset + TOKEN)) {
      throw unreadable("has a damaged header");
    }
    return new Snapshot(
        access, idle, absolute, version, token(source, offset + TOKEN), digest, body);
  }

  /** Whether a header of this format is at that offset. */
  static boolean isAt(byte[] source, int offset) {
    return source.length - offset >= LENGTH
        && source[offset] == FORMAT_BYTES[0]
        && source[offset + 1] == FORMAT_BYTES[1];
  }

  /** Whether the header at that offset is of the session with that locator. */
  static boolean isOf(byte[] locator, byte[] source, int offset) {
    for (int i = 0; i < SessionId.LOCATOR_LENGTH; i++) {
      if (source[offset + LOCATOR + i] != locator[i]) {
        return false;
      }
    }
    return true;
  }

  /** Version and token as they are in the header: what a write compares. */
  static byte[] version(Snapshot session) {
    ByteWriter out = new ByteWriter(VERSION_LENGTH);
    writeVersion(session, out);
    return out.bytes;
  }

  /** A time as it is in the header. */
  static byte[] time(long epochMillis) {
    ByteWriter out = new ByteWriter(TIME_DIGITS);
    out.putDigits(epochMillis, TIME_DIGITS);
    return out.bytes;
  }

  /** The former secret as it is stored behind the header. */
  static byte[] former(FormerSecret former) {
    ByteWriter out = new ByteWriter(FORMER_LENGTH);
    out.put(former.digest().ascii());
    out.put(' ');
    out.putDigits(former.until(), TIME_DIGITS);
    out.put(' ');
    out.put(ByteWriter.ascii(former.token()));
    return out.bytes;
  }

  /** The former secret at that offset, or null if there is none. */
  static @Nullable FormerSecret readFormer(byte[] source, int offset) {
    if (source.length - offset < FORMER_LENGTH) {
      return null;
    }
    SecretDigest digest = SecretDigest.read(source, offset);
    long until = ByteWriter.digits(source, offset + FORMER_UNTIL, TIME_DIGITS);
    return digest == null || until < 0 || !WriteToken.isValid(source, offset + FORMER_TOKEN)
        ? null
        : new FormerSecret(digest, until, token(source, offset + FORMER_TOKEN));
  }

  static UnreadableSessionException unreadable(String why) {
    return new UnreadableSessionException("what is stored for the session " + why);
  }

  /** For what a script refused to touch. */
  static UnreadableSessionException foreign() {
    return unreadable(
        "was not written by a release of Latchkey that this one knows; it was left alone");
  }

  private static String token(byte[] source, int offset) {
    return new String(source, offset, WriteToken.LENGTH, StandardCharsets.ISO_8859_1);
  }

  private static void writeVersion(Snapshot session, ByteWriter out) {
    out.putDigits(session.version(), VERSION_DIGITS);
    out.put('-');
    out.put(ByteWriter.ascii(session.token()));
  }
}
