package io.latchkey.memory;

import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Sessions in a map, each with the time at which a server would drop its key. */
final class MemoryBackend implements SessionBackend {
  private static final long SWEEP_INTERVAL_MILLIS = 60_000;

  /** Touched with its own lock held only, see {@link #step}. */
  private final Map<String, Entry> entries;

  private long lastSweep;
  private final SessionSettings settings;

  MemoryBackend(SessionSettings settings, Map<String, Entry> entries) {
    this.entries = entries;
    this.settings = settings;
  }

  @Override
  public Mono<Boolean> insert(String id, Snapshot session) {
    return step(
        () -> {
          long now = settings.now();
          sweep(now);
          if (alive(entries.get(id), now) != null) {
            return false;
          }
          entries.put(id, entry(session, now));
          return true;
        });
  }

  @Override
  public Mono<Snapshot> read(String id) {
    return step(
        () -> {
          String at = moved(id, settings.now());
          Entry entry = alive(entries.get(at), settings.now());
          if (entry == null) {
            return null;
          }
          return at.equals(id) ? entry.session : entry.session.foundByFormerId();
        });
  }

  @Override
  public Flux<Found> readAll(List<String> ids) {
    return Flux.fromIterable(ids)
        .concatMap(
            id ->
                read(id)
                    .map(session -> new Found(id, session, null))
                    .defaultIfEmpty(new Found(id, null, null)));
  }

  @Override
  public Mono<WriteResult> write(String id, Write write) {
    return step(
        () -> {
          long now = settings.now();
          Entry present = find(id, now);
          if (present == null || isOther(present, write)) {
            return refusal(present);
          }
          entries.put(moved(id, now), entry(write.next(), now));
          return WriteResult.WRITTEN;
        });
  }

  @Override
  public Mono<WriteResult> rotate(String oldId, String newId, Write write, long graceMillis) {
    return step(
        () -> {
          long now = settings.now();
          Entry present = find(oldId, now);
          String from = moved(oldId, now);
          if (present != null && graceMillis > 0 && !from.equals(oldId)) {
            return WriteResult.RENEWED;
          }
          if (present == null || isOther(present, write)) {
            return refusal(present);
          }
          Entry mine = entry(write.next(), now);
          entries.put(newId, mine);
          if (graceMillis > 0) {
            entries.put(from, new Entry(mine.session, now + graceMillis, newId));
          } else {
            entries.remove(from);
          }
          return WriteResult.WRITTEN;
        });
  }

  @Override
  public Mono<Boolean> touch(String id, long now) {
    return step(
        () -> {
          Entry present = find(id, now);
          if (present == null) {
            return false;
          }
          Snapshot before = present.session;
          if (now > before.lastAccessedAt()) {
            Snapshot after =
                new Snapshot(
                    now,
                    before.idleMillis(),
                    before.absoluteEnd(),
                    before.version(),
                    before.mark(),
                    before.body());
            entries.put(moved(id, now), entry(after, now));
          }
          return true;
        });
  }

  @Override
  public Mono<Boolean> delete(String id) {
    return step(
        () -> {
          long now = settings.now();
          Entry removed = find(id, now);
          if (removed != null) {
            entries.remove(moved(id, now));
          }
          entries.remove(id);
          return removed != null;
        });
  }

  /** One at a time: each is a few look-ups in a map. The map may be that of other stores, too. */
  private <T> Mono<T> step(Callable<@Nullable T> step) {
    return Mono.fromCallable(
        () -> {
          synchronized (entries) {
            return step.call();
          }
        });
  }

  private @Nullable Entry find(String id, long now) {
    return alive(entries.get(moved(id, now)), now);
  }

  /** The id under which the session lies that the old one finds for the time of a grace. */
  private String moved(String id, long now) {
    Entry entry = entries.get(id);
    return entry == null || entry.movedTo == null || now >= entry.endsAt ? id : entry.movedTo;
  }

  private static boolean isOther(Entry present, Write write) {
    return present.session.version() != write.expected().version();
  }

  private static WriteResult refusal(@Nullable Entry present) {
    return present == null ? WriteResult.GONE : new WriteResult.Conflict(present.session);
  }

  private Entry entry(Snapshot session, long now) {
    long timeToLive = settings.timeToLive(session.idleMillis(), session.absoluteEnd(), now);
    return new Entry(
        session, timeToLive == SessionSettings.NEVER ? Long.MAX_VALUE : now + timeToLive, null);
  }

  private static @Nullable Entry alive(@Nullable Entry entry, long now) {
    return entry != null && entry.movedTo == null && now < entry.endsAt ? entry : null;
  }

  /** Sessions that nobody asks for again would stay for ever. */
  private void sweep(long now) {
    if (now - lastSweep >= SWEEP_INTERVAL_MILLIS) {
      lastSweep = now;
      entries.values().removeIf(entry -> now >= entry.endsAt);
    }
  }

  /** What lies under an id: a session, or for the time of a grace the id where it lies. */
  static final class Entry {
    final Snapshot session;
    final long endsAt;
    final @Nullable String movedTo;

    Entry(Snapshot session, long endsAt, @Nullable String movedTo) {
      this.session = session;
      this.endsAt = endsAt;
      this.movedTo = movedTo;
    }
  }
}
