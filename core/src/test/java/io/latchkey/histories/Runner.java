package io.latchkey.histories;

import io.latchkey.Session;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionGoneException;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.histories.Step.Begin;
import io.latchkey.histories.Step.Edit;
import io.latchkey.tck.ValkeyServer;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Runs one history, and writes down what is seen. One thread takes the steps; answers come on the
 * stores' event loops.
 */
final class Runner {
  private static final Duration HANGS_AFTER = Duration.ofSeconds(20);
  private static final long POLL_MILLIS = 2;

  /** What means something to whoever takes it for the beginning of an answer. */
  private static final List<String> HOSTILE =
      List.of(
          "+".repeat(90),
          "-".repeat(40) + "\r\n:1\r\n",
          ":".repeat(60),
          "$".repeat(30) + "\r\n$3\r\n+OK\r\n",
          "*".repeat(80) + "1\r\n");

  private final History history;
  private final Settings settings;
  private final World world;
  private final long startNanos = System.nanoTime();

  // Guarded by this.
  private final List<Ongoing> calls = new ArrayList<>();
  private final List<List<String>> visitors = new ArrayList<>();
  private final Map<String, String> ids = new HashMap<>();
  private final Map<String, String> labelsByKey = new HashMap<>();
  private final @Nullable Held[] held;
  private long order;
  private int sessions;
  private int objects;

  // For the history's thread alone.
  private final @Nullable Ongoing[] latest;
  private final List<Look> looks = new ArrayList<>();

  private Runner(History history, World world) {
    this.history = history;
    this.settings = history.settings();
    this.world = world;
    held = new Held[settings.clients()];
    latest = new Ongoing[settings.clients()];
    for (int i = 0; i < settings.visitors(); i++) {
      visitors.add(new ArrayList<>());
    }
  }

  static Trace run(
      History history, ValkeyServer server, String namespace, ClientResources resources) {
    try (World world = new World(server, namespace, history.settings(), resources)) {
      return new Runner(history, world).run();
    }
  }

  private Trace run() {
    history.steps().forEach(this::take);
    for (Ongoing call : latest) {
      if (call != null && !world.isHeld(call.client)) {
        await(call);
      }
    }
    world.calm();
    awaitAll();
    audit();
    look(true);
    synchronized (this) {
      return new Trace(
          settings,
          calls.stream().map(Ongoing::call).toList(),
          List.copyOf(looks),
          world.faultsStruck());
    }
  }

  private void take(Step step) {
    if (step instanceof Begin begin) {
      begin(begin);
    } else if (step instanceof Step.Cancel cancel) {
      Ongoing call = latest[cancel.client()];
      if (call != null) {
        call.abandon();
      }
    } else if (step instanceof Step.Audit) {
      audit();
    } else if (step instanceof Step.LookAtKeys) {
      look(false);
    } else if (step instanceof Step.AwaitAll) {
      awaitAll();
    } else if (step instanceof Step.Settle settle) {
      world.settle(settle.store());
    } else if (step instanceof Step.Pause pause) {
      pause(pause.millis());
    } else if (step instanceof Step.FlushScripts) {
      world.flushScripts();
    } else if (step instanceof Step.Break fault) {
      world.apply(fault);
    } else if (step instanceof Step.Release release) {
      world.release(release.store());
    }
  }

  // Calls.

  private void begin(Begin step) {
    Ongoing before = latest[step.client()];
    if (before != null && !await(before)) {
      return;
    }
    Ongoing call;
    Mono<?> work;
    synchronized (this) {
      call = new Ongoing(calls.size() + 1, step.client(), step.visitor(), possible(step));
      work = prepare(call, step);
      call.invoked = now();
      calls.add(call);
    }
    latest[step.client()] = call;
    call.start(work);
    if (step.await()) {
      await(call);
    }
  }

  /** What the client can do with what it has. */
  private Kind possible(Begin step) {
    Kind kind = step.kind();
    boolean needsObject = kind == Kind.SAVE || kind == Kind.TOUCH || kind.isRotation();
    Held object = held[step.client()];
    if (needsObject && object != null) {
      // A renewal takes changes along only if the id is due, and cannot tell.
      return kind == Kind.RENEW && !object.isClean() ? Kind.SAVE : kind;
    }
    kind = needsObject ? Kind.GET : kind;
    boolean needsId = kind == Kind.GET || kind == Kind.DELETE || kind == Kind.UPDATE;
    return needsId && visitors.get(step.visitor()).isEmpty() ? Kind.CREATE : kind;
  }

  private Mono<?> prepare(Ongoing call, Begin step) {
    SessionStore store = world.storeOf(step.client());
    return switch (call.kind) {
      case CREATE -> {
        String value = call.value(0);
        call.writes.put("a0", value);
        call.writes.put(Call.IDLE, Long.toString(settings.idleMillis()));
        yield store.create(Map.of("a0", value));
      }
      case FIRST_SAVE -> {
        Session session = store.newSession();
        String label = newSession(step.visitor(), session.id());
        // Nobody else can have read it before.
        Held object = new Held(++objects, step.visitor(), label, session, false, now(), now());
        held[step.client()] = object;
        edit(object, call, step.edits());
        call.use(object);
        yield store.save(session);
      }
      case GET -> {
        call.id = label(step);
        yield store.get(id(call));
      }
      case DELETE -> {
        call.id = label(step);
        yield store.delete(id(call));
      }
      case UPDATE -> {
        call.id = label(step);
        call.writes.put(Call.COUNTER, Call.INCREMENT);
        Map<String, String> changes = new TreeMap<>();
        step.edits().forEach(edit -> plan(edit, call, changes));
        call.writes.putAll(changes);
        yield store.update(id(call), session -> Mono.fromSupplier(() -> count(session, changes)));
      }
      case SAVE -> {
        Held object = inHand(step);
        edit(object, call, step.edits());
        if (object.changes.isEmpty()) {
          // Else there might be no command.
          edit(object, call, List.of(new Edit(Step.EditKind.SET, call.number % 3)));
        }
        call.use(object);
        yield store.save(object.session);
      }
      case TOUCH -> {
        Held object = inHand(step);
        call.id = object.id;
        call.object = object;
        yield store.touch(object.session);
      }
      case ROTATE -> {
        Held object = inHand(step);
        edit(object, call, step.edits());
        call.use(object);
        yield store.rotateId(object.session);
      }
      case ROTATE_WITH_GRACE -> {
        Held object = inHand(step);
        edit(object, call, step.edits());
        call.use(object);
        yield store.rotateId(object.session, grace());
      }
      case RENEW -> {
        Held object = inHand(step);
        call.use(object);
        yield store.renewId(object.session, Duration.ofMillis(1), grace());
      }
      case AUDIT -> throw new IllegalStateException("not a client's");
    };
  }

  private Duration grace() {
    return Duration.ofMillis(settings.graceMillis());
  }

  private Held inHand(Begin step) {
    Held object = held[step.client()];
    if (object == null) {
      throw new IllegalStateException("no object");
    }
    return object;
  }

  private String label(Begin step) {
    List<String> known = visitors.get(step.visitor());
    int last = known.size() - 1;
    return known.get(step.earlierId() ? (step.client() + calls.size()) % known.size() : last);
  }

  private String id(Ongoing call) {
    String id = ids.get(call.id);
    if (id == null) {
      throw new IllegalStateException("no such label: " + call.id);
    }
    return id;
  }

  private static Session count(Session session, Map<String, String> changes) {
    session.set(Call.COUNTER, session.get(Call.COUNTER, Integer.class).orElse(0) + 1);
    changes.forEach((name, value) -> change(session, name, value));
    return session;
  }

  private static void change(Session session, String name, String value) {
    if (name.equals(Call.IDLE)) {
      session.idleTimeout(Duration.ofMillis(Long.parseLong(value)));
    } else if (value.equals(Call.REMOVED)) {
      session.remove(name);
    } else {
      session.set(name, value);
    }
  }

  private static void edit(Held object, Ongoing call, List<Edit> edits) {
    for (Edit edit : edits) {
      String name = "a" + edit.index();
      Map<String, String> planned = new TreeMap<>();
      switch (edit.kind()) {
        case APPEND ->
            planned.put(
                name,
                call.value(edit.index())
                    + "<"
                    + object.session.get(name, String.class).map(Runner::head).orElse(""));
        case REMOVE -> {
          // The removal of nothing is no change.
          if (object.session.names().contains(name)) {
            planned.put(name, Call.REMOVED);
          }
        }
        default -> plan(edit, call, planned);
      }
      planned.forEach(
          (attribute, value) -> {
            change(object.session, attribute, value);
            object.change(attribute, value);
          });
    }
  }

  private static void plan(Edit edit, Ongoing call, Map<String, String> changes) {
    switch (edit.kind()) {
      case SET, APPEND -> changes.put("a" + edit.index(), call.value(edit.index()));
      case REMOVE -> changes.put("a" + edit.index(), Call.REMOVED);
      case IDLE -> changes.put(Call.IDLE, Integer.toString(edit.index()));
    }
  }

  private static String head(String value) {
    int end = value.indexOf('<');
    return end < 0 ? value : value.substring(0, end);
  }

  private String newSession(int visitor, String id) {
    sessions++;
    String label = "s" + sessions + ".0";
    know(visitor, label, id);
    return label;
  }

  private void know(int visitor, String label, String id) {
    ids.put(label, id);
    labelsByKey.put(world.key(id), label);
    visitors.get(visitor).add(label);
  }

  private Moment now() {
    return new Moment(++order, (System.nanoTime() - startNanos) / 1_000_000);
  }

  // Waiting.

  /** Waits for a call, unless answers are held back. True if it has ended. */
  private boolean await(Ongoing call) {
    long deadline = System.nanoTime() + HANGS_AFTER.toNanos();
    boolean wasHeld = false;
    while (!call.endsWithin(POLL_MILLIS)) {
      if (System.nanoTime() > deadline) {
        call.hangs();
        return true;
      }
      if (wasHeld) {
        return false;
      }
      wasHeld = world.isHeld(call.client);
    }
    return true;
  }

  private void awaitAll() {
    for (Ongoing call : latest) {
      if (call != null) {
        await(call);
      }
    }
  }

  private static void pause(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  // Observing.

  /** Reads each session through a store that no fault reaches. */
  private void audit() {
    List<Ongoing> audits = new ArrayList<>();
    List<String> known = new ArrayList<>();
    synchronized (this) {
      Moment invoked = now();
      for (List<String> labels : visitors) {
        // The latest ids are the most interesting.
        for (String label : labels.subList(Math.max(0, labels.size() - 6), labels.size())) {
          Ongoing call = new Ongoing(calls.size() + 1, settings.clients(), 0, Kind.AUDIT);
          call.id = label;
          call.invoked = invoked;
          audits.add(call);
          calls.add(call);
          known.add(id(call));
        }
      }
    }
    Map<String, Session> found = new HashMap<>();
    Throwable error = null;
    try {
      List<Session> sessions = world.auditor().getAll(known).collectList().block(HANGS_AFTER);
      if (sessions != null) {
        sessions.forEach(session -> found.put(session.id(), session));
      }
    } catch (RuntimeException e) {
      error = e;
    }
    synchronized (this) {
      Moment ended = now();
      for (int i = 0; i < audits.size(); i++) {
        Ongoing call = audits.get(i);
        Session session = found.get(known.get(i));
        if (error != null) {
          call.fails(error, ended);
        } else if (session == null) {
          call.ends(Outcome.ABSENT, ended, "");
        } else {
          call.seen = seen(session);
          call.ends(Outcome.OK, ended, "");
        }
      }
    }
  }

  private void look(boolean last) {
    Moment began;
    synchronized (this) {
      began = now();
    }
    Map<String, Long> found = new TreeMap<>();
    for (String key : world.keys()) {
      long left = world.timeToLive(key);
      if (left != -2) {
        found.put(key, left);
      }
    }
    synchronized (this) {
      List<Look.Key> keys = new ArrayList<>();
      found.forEach((key, left) -> keys.add(new Look.Key(labelsByKey.get(key), left)));
      looks.add(new Look(began, now(), last, keys));
    }
  }

  @SuppressWarnings("ReferenceEquality") // is it the very same object?
  private static boolean isSame(Session one, Session other) {
    return one == other;
  }

  private static Map<String, String> seen(Session session) {
    Map<String, String> seen = new TreeMap<>();
    for (String name : session.names()) {
      seen.put(name, session.get(name, Object.class).map(String::valueOf).orElse("null"));
    }
    seen.put(Call.IDLE, Long.toString(session.idleTimeout().toMillis()));
    return seen;
  }

  /** A call under way. Guarded by the run, but for what the history's thread alone uses. */
  private final class Ongoing {
    final int number;
    final int client;
    final int visitor;
    final Kind kind;
    final Map<String, String> writes = new TreeMap<>();
    final Map<String, String> perhaps = new TreeMap<>();
    final Map<String, String> retried = new TreeMap<>();
    private final CompletableFuture<Boolean> end = new CompletableFuture<>();
    @Nullable String id;
    @Nullable String newId;
    @Nullable Held object;
    @Nullable Map<String, String> seen;
    @Nullable Moment readAfter;
    @Nullable Moment readBefore;
    boolean insert;
    long startedNanos;
    volatile long endedNanos = Long.MAX_VALUE;
    Moment invoked = Moment.NEVER;
    Moment ended = Moment.NEVER;
    @Nullable Outcome outcome;
    String note = "";
    private @Nullable Disposable subscription;

    Ongoing(int number, int client, int visitor, Kind kind) {
      this.number = number;
      this.client = client;
      this.visitor = visitor;
      this.kind = kind;
      insert = kind == Kind.CREATE;
    }

    /** A value that nobody else writes. */
    String value(int attribute) {
      String value = "v" + number + "a" + attribute;
      return value + HOSTILE.get((number + attribute) % HOSTILE.size());
    }

    void use(Held used) {
      id = used.id;
      object = used;
      insert = !used.stored;
      // What was perhaps stored was perhaps changed by others since, and not read.
      if (used.stored || used.insertOutcomeUnknown) {
        readAfter = used.readAfter;
        readBefore = used.readBefore;
      }
      writes.putAll(used.changes);
      retried.putAll(used.retried());
      perhaps.putAll(used.perhaps);
      if (used.isInsert()) {
        writes.putIfAbsent(Call.IDLE, Long.toString(settings.idleMillis()));
      }
    }

    void start(Mono<?> work) {
      startedNanos = System.nanoTime();
      subscription = work.subscribe(this::succeeds, this::fails, this::isEmpty);
    }

    void abandon() {
      synchronized (Runner.this) {
        if (outcome != null) {
          return;
        }
        if (object != null && kind != Kind.TOUCH) {
          object.ended(Outcome.UNKNOWN, true);
          object.graceOutcomeUnknown |= kind.isRotation() && kind != Kind.ROTATE;
        }
        ends(Outcome.UNKNOWN, Moment.NEVER, "abandoned before " + now());
      }
      Disposable current = subscription;
      if (current != null) {
        current.dispose();
      }
    }

    @SuppressWarnings("ReferenceEquality") // is it the very same object?
    private void succeeds(Object answer) {
      synchronized (Runner.this) {
        if (outcome != null) {
          return;
        }
        if (answer instanceof Boolean yes) {
          ends(yes ? Outcome.OK : Outcome.ABSENT, now(), "");
          return;
        }
        Session session = (Session) answer;
        Moment ending = now();
        try {
          seen = seen(session);
        } catch (RuntimeException e) {
          ends(Outcome.WRONG, ending, "unreadable answer: " + e);
          return;
        }
        Held used = object;
        switch (kind) {
          case CREATE -> {
            id = newSession(visitor, session.id());
            holds(new Held(++objects, visitor, id, session, true, invoked, ending));
          }
          case GET ->
              holds(
                  new Held(++objects, visitor, String.valueOf(id), session, true, invoked, ending));
          case ROTATE, ROTATE_WITH_GRACE, RENEW -> {
            if (used != null) {
              newId = labelAfter(used, session.id());
              if (kind == Kind.RENEW || (newId.equals(id) && writes.isEmpty())) {
                seen = null; // there may have been no command
              }
              if (isSame(session, used.session)) {
                if (!writes.isEmpty()) {
                  used.isStoredBetween(invoked, ending);
                }
                ends(Outcome.OK, ending, "the same object");
                return;
              }
              holds(new Held(++objects, used.visitor, newId, session, true, invoked, ending));
            }
          }
          default -> {
            // The client keeps the object that it has.
          }
        }
        if (used != null) {
          used.isStoredBetween(invoked, ending);
        }
        ends(Outcome.OK, ending, "");
      }
    }

    private void isEmpty() {
      synchronized (Runner.this) {
        if (outcome == null) {
          ends(Outcome.ABSENT, now(), "empty");
        }
      }
    }

    private void fails(Throwable error) {
      synchronized (Runner.this) {
        if (outcome == null) {
          fails(error, now());
        }
      }
    }

    void fails(Throwable error, Moment when) {
      Held used = object;
      if (error instanceof SessionGoneException
          && used != null
          && used.graceOutcomeUnknown
          && kind != Kind.TOUCH) {
        // The object may know that it was rotated, though its id is still open.
        ends(Outcome.FAILED, when, "gone");
      } else if (error instanceof SessionGoneException) {
        ends(Outcome.ABSENT, when, "gone");
      } else if (error instanceof SessionConflictException) {
        ends(Outcome.CONFLICT, when, "conflict");
      } else if (error instanceof SessionStoreUnavailableException unavailable) {
        if (unavailable.outcomeUnknown()) {
          if (object != null && kind != Kind.TOUCH) {
            object.ended(Outcome.UNKNOWN, false);
            object.graceOutcomeUnknown |= kind.isRotation() && kind != Kind.ROTATE;
          }
          ends(Outcome.UNKNOWN, Moment.NEVER, "told at " + when + ": " + error.getMessage());
        } else {
          ends(Outcome.FAILED, when, String.valueOf(error.getMessage()));
        }
      } else {
        ends(Outcome.WRONG, when, error.toString());
      }
    }

    void hangs() {
      synchronized (Runner.this) {
        if (outcome == null) {
          ends(Outcome.WRONG, now(), "has not ended after " + HANGS_AFTER);
        }
      }
    }

    void ends(Outcome how, Moment when, String why) {
      outcome = how;
      ended = when;
      note = why;
      endedNanos = System.nanoTime();
      end.complete(true);
    }

    private void holds(Held object) {
      held[client] = object;
    }

    private String labelAfter(Held used, String newSessionId) {
      for (Map.Entry<String, String> known : ids.entrySet()) {
        if (known.getValue().equals(newSessionId)) {
          return known.getKey();
        }
      }
      String session = used.id.substring(0, used.id.indexOf('.'));
      long generations = ids.keySet().stream().filter(l -> l.startsWith(session + ".")).count();
      String label = session + "." + generations;
      know(used.visitor, label, newSessionId);
      return label;
    }

    boolean endsWithin(long millis) {
      try {
        return end.get(millis, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        return false;
      } catch (InterruptedException | ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }

    Call call() {
      Held used = object;
      return new Call(
          number,
          client,
          used == null ? 0 : used.number,
          kind,
          id,
          newId,
          invoked,
          ended,
          readAfter == null ? invoked : readAfter,
          readBefore == null ? invoked : readBefore,
          outcome == null ? Outcome.WRONG : outcome,
          Map.copyOf(writes),
          Map.copyOf(perhaps),
          Map.copyOf(retried),
          seen == null ? null : Map.copyOf(seen),
          insert,
          kind != Kind.AUDIT && world.wasOutOfStep(client, startedNanos, endedNanos),
          note);
    }
  }
}
