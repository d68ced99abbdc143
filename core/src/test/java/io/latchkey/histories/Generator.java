package io.latchkey.histories;

import io.latchkey.ConflictPolicy;
import io.latchkey.histories.Step.Begin;
import io.latchkey.histories.Step.Break;
import io.latchkey.histories.Step.Edit;
import io.latchkey.histories.Step.EditKind;
import io.latchkey.histories.Step.FaultKind;
import io.latchkey.valkey.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes histories from seeds: the same seed, the same history. */
final class Generator {
  private static final int ATTRIBUTES = 3;
  private static final int DEFAULT_IDLE = 1_800_000;

  private final Random random;
  private final List<Step> steps = new ArrayList<>();
  private final long seed;
  private final Settings settings;
  private final boolean faulty;
  private final boolean expiring;

  private Generator(long seed, Layout layout) {
    this.seed = seed;
    // Neighbouring seeds would begin alike.
    random = new Random(seed * 0x9E3779B97F4A7C15L);
    random.nextInt();
    faulty = random.nextInt(100) < 85;
    expiring = random.nextInt(100) < 25;
    int stores = 2 + random.nextInt(2);
    int idle = expiring && random.nextBoolean() ? 250 + random.nextInt(250) : DEFAULT_IDLE;
    int touchInterval = expiring ? random.nextInt(100) : random.nextInt(3) * 20;
    settings =
        new Settings(
            layout,
            random.nextInt(100) < 25 ? ConflictPolicy.REJECT : ConflictPolicy.MERGE,
            stores,
            stores + random.nextInt(4),
            1 + random.nextInt(2),
            1 + random.nextInt(2),
            idle,
            touchInterval,
            List.of(150, 300, 600).get(random.nextInt(3)),
            List.of(40, 300, 60_000).get(random.nextInt(3)));
  }

  static History history(long seed, Layout layout) {
    return new Generator(seed, layout).generate();
  }

  private History generate() {
    for (int visitor = 0; visitor < settings.visitors(); visitor++) {
      Kind kind = random.nextInt(3) == 0 ? Kind.FIRST_SAVE : Kind.CREATE;
      List<Edit> edits = kind == Kind.CREATE ? List.of() : edits();
      steps.add(new Begin(visitor, kind, visitor, false, edits, true));
    }
    for (int client = 0; client < settings.clients(); client++) {
      steps.add(new Begin(client, Kind.GET, visitor(), false, List.of(), true));
    }
    int length = 25 + random.nextInt(40);
    while (steps.size() < length) {
      addSome();
    }
    return new History(seed, settings, List.copyOf(steps));
  }

  private void addSome() {
    int roll = random.nextInt(100);
    if (roll < 62) {
      steps.add(call(client(), random.nextInt(100) < 60));
    } else if (roll < 70) {
      steps.add(new Step.Audit());
    } else if (roll < 73) {
      steps.add(new Step.LookAtKeys());
    } else if (roll < 76) {
      steps.add(new Step.Cancel(client()));
    } else if (roll < 78) {
      steps.add(new Step.AwaitAll());
    } else if (roll < 79) {
      steps.add(new Step.FlushScripts());
    } else if (roll < 83) {
      pause();
    } else if (roll < 85) {
      renewals();
    } else if (faulty) {
      fault();
    }
  }

  /** Clients of several stores renew one id at a time, and use it further. */
  private void renewals() {
    int visitor = visitor();
    int most = 2 + random.nextInt(2);
    for (int client = 0; client < Math.min(most, settings.clients()); client++) {
      steps.add(new Begin(client, Kind.GET, visitor, false, List.of(), true));
    }
    if (faulty && random.nextInt(3) == 0) {
      steps.add(new Break(random.nextInt(settings.stores()), faultKind(), true));
    }
    for (int client = 0; client < Math.min(most, settings.clients()); client++) {
      steps.add(new Begin(client, Kind.RENEW, visitor, false, List.of(), false));
    }
    steps.add(new Step.AwaitAll());
    for (int more = random.nextInt(3); more > 0; more--) {
      Kind kind = List.of(Kind.GET, Kind.UPDATE, Kind.DELETE).get(random.nextInt(9) / 4);
      steps.add(new Begin(client(), kind, visitor, true, List.of(), true));
    }
    steps.add(new Step.Audit());
  }

  private void pause() {
    if (!expiring) {
      steps.add(new Step.Pause(1 + random.nextInt(10)));
    } else if (random.nextInt(60) == 0) {
      steps.add(new Step.Pause(3_000));
    } else {
      steps.add(new Step.Pause(20 + random.nextInt(300)));
    }
  }

  private Begin call(int client, boolean await) {
    return call(client, kind(), await);
  }

  private Begin call(int client, Kind kind, boolean await) {
    boolean earlierId = random.nextInt(100) < 18;
    return new Begin(client, kind, visitor(), earlierId, editsOf(kind), await);
  }

  private Kind kind() {
    int roll = random.nextInt(100);
    if (roll < 24) {
      return Kind.GET;
    } else if (roll < 50) {
      return Kind.SAVE;
    } else if (roll < 70) {
      return Kind.UPDATE;
    } else if (roll < 76) {
      return Kind.TOUCH;
    } else if (roll < 80) {
      return Kind.ROTATE;
    } else if (roll < 83) {
      return Kind.ROTATE_WITH_GRACE;
    } else if (roll < 87) {
      return Kind.RENEW;
    } else if (roll < 92) {
      return Kind.DELETE;
    } else {
      return roll < 96 ? Kind.CREATE : Kind.FIRST_SAVE;
    }
  }

  private List<Edit> editsOf(Kind kind) {
    return switch (kind) {
      // A save without edits repeats what an earlier one could not store.
      case SAVE -> random.nextInt(4) == 0 ? List.of() : edits();
      case ROTATE, ROTATE_WITH_GRACE -> random.nextInt(3) == 0 ? edits() : List.of();
      case UPDATE -> random.nextInt(3) == 0 ? List.of(edit()) : List.of();
      case FIRST_SAVE -> edits();
      default -> List.of();
    };
  }

  private List<Edit> edits() {
    List<Edit> edits = new ArrayList<>();
    do {
      edits.add(edit());
    } while (random.nextInt(3) == 0);
    if (random.nextInt(expiring ? 4 : 12) == 0) {
      edits.add(new Edit(EditKind.IDLE, expiring ? 150 + random.nextInt(350) : DEFAULT_IDLE / 2));
    }
    return List.copyOf(edits);
  }

  private Edit edit() {
    int roll = random.nextInt(10);
    EditKind kind = roll < 6 ? EditKind.SET : roll < 8 ? EditKind.APPEND : EditKind.REMOVE;
    return new Edit(kind, random.nextInt(ATTRIBUTES));
  }

  /** A fault, and often the calls that are most likely to suffer from it. */
  private void fault() {
    int client = client();
    int store = client % settings.stores();
    FaultKind kind = faultKind();
    steps.add(new Break(store, kind, random.nextInt(4) != 0));
    if (kind == FaultKind.DELAY || random.nextInt(3) == 0) {
      return;
    }
    Kind victim = victim();
    steps.add(call(client, victim, true));
    boolean holds = kind == FaultKind.HOLD_REQUEST || kind == FaultKind.HOLD_ANSWER;
    if (random.nextBoolean()) {
      steps.add(new Step.Audit());
    }
    for (int others = random.nextInt(3); others > 0; others--) {
      int other = client();
      if (other % settings.stores() != store) {
        steps.add(call(other, true));
      }
    }
    if (random.nextBoolean()) {
      steps.add(new Step.Audit());
    }
    if (holds) {
      if (random.nextInt(4) == 0) {
        steps.add(new Step.Pause(settings.commandTimeoutMillis() + 20));
      } else if (random.nextInt(3) == 0) {
        steps.add(new Step.Cancel(client));
      }
      if (random.nextInt(5) == 0) {
        steps.add(new Break(store, FaultKind.CUT, false));
      }
      steps.add(new Step.Release(store));
    } else if (kind == FaultKind.REFUSE) {
      steps.add(new Step.Pause(random.nextInt(40)));
      steps.add(new Step.Release(store));
    }
    if (random.nextInt(4) != 0) {
      steps.add(new Step.Settle(store));
    }
    if (random.nextInt(3) != 0) {
      // The client tries again, with the same object where it has one.
      Kind again = victim.isRotation() || victim == Kind.UPDATE ? victim : Kind.SAVE;
      List<Edit> edits = random.nextBoolean() ? List.of() : editsOf(again);
      steps.add(new Begin(client, again, visitor(), false, edits, true));
    }
    steps.add(new Step.Audit());
  }

  private Kind victim() {
    int roll = random.nextInt(100);
    if (roll < 35) {
      return Kind.SAVE;
    } else if (roll < 60) {
      return Kind.UPDATE;
    } else if (roll < 69) {
      return Kind.ROTATE;
    } else if (roll < 73) {
      return Kind.ROTATE_WITH_GRACE;
    } else if (roll < 78) {
      return Kind.RENEW;
    } else if (roll < 84) {
      return Kind.FIRST_SAVE;
    } else if (roll < 90) {
      return Kind.TOUCH;
    } else {
      return roll < 95 ? Kind.DELETE : Kind.GET;
    }
  }

  private FaultKind faultKind() {
    if (random.nextInt(4) == 0) {
      return List.of(FaultKind.LOSE_BYTES, FaultKind.REPEAT_BYTES, FaultKind.THROW)
          .get(random.nextInt(3));
    }
    int roll = random.nextInt(100);
    if (roll < 35) {
      return FaultKind.CUT_BEFORE_ANSWER;
    } else if (roll < 50) {
      return FaultKind.CUT_BEFORE_REQUEST;
    } else if (roll < 65) {
      return FaultKind.HOLD_REQUEST;
    } else if (roll < 78) {
      return FaultKind.HOLD_ANSWER;
    } else if (roll < 88) {
      return FaultKind.CUT;
    } else {
      return roll < 96 ? FaultKind.DELAY : FaultKind.REFUSE;
    }
  }

  private int client() {
    return random.nextInt(settings.clients());
  }

  private int visitor() {
    return random.nextInt(settings.visitors());
  }
}
