package io.latchkey.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes bytes on to a port of the loopback interface and back, and can hold them: then nothing
 * passes, and the far end does not learn that the near one has closed its connection.
 *
 * <p>Safe for use by several threads.
 */
public final class TestLink implements AutoCloseable {
  private final int to;
  private final ServerSocket listener;
  private final List<Socket> sockets = new ArrayList<>();
  private boolean held;

  TestLink(int to) {
    this.to = to;
    try {
      listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::acceptAll);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Lets nothing pass from now on. */
  public synchronized void hold() {
    held = true;
  }

  /** Lets all pass that was held, and what comes. */
  public synchronized void release() {
    held = false;
    notifyAll();
  }

  @Override
  public void close() {
    release();
    closeQuietly(listener);
    synchronized (this) {
      sockets.forEach(TestLink::closeQuietly);
    }
  }

  private synchronized void awaitReleased() {
    while (held) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private void acceptAll() {
    try {
      while (true) {
        Socket near = listener.accept();
        start(() -> connect(near));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void connect(Socket near) {
    awaitReleased();
    try {
      Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
      synchronized (this) {
        sockets.add(near);
        sockets.add(far);
      }
      start(() -> pass(near, far));
      start(() -> pass(far, near));
    } catch (IOException nobodyThere) {
      closeQuietly(near);
    }
  }

  private void pass(Socket from, Socket into) {
    byte[] buffer = new byte[8192];
    try (from;
        into) {
      InputStream in = from.getInputStream();
      OutputStream out = into.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        awaitReleased();
        out.write(buffer, 0, n);
        out.flush();
      }
      awaitReleased();
    } catch (IOException broken) {
      awaitReleased();
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "test-link");
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      // It is of no use any more.
    }
  }
}
