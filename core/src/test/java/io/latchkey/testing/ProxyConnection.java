package io.latchkey.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.latchkey.tck.Resp;
import io.latchkey.testing.RecordingProxy.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection through the proxy. Bytes are forwarded as whole commands and whole
 * answers, and in the pieces in which they came.
 */
final class ProxyConnection {
  /** Answered by pushes, in RESP3, or by messages of their own kind, in RESP2. */
  private static final Set<String> UNANSWERED =
      Set.of(
          "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE");

  private final RecordingProxy proxy;
  private final int number;
  private final Socket client;
  private final Socket server;

  // Guarded by the proxy's lock, as is every field of the requests.
  private final Queue<Request> pending = new ArrayDeque<>();
  private boolean ended;
  private final List<Fault> damages = new ArrayList<>();

  ProxyConnection(RecordingProxy proxy, int number, Socket client, Socket server) {
    this.proxy = proxy;
    this.number = number;
    this.client = client;
    this.server = server;
  }

  void start() {
    RecordingProxy.start("requests-" + number, () -> pump(client, this::forwardRequests));
    RecordingProxy.start("answers-" + number, () -> pump(server, this::forwardAnswers));
  }

  /** Closes both sides. What was not answered never will be. */
  void cut() {
    synchronized (proxy.lock) {
      if (!ended) {
        ended = true;
        pending.forEach(proxy::settle);
        pending.clear();
      }
    }
    RecordingProxy.closeQuietly(client);
    RecordingProxy.closeQuietly(server);
    synchronized (proxy.lock) {
      damages.forEach(Fault::damageEnds);
      damages.clear();
    }
    proxy.ended(this);
  }

  /** Reads until the end, and hands on the complete values among what was read so far. */
  private void pump(Socket from, Forwarder forwarder) {
    byte[] buffer = new byte[65_536];
    int filled = 0;
    try {
      InputStream in = from.getInputStream();
      while (true) {
        if (filled == buffer.length) {
          buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        }
        int read = in.read(buffer, filled, buffer.length - filled);
        if (read < 0) {
          return;
        }
        filled += read;
        List<Integer> ends = new ArrayList<>();
        int at = 0;
        for (int end = Resp.end(buffer, 0, filled); end >= 0; end = Resp.end(buffer, at, filled)) {
          ends.add(end);
          at = end;
        }
        if (at > 0) {
          forwarder.forward(buffer, ends);
          System.arraycopy(buffer, at, buffer, 0, filled - at);
          filled -= at;
        }
      }
    } catch (IOException e) {
      // The connection has ended, and so the other side must.
    } finally {
      cut();
    }
  }

  private void forwardRequests(byte[] bytes, List<Integer> ends) throws IOException {
    List<Request> requests = new ArrayList<>();
    int at = 0;
    for (int end : ends) {
      requests.add(new Request(parse(bytes, at, end), System.nanoTime()));
      at = end;
    }
    synchronized (proxy.lock) {
      if (ended) {
        return;
      }
      proxy.received(requests);
      requests.stream().filter(request -> request.answered).forEach(pending::add);
    }
    OutputStream out = server.getOutputStream();
    int from = 0;
    at = 0;
    for (int i = 0; i < requests.size(); i++) {
      Fault fault = requests.get(i).fault;
      if (fault != null && fault.kind == Fault.Kind.CUT_BEFORE_REQUEST) {
        out.write(bytes, from, at - from);
        cut();
        fault.struck();
        return;
      }
      if (fault != null && fault.kind == Fault.Kind.HOLD_REQUEST) {
        out.write(bytes, from, at - from);
        from = at;
        fault.struck();
        fault.awaitRelease();
      }
      proxy.forwarded(requests.get(i));
      at = ends.get(i);
    }
    out.write(bytes, from, at - from);
  }

  private void forwardAnswers(byte[] bytes, List<Integer> ends) throws IOException {
    int at = 0;
    int from = 0;
    List<Answer> batch = new ArrayList<>();
    Iterator<Request> waiting = waiting();
    Fault damaging = null;
    for (int end : ends) {
      boolean push = bytes[at] == '>';
      Request request = !push && waiting.hasNext() ? waiting.next() : null;
      Fault fault = request == null ? null : request.fault;
      if (fault != null && fault.kind == Fault.Kind.CUT_BEFORE_ANSWER) {
        deliver(bytes, from, at, batch);
        cut();
        fault.struck();
        return;
      }
      if (fault != null && fault.kind == Fault.Kind.HOLD_ANSWER) {
        deliver(bytes, from, at, batch);
        from = at;
        batch.clear();
        fault.struck();
        fault.awaitRelease();
      }
      if (fault != null && fault.kind == Fault.Kind.DAMAGE_ANSWERS && damaging == null) {
        deliver(bytes, from, at, batch);
        from = at;
        batch.clear();
        damaging = fault;
      }
      batch.add(new Answer(request, end - at));
      at = end;
    }
    if (damaging != null) {
      synchronized (proxy.lock) {
        damages.add(damaging);
        damaging.damages();
      }
      byte[] damaged = damaging.damage.apply(Arrays.copyOfRange(bytes, from, at));
      deliver(damaged, 0, damaged.length, batch);
      damaging.struck();
    } else {
      deliver(bytes, from, at, batch);
    }
  }

  /** The requests that the next answers are for. Only this thread takes any away. */
  private Iterator<Request> waiting() {
    synchronized (proxy.lock) {
      return List.copyOf(pending).iterator();
    }
  }

  private void deliver(byte[] bytes, int from, int to, List<Answer> answers) throws IOException {
    if (to == from) {
      return;
    }
    awaitDelay(answers);
    proxy.awaitRelease();
    // Under the lock, so that what the client sends on receipt is taken in after this is counted.
    synchronized (proxy.lock) {
      if (ended) {
        return;
      }
      client.getOutputStream().write(bytes, from, to - from);
      for (Answer answer : answers) {
        if (answer.request != null) {
          pending.remove();
        }
        proxy.answered(answer.request, answer.bytes);
      }
    }
  }

  private void awaitDelay(List<Answer> answers) {
    for (Answer answer : answers) {
      if (answer.request != null) {
        long due = answer.request.receivedNanos + proxy.delayNanos();
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
      }
    }
  }

  private RecordedCommand parse(byte[] bytes, int from, int to) {
    Object words = Resp.decode(bytes, from, to);
    if (!(words instanceof List<?> list) || list.isEmpty()) {
      String start = new String(bytes, from, Math.min(20, to - from), US_ASCII);
      throw new IllegalStateException("not a command: " + start);
    }
    String name = String.valueOf(list.get(0)).toUpperCase(Locale.ROOT);
    return new RecordedCommand(number, name, list.size() - 1, to - from);
  }

  private interface Forwarder {
    /** Forwards the values that end at these indexes, the first of which begins at 0. */
    void forward(byte[] bytes, List<Integer> ends) throws IOException;
  }

  private record Answer(@Nullable Request request, int bytes) {}

  /** A command on its way. */
  static final class Request {
    final RecordedCommand command;
    final long receivedNanos;
    final boolean answered;
    boolean recorded;
    @Nullable Fault fault;

    Request(RecordedCommand command, long receivedNanos) {
      this.command = command;
      this.receivedNanos = receivedNanos;
      this.answered = !UNANSWERED.contains(command.name());
    }
  }
}
