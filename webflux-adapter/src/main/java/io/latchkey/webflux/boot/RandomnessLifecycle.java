package io.latchkey.webflux.boot;

import io.latchkey.internal.RandomBytes;
import org.springframework.context.SmartLifecycle;

/**
 * Makes session ids draw fresh random bytes when the application starts again. Spring stops such
 * beans before an image of the process is made (CRaC, Lambda SnapStart), and starts them when the
 * image was restored.
 */
final class RandomnessLifecycle implements SmartLifecycle {
  private volatile boolean running;

  @Override
  public void start() {
    RandomBytes.forget();
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    RandomBytes.release();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Started before the web server takes requests, and stopped after it has ended. */
  @Override
  public int getPhase() {
    return Integer.MIN_VALUE;
  }
}
