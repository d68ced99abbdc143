package io.latchkey.tck;

/**
 * A server of one test's own, which it may break as it likes. It ends with {@link #close}, and at
 * the latest with the JVM, however that ends.
 *
 * <p>For use by one thread at a time.
 */
public interface ServerProcess extends AutoCloseable {

  /**
   * Where the server listens.
   *
   * @return a {@code valkey://} URI without user and password
   */
  String uri();

  /**
   * The port on which the server listens, the same after each restart.
   *
   * @return the port
   */
  int port();

  /** Kills the server without warning, and returns when it is dead. It can be restarted. */
  void kill();

  /** Stops the server from doing anything (SIGSTOP); its connections stay open, unanswered. */
  void pause();

  /** Lets a paused server go on (SIGCONT). */
  void resume();

  /** Kills the server if it runs, starts it again on the same port, and returns when it answers. */
  void restart();

  /** Kills the server for good and deletes its files. */
  @Override
  void close();
}
