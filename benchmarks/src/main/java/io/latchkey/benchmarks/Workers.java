package io.latchkey.benchmarks;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Threads to which tasks are handed over from any other: callers that are no event loop, as the
 * threads of a web server are. What handing over costs is added to every store alike, so it is as
 * little as can be: no allocation, one compare-and-set, and one wake-up for all tasks that come
 * while a thread sleeps.
 */
final class Workers implements AutoCloseable {
  /** How many threads there are. */
  static final int THREADS = 4;

  private final List<Worker> workers;

  Workers() {
    workers = IntStream.range(0, THREADS).mapToObj(Worker::new).toList();
    workers.forEach(Thread::start);
  }

  /**
   * Hands a task over. It must not be handed over again before it has begun to run.
   *
   * @param task what to do
   * @param number equal numbers go to the same thread
   */
  void hand(Task task, int number) {
    workers.get(number % THREADS).hand(task);
  }

  /** Ends the threads when they have done what they have. */
  @Override
  public void close() {
    workers.forEach(Worker::end);
  }

  /** What a thread does; itself an element of the list of what is still to be done. */
  abstract static class Task {
    private @Nullable Task below;

    abstract void run();
  }

  /** The tasks that wait are a stack, of which the thread takes all at once. */
  private static final class Worker extends Thread {
    private final AtomicReference<@Nullable Task> top = new AtomicReference<>();
    private volatile boolean ended;

    Worker(int number) {
      super("caller-" + number);
      setDaemon(true);
    }

    void hand(Task task) {
      Task below;
      do {
        below = top.get();
        task.below = below;
      } while (!top.compareAndSet(below, task));
      if (below == null) {
        LockSupport.unpark(this);
      }
    }

    void end() {
      ended = true;
      LockSupport.unpark(this);
    }

    @Override
    public void run() {
      while (true) {
        Task task = top.getAndSet(null);
        if (task == null) {
          if (ended) {
            return;
          }
          LockSupport.park(this);
        }
        while (task != null) {
          Task below = task.below;
          task.run();
          task = below;
        }
      }
    }
  }
}
