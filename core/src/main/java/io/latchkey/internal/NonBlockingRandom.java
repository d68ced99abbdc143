package io.latchkey.internal;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.SecureRandomSpi;
import org.jspecify.annotations.Nullable;

/**
 * Secure random bytes for event loops, fresh from the operating system at each call.
 *
 * <p>It has no state. A generator with a state, as the JDK's are, is part of a process image: if an
 * image is restored twice, both processes draw the same numbers. The kernel's generator is not part
 * of it. It mixes in what differs from machine to machine, and a virtual machine's kernel is told
 * when it was cloned. So {@code /dev/urandom} is read each time.
 *
 * <p>That read never waits on a machine that has booted: the kernel computes the bytes. 1,024 bytes
 * take 4 microseconds. The device stays open from the first call on, so that a process that has run
 * out of file descriptors can still draw. {@link #close} closes it before an image is made.
 *
 * <p>On a system without the device, such as Windows, each call seeds a new generator of the JDK,
 * which asks the operating system for the seed.
 */
public final class NonBlockingRandom {
  /** On Windows anybody may put a file there. */
  private static final @Nullable Path DEVICE =
      File.separatorChar == '/' ? Path.of("/dev/urandom") : null;

  private static @Nullable InputStream open;

  private NonBlockingRandom() {}

  /**
   * Creates a source that reads nothing until it is used.
   *
   * @return a source without a state of its own, safe for use by several threads
   */
  public static SecureRandom create() {
    return new SystemRandom();
  }

  /**
   * Fills an array.
   *
   * @param bytes gets random bytes
   */
  static void fill(byte[] bytes) {
    if (DEVICE == null || !read(DEVICE, bytes)) {
      try {
        SecureRandom.getInstance("DRBG").nextBytes(bytes);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("this JDK has no DRBG, which every JDK from 9 on has", e);
      }
    }
  }

  /** Closes the device, as a process image must not have open files. The next call opens it. */
  static synchronized void close() {
    try {
      if (open != null) {
        open.close();
      }
    } catch (IOException e) {
      // It was only read from.
    }
    open = null;
  }

  private static synchronized boolean read(Path device, byte[] bytes) {
    try {
      if (open == null) {
        // Not FileChannel.open: a thread that is interrupted would close that for all others.
        open = Files.newInputStream(device);
      }
      if (open.readNBytes(bytes, 0, bytes.length) == bytes.length) {
        return true;
      }
    } catch (IOException e) {
      // As below.
    }
    close();
    return false;
  }

  private static final class SystemRandom extends SecureRandom {
    private static final long serialVersionUID = 1;

    SystemRandom() {
      super(new Spi(), null);
    }
  }

  private static final class Spi extends SecureRandomSpi {
    private static final long serialVersionUID = 1;

    @Override
    protected void engineSetSeed(byte[] seed) {
      // Nothing that a caller has could add to what the operating system knows.
    }

    @Override
    protected void engineNextBytes(byte[] bytes) {
      fill(bytes);
    }

    @Override
    protected byte[] engineGenerateSeed(int count) {
      byte[] seed = new byte[count];
      fill(seed);
      return seed;
    }
  }
}
