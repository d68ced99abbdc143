package io.latchkey.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a store and its server: records what passes, counts sequential round trips, and
 * breaks the connection in ways that a real network has, at moments that a test chooses.
 *
 * <p><b>Round trips.</b> One is counted when a command comes while none is unanswered, on any
 * connection. So commands that are sent together are one round trip, and a command that waits for
 * the answer to another makes two. A command counts as answered when its answer has been handed to
 * the client, so one that needs that answer always counts. One that is merely sent a little later,
 * by another thread or on another connection, may come before or after it: {@link #delay} the
 * answers by some milliseconds where that matters.
 *
 * <p><b>What is recorded.</b> All commands but those that clients send to set up a connection:
 * HELLO, AUTH, CLIENT, PING, SELECT, INFO, COMMAND. Faults, too, leave these alone, unless {@link
 * #withSetup} was chosen.
 *
 * <p><b>Faults.</b> A fault that takes a predicate strikes the next recorded command for which it
 * is true, once. Each returns a {@link Fault}, which can be waited for.
 *
 * <p>Safe for use by several threads. Each connection has two threads of its own, one in each
 * direction; one lock guards all that they share.
 */
public final class RecordingProxy implements AutoCloseable {
  private static final Set<String> SETUP =
      Set.of("HELLO", "AUTH", "CLIENT", "PING", "SELECT", "INFO", "COMMAND");

  private final InetSocketAddress server;
  private final String scheme;
  private final String credentials;
  private final String database;
  private final ServerSocket listener;

  final Object lock = new Object();

  // All guarded by the lock.
  private final Set<ProxyConnection> connections = new HashSet<>();
  private final List<RecordedCommand> commands = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private @Nullable Hold hold;
  private long delayNanos;
  private int opened;
  private int unanswered;
  private int roundTrips;
  private long bytesToServer;
  private long bytesToClient;
  private boolean setup;
  private boolean refusing;
  private boolean closed;

  private RecordingProxy(String serverUri) {
    URI uri = URI.create(serverUri);
    int port = uri.getPort() < 0 ? 6379 : uri.getPort();
    server = new InetSocketAddress(uri.getHost(), port);
    scheme = uri.getScheme();
    credentials = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo() + "@";
    database = uri.getRawPath() == null ? "" : uri.getRawPath();
    if (!scheme.equals("valkey") && !scheme.equals("redis")) {
      throw new IllegalArgumentException("a proxy cannot look into " + scheme);
    }
    try {
      listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("accept", this::acceptAll);
  }

  /** A proxy for the server at this URI, on a free port of the loopback interface. */
  public static RecordingProxy of(String serverUri) {
    return new RecordingProxy(serverUri);
  }

  /** The server's URI, through this proxy; with its password, if it has one. */
  public String uri() {
    return scheme + "://" + credentials + "127.0.0.1:" + listener.getLocalPort() + database;
  }

  /** Where clients connect to. */
  public int port() {
    return listener.getLocalPort();
  }

  /** From now on the commands that set up connections are treated like all others. */
  public RecordingProxy withSetup() {
    synchronized (lock) {
      setup = true;
    }
    return this;
  }

  /** Forgets what was recorded and counted. Commands under way stay unanswered. */
  public void reset() {
    synchronized (lock) {
      commands.clear();
      roundTrips = 0;
      bytesToServer = 0;
      bytesToClient = 0;
    }
  }

  /** The commands since the last reset, in the order in which clients sent them. */
  public List<RecordedCommand> commands() {
    synchronized (lock) {
      return List.copyOf(commands);
    }
  }

  /** Their names. */
  public List<String> names() {
    return commands().stream().map(RecordedCommand::name).toList();
  }

  /** Sequential round trips since the last reset. */
  public int roundTrips() {
    synchronized (lock) {
      return roundTrips;
    }
  }

  /** Bytes of recorded commands since the last reset, as far as they were forwarded. */
  public long bytesToServer() {
    synchronized (lock) {
      return bytesToServer;
    }
  }

  /** Bytes of the answers to recorded commands since the last reset, and of pushes. */
  public long bytesToClient() {
    synchronized (lock) {
      return bytesToClient;
    }
  }

  /** How many connections are open. */
  public int connections() {
    synchronized (lock) {
      return connections.size();
    }
  }

  /** How many recorded commands wait for their answer. */
  public int unanswered() {
    synchronized (lock) {
      return unanswered;
    }
  }

  /** Waits until every recorded command is answered, for at most ten seconds. */
  public void awaitQuiet() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    synchronized (lock) {
      while (unanswered > 0) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis <= 0) {
          throw new AssertionError(unanswered + " commands are not answered");
        }
        try {
          lock.wait(millis);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        }
      }
    }
  }

  /** Lets no answer arrive sooner than this after its command; zero ends that. */
  public void delay(Duration delay) {
    synchronized (lock) {
      delayNanos = delay.toNanos();
    }
  }

  /** Cuts all connections, now. New ones are accepted. */
  public void cutAll() {
    List<ProxyConnection> cut;
    synchronized (lock) {
      cut = List.copyOf(connections);
    }
    cut.forEach(ProxyConnection::cut);
  }

  /**
   * Cuts new connections as soon as they are opened, until {@link #accept}. (A server that is
   * killed refuses them in the other way: none is opened.)
   */
  public void refuse() {
    synchronized (lock) {
      refusing = true;
    }
  }

  /** Ends {@link #refuse}. */
  public void accept() {
    synchronized (lock) {
      refusing = false;
    }
  }

  /** Cuts the connection instead of forwarding the next command that matches. */
  public Fault cutBeforeRequest(Predicate<RecordedCommand> which) {
    return plan(new Fault(Fault.Kind.CUT_BEFORE_REQUEST, which));
  }

  /** Forwards the next command that matches, and cuts the connection instead of answering. */
  public Fault cutBeforeAnswer(Predicate<RecordedCommand> which) {
    return plan(new Fault(Fault.Kind.CUT_BEFORE_ANSWER, which));
  }

  /**
   * Forwards the next command that matches, and keeps back its answer, and whatever follows on that
   * connection, until the fault is released.
   */
  public Fault holdAnswer(Predicate<RecordedCommand> which) {
    return plan(new Fault(Fault.Kind.HOLD_ANSWER, which));
  }

  /** Keeps back the next command that matches, and what follows, until the fault is released. */
  public Fault holdRequest(Predicate<RecordedCommand> which) {
    return plan(new Fault(Fault.Kind.HOLD_REQUEST, which));
  }

  /**
   * Damages the stream of answers, from where the answer to the next command that matches begins.
   *
   * @param which the command
   * @param damage what becomes of the bytes that are to be handed on in one piece, of which the
   *     first are that answer's
   */
  public Fault damageAnswers(Predicate<RecordedCommand> which, UnaryOperator<byte[]> damage) {
    return plan(new Fault(Fault.Kind.DAMAGE_ANSWERS, which, damage));
  }

  /** A damage: so many bytes are lost, from that index on, as far as there are any. */
  public static UnaryOperator<byte[]> losing(int count, int index) {
    return bytes -> {
      int from = Math.min(index, bytes.length - 1);
      int to = Math.min(from + count, bytes.length);
      byte[] left = Arrays.copyOf(bytes, bytes.length - (to - from));
      System.arraycopy(bytes, to, left, from, bytes.length - to);
      return left;
    };
  }

  /** A damage: so many bytes come twice, from that index on, as far as there are any. */
  public static UnaryOperator<byte[]> repeating(int count, int index) {
    return bytes -> {
      int from = Math.min(index, bytes.length - 1);
      int to = Math.min(from + count, bytes.length);
      byte[] more = Arrays.copyOf(bytes, bytes.length + (to - from));
      System.arraycopy(bytes, from, more, to, bytes.length - from);
      return more;
    };
  }

  /** Keeps back all answers, on all connections, until {@link #releaseAnswers}. */
  public void holdAnswers() {
    synchronized (lock) {
      if (hold == null) {
        hold = new Hold();
      }
    }
  }

  /** Ends {@link #holdAnswers}, and lets go what was kept back. */
  public void releaseAnswers() {
    synchronized (lock) {
      if (hold != null) {
        hold.released.countDown();
        hold = null;
      }
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      faults.forEach(Fault::release);
    }
    releaseAnswers();
    closeQuietly(listener);
    cutAll();
  }

  // What follows is for the connections.

  /** Takes in commands that came in one piece, before any of them is forwarded. */
  void received(List<ProxyConnection.Request> requests) {
    synchronized (lock) {
      for (ProxyConnection.Request request : requests) {
        request.recorded = setup || !SETUP.contains(request.command.name());
        if (!request.recorded) {
          continue;
        }
        commands.add(request.command);
        request.fault = strike(request.command);
        if (request.answered) {
          if (unanswered == 0) {
            roundTrips++;
          }
          unanswered++;
        }
      }
    }
  }

  void forwarded(ProxyConnection.Request request) {
    synchronized (lock) {
      if (request.recorded) {
        bytesToServer += request.command.bytes();
      }
    }
  }

  /** Called with the lock held, as it is until the client has the answer. */
  void answered(ProxyConnection.@Nullable Request request, int bytes) {
    if (request == null || request.recorded) {
      bytesToClient += bytes;
    }
    if (request != null) {
      settle(request);
    }
  }

  /** A request that will get no answer any more. Called with the lock held. */
  void settle(ProxyConnection.Request request) {
    if (request.recorded && request.answered) {
      unanswered--;
      lock.notifyAll();
    }
  }

  void ended(ProxyConnection connection) {
    synchronized (lock) {
      connections.remove(connection);
    }
  }

  long delayNanos() {
    synchronized (lock) {
      return delayNanos;
    }
  }

  void awaitRelease() {
    Hold current;
    synchronized (lock) {
      current = hold;
    }
    if (current != null) {
      Fault.await(current.released);
    }
  }

  static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      // It is as good as closed.
    }
  }

  static void start(String name, Runnable work) {
    Thread thread = new Thread(work, "proxy-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private Fault plan(Fault fault) {
    synchronized (lock) {
      faults.add(fault);
    }
    return fault;
  }

  private @Nullable Fault strike(RecordedCommand command) {
    for (Fault fault : faults) {
      if (!fault.assigned && fault.which.test(command)) {
        fault.assigned = true;
        return fault;
      }
    }
    return null;
  }

  private void acceptAll() {
    while (true) {
      Socket client;
      try {
        client = listener.accept();
      } catch (IOException e) {
        return;
      }
      try {
        open(client);
      } catch (IOException e) {
        closeQuietly(client);
      }
    }
  }

  private void open(Socket client) throws IOException {
    synchronized (lock) {
      if (refusing || closed) {
        closeQuietly(client);
        return;
      }
    }
    Socket upstream = new Socket();
    try {
      upstream.connect(server, 2_000);
      upstream.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
    } catch (IOException e) {
      closeQuietly(upstream);
      throw e;
    }
    ProxyConnection connection;
    synchronized (lock) {
      connection = new ProxyConnection(this, ++opened, client, upstream);
      connections.add(connection);
    }
    connection.start();
    boolean late;
    synchronized (lock) {
      late = closed;
    }
    if (late) {
      connection.cut();
    }
  }

  private static final class Hold {
    final CountDownLatch released = new CountDownLatch(1);
  }

  /** Something that goes wrong once. */
  public static final class Fault {
    enum Kind {
      CUT_BEFORE_REQUEST,
      CUT_BEFORE_ANSWER,
      HOLD_ANSWER,
      HOLD_REQUEST,
      DAMAGE_ANSWERS
    }

    final Kind kind;
    final Predicate<RecordedCommand> which;
    final UnaryOperator<byte[]> damage;
    // Guarded by the proxy's lock.
    private boolean assigned;
    private final CountDownLatch struck = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile @Nullable Long damagedAt;
    private volatile @Nullable Long damageEndedAt;

    private Fault(Kind kind, Predicate<RecordedCommand> which) {
      this(kind, which, UnaryOperator.identity());
    }

    private Fault(Kind kind, Predicate<RecordedCommand> which, UnaryOperator<byte[]> damage) {
      this.kind = kind;
      this.which = which;
      this.damage = damage;
    }

    /**
     * Waits until it has happened, for at most ten seconds: the connection is cut, or the answer
     * (which the server has given by then) or the request is kept back.
     */
    public void awaitStruck() {
      try {
        if (!struck.await(10, TimeUnit.SECONDS)) {
          throw new AssertionError("no command came for " + kind);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    /** Whether it has happened. */
    public boolean hasStruck() {
      return struck.getCount() == 0;
    }

    /**
     * Whether a connection that it has damaged was open at some time of a span, in {@link
     * System#nanoTime}.
     */
    public boolean damagedBetween(long from, long to) {
      Long begin = damagedAt;
      Long end = damageEndedAt;
      return begin != null
          && (to == Long.MAX_VALUE || begin - to <= 0)
          && (end == null || from - end <= 0);
    }

    void damages() {
      damagedAt = System.nanoTime();
    }

    void damageEnds() {
      damageEndedAt = System.nanoTime();
    }

    /** Lets go what is kept back. A fault released before it strikes keeps nothing back. */
    public void release() {
      released.countDown();
    }

    void struck() {
      struck.countDown();
    }

    void awaitRelease() {
      await(released);
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
