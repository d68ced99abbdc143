package io.latchkey.histories;

import io.latchkey.histories.Step.Break;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.PipelineErrors;
import io.latchkey.testing.RecordedCommand;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.valkey.ValkeySessionStore;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/** The stores of one history, each behind its proxy, and one more that no fault reaches. */
final class World implements AutoCloseable {
  private static final Set<String> WRITES = Set.of("EVALSHA", "EVAL", "SET", "UNLINK");
  private static final String NOBODY = "A".repeat(40);
  private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final ValkeyServer server;
  private final Settings settings;
  private final String namespace;
  private final List<Instance> instances = new ArrayList<>();
  private final ValkeySessionStore auditor;
  private final PipelineErrors errors = new PipelineErrors();
  private final Random random = new Random(1);

  World(ValkeyServer server, String namespace, Settings settings, ClientResources resources) {
    this.server = server;
    this.settings = settings;
    this.namespace = namespace;
    for (int i = 0; i < settings.stores(); i++) {
      RecordingProxy proxy = RecordingProxy.of(server.uri());
      Duration timeout = Duration.ofMillis(settings.commandTimeoutMillis());
      instances.add(new Instance(proxy, store(proxy.uri(), timeout, errors.in(resources))));
    }
    auditor = store(server.uri(), Duration.ofSeconds(10), resources);
    for (int i = 0; i < settings.stores(); i++) {
      settle(i);
    }
    auditor.get(NOBODY).block();
  }

  private ValkeySessionStore store(String uri, Duration timeout, ClientResources resources) {
    return ValkeySessionStore.builder(uri)
        .resources(resources)
        .namespace(namespace)
        .layout(settings.layout())
        .conflicts(settings.conflicts())
        .connections(settings.connections())
        .idleTimeout(Duration.ofMillis(settings.idleMillis()))
        .touchInterval(Duration.ofMillis(settings.touchMillis()))
        .commandTimeout(timeout)
        .build();
  }

  ValkeySessionStore storeOf(int client) {
    return instances.get(client % instances.size()).store;
  }

  ValkeySessionStore auditor() {
    return auditor;
  }

  /** Whether something is held back between that client's store and the server. */
  boolean isHeld(int client) {
    return instances.get(client % instances.size()).holds.stream()
        .anyMatch(RecordingProxy.Fault::hasStruck);
  }

  void apply(Break step) {
    Instance instance = instances.get(step.store());
    RecordingProxy proxy = instance.proxy;
    switch (step.kind()) {
      case CUT -> {
        proxy.cutAll();
        instance.struckAtOnce++;
      }
      case CUT_BEFORE_REQUEST ->
          instance.faults.add(proxy.cutBeforeRequest(command -> instance.strikes(step, command)));
      case CUT_BEFORE_ANSWER ->
          instance.faults.add(proxy.cutBeforeAnswer(command -> instance.strikes(step, command)));
      case HOLD_REQUEST ->
          instance.hold(proxy.holdRequest(command -> instance.strikes(step, command)));
      case HOLD_ANSWER ->
          instance.hold(proxy.holdAnswer(command -> instance.strikes(step, command)));
      case DELAY -> {
        proxy.delay(Duration.ofMillis(4));
        instance.struckAtOnce++;
      }
      case REFUSE -> {
        proxy.refuse();
        proxy.cutAll();
        instance.struckAtOnce++;
      }
      case LOSE_BYTES -> instance.damage(step, RecordingProxy.losing(bytes(), bytes()));
      case REPEAT_BYTES -> instance.damage(step, RecordingProxy.repeating(bytes(), bytes()));
      case THROW -> {
        errors.throwAtNextReadFrom(proxy.port());
        instance.struckAtOnce++;
      }
    }
  }

  /** As many as a line, or as an answer. */
  private int bytes() {
    return 1 + random.nextInt(random.nextBoolean() ? 8 : 400);
  }

  void release(int store) {
    Instance instance = instances.get(store);
    instance.holds.forEach(RecordingProxy.Fault::release);
    instance.holds.clear();
    instance.proxy.delay(Duration.ZERO);
    instance.proxy.accept();
  }

  /** Waits until the store has a connection. */
  void settle(int store) {
    if (isHeld(store)) {
      return;
    }
    long deadline = System.nanoTime() + SETTLE_TIMEOUT.toNanos();
    while (System.nanoTime() < deadline) {
      Boolean answered =
          instances.get(store).store.get(NOBODY).hasElement().onErrorReturn(true).block();
      if (Boolean.FALSE.equals(answered)) {
        return;
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  /** Ends all faults, and waits until every command is answered. */
  void calm() {
    for (int i = 0; i < instances.size(); i++) {
      instances.get(i).armed.set(false);
      errors.disarm(instances.get(i).proxy.port());
      release(i);
      instances.get(i).proxy.awaitQuiet();
    }
  }

  /** Whether a connection of that client's store was out of step at some time of a span. */
  boolean wasOutOfStep(int client, long fromNanos, long toNanos) {
    return instances.get(client % instances.size()).faults.stream()
        .anyMatch(fault -> fault.damagedBetween(fromNanos, toNanos));
  }

  int faultsStruck() {
    return instances.stream().mapToInt(Instance::struck).sum();
  }

  void flushScripts() {
    server.command("SCRIPT", "FLUSH");
  }

  /** The key of an id. */
  String key(String id) {
    return namespace + ":" + id.substring(0, 16);
  }

  /** The keys of all sessions in the namespace. */
  List<String> keys() {
    List<String> keys = new ArrayList<>();
    String cursor = "0";
    do {
      List<?> page =
          (List<?>)
              server.command(
                  "SCAN", cursor, "MATCH", namespace + ":" + "?".repeat(16), "COUNT", "1000");
      if (page == null) {
        throw new IllegalStateException("SCAN answered null");
      }
      cursor = String.valueOf(page.get(0));
      ((List<?>) page.get(1)).forEach(key -> keys.add(String.valueOf(key)));
    } while (!cursor.equals("0"));
    return keys;
  }

  long timeToLive(String key) {
    Object answer = server.command("PTTL", key);
    return answer instanceof Long millis ? millis : -2;
  }

  @Override
  public void close() {
    for (Instance instance : instances) {
      instance.store.closeAsync().block(CLOSE_TIMEOUT);
      instance.proxy.close();
    }
    auditor.closeAsync().block(CLOSE_TIMEOUT);
    for (String key : keys()) {
      server.command("UNLINK", key);
    }
  }

  /** A store and what stands before it. For the history's thread, but for the predicates. */
  private static final class Instance {
    final RecordingProxy proxy;
    final ValkeySessionStore store;
    final List<RecordingProxy.Fault> faults = new ArrayList<>();
    final List<RecordingProxy.Fault> holds = new ArrayList<>();
    final AtomicBoolean armed = new AtomicBoolean(true);
    int struckAtOnce;

    Instance(RecordingProxy proxy, ValkeySessionStore store) {
      this.proxy = proxy;
      this.store = store;
    }

    void hold(RecordingProxy.Fault fault) {
      faults.add(fault);
      holds.add(fault);
    }

    void damage(Break step, UnaryOperator<byte[]> damage) {
      faults.add(proxy.damageAnswers(command -> strikes(step, command), damage));
    }

    boolean strikes(Break step, RecordedCommand command) {
      return armed.get() && (!step.writes() || WRITES.contains(command.name()));
    }

    int struck() {
      return struckAtOnce + (int) faults.stream().filter(RecordingProxy.Fault::hasStruck).count();
    }
  }
}
