package io.latchkey.benchmarks.load;

import java.util.concurrent.locks.LockSupport;

/** The clock that arrivals follow; a test has one of its own. */
interface Time {
  /** As {@link System#nanoTime()}. */
  long nanos();

  /** Comes back at this time, or soon after it. */
  void sleepUntil(long nanos);

  /** The machine's. A thread that sleeps wakes up some 60 microseconds late on Linux. */
  Time SYSTEM =
      new Time() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void sleepUntil(long nanos) {
          for (long left = nanos - nanos(); left > 0; left = nanos - nanos()) {
            LockSupport.parkNanos(left);
          }
        }
      };
}
