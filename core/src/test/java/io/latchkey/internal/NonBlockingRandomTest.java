package io.latchkey.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.testing.ProcessImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.stream.Stream;
import org.crac.Core;
import org.junit.jupiter.api.Test;

class NonBlockingRandomTest {
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");

  /** A channel of the JDK's is closed for all by the first thread that is interrupted. */
  @Test
  void anInterruptedThreadDrawsAsAllOthersDo() {
    byte[] bytes = new byte[32];
    Thread.currentThread().interrupt();
    NonBlockingRandom.fill(bytes);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(bytes).isNotEqualTo(new byte[32]);
    assumeTrue(Files.isDirectory(OPEN_FILES));
    long open = openDevices();
    NonBlockingRandom.fill(bytes);
    assertThat(openDevices()).isEqualTo(open).isPositive();
  }

  @Test
  void aCheckpointFindsTheDeviceClosedAndLaterDrawsOpenItAgain() {
    assumeTrue(Files.isDirectory(OPEN_FILES));
    NonBlockingRandom.close();
    long others = openDevices();
    SecureRandom random = NonBlockingRandom.create();
    random.nextBytes(new byte[1]);
    assertThat(openDevices()).isEqualTo(others + 1);
    CheckpointHook.HOOK.beforeCheckpoint(Core.getGlobalContext());
    assertThat(openDevices()).isEqualTo(others);
    CheckpointHook.HOOK.afterRestore(Core.getGlobalContext());
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    assertThat(bytes).isNotEqualTo(new byte[32]);
  }

  @Test
  void aRestoredProcessDrawsNothingThatWasReadBeforeTheCheckpoint() {
    RandomBytes random = new RandomBytes();
    random.next(1);
    ProcessImage image = ProcessImage.of(random);
    CheckpointHook.HOOK.afterRestore(Core.getGlobalContext());
    byte[] first = random.next(30);
    image.restoreInto(random);
    assertThat(random.next(30)).isNotEqualTo(first);
  }

  private static long openDevices() {
    try (Stream<Path> files = Files.list(OPEN_FILES)) {
      return files.filter(NonBlockingRandomTest::isTheDevice).count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isTheDevice(Path file) {
    try {
      return Files.readSymbolicLink(file).equals(Path.of("/dev/urandom"));
    } catch (IOException e) {
      return false;
    }
  }
}
