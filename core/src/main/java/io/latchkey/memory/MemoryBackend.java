package io.latchkey.memory;

import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Sessions in a map, each with the time at which a server would drop its key. */
final class MemoryBackend implements SessionBackend {
  private static final long SWEEP_INTERVAL_MILLIS = 60_000;

  private final ConcurrentHashMap<String, Entry> entries;
  private final AtomicLong lastSweep = new AtomicLong();
  private final SessionSettings settings;

  MemoryBackend(SessionSettings settings, ConcurrentHashMap<String, Entry> entries) {
    this.entries = entries;
    this.settings = settings;
  }

  @Override
  public Mono<Boolean> insert(String id, Snapshot session) {
    return Mono.fromCallable(
        () -> {
          long now = settings.now();
          sweep(now);
          Entry mine = entry(session, now);
          return entries.compute(
                  id,
                  (key, present) -> {
                    Entry alive = alive(present, now);
                    return alive == null ? mine : alive;
                  })
              == mine;
        });
  }

  @Override
  public Mono<Snapshot> read(String id) {
    return Mono.fromCallable(
        () -> {
          String at = moved(id);
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
    return Mono.fromCallable(
        () -> {
          long now = settings.now();
          Entry mine = entry(write.next(), now);
          Entry after =
              changed(
                  id,
                  now,
                  present ->
                      present.session.version() == write.expected().version() ? mine : present);
          return result(after, mine);
        });
  }

  @Override
  public Mono<WriteResult> rotate(String oldId, String newId, Write write, long graceMillis) {
    return Mono.fromCallable(
        () -> {
          long now = settings.now();
          Entry mine = entry(write.next(), now);
          Holder found = new Holder();
          // It is there before anybody is led to it, and until then nobody knows the id.
          boolean free = entries.putIfAbsent(newId, mine) == null;
          changed(
              oldId,
              now,
              present -> {
                boolean expected = free && present.session.version() == write.expected().version();
                found.entry = expected ? mine : present;
                if (!expected) {
                  return present;
                }
                return graceMillis == 0 ? null : new Entry(mine.session, now + graceMillis, newId);
              });
          if (found.entry != mine) {
            entries.remove(newId, mine);
          }
          return result(found.entry, mine);
        });
  }

  @Override
  public Mono<Boolean> touch(String id, long now) {
    return Mono.fromCallable(
        () -> {
          Entry after =
              changed(
                  id,
                  now,
                  present -> {
                    Snapshot before = present.session;
                    return now <= before.lastAccessedAt()
                        ? present
                        : entry(
                            new Snapshot(
                                now,
                                before.idleMillis(),
                                before.absoluteEnd(),
                                before.version(),
                                before.mark(),
                                before.body()),
                            now);
                  });
          return after != null;
        });
  }

  /**
   * Changes a session in one step, wherever it lies.
   *
   * @param change what is to be there instead; null for nothing
   * @return what the change answered with; null if there was no session
   */
  private @Nullable Entry changed(String id, long now, Function<Entry, @Nullable Entry> change) {
    Holder changed = new Holder();
    boolean[] moved = new boolean[1];
    // If it is renewed between the look and the step, it lies under its new id by then.
    for (int attempt = 0; attempt == 0 || (attempt == 1 && moved[0]); attempt++) {
      moved[0] = false;
      entries.computeIfPresent(
          moved(id),
          (key, present) -> {
            moved[0] = present.movedTo != null;
            if (moved[0]) {
              return present;
            }
            changed.entry = alive(present, now) == null ? null : change.apply(present);
            return changed.entry;
          });
    }
    return changed.entry;
  }

  @Override
  public Mono<Boolean> delete(String id, boolean formerToo) {
    return Mono.fromCallable(
        () -> {
          Entry removed = entries.remove(moved(id));
          entries.remove(id);
          return alive(removed, settings.now()) != null;
        });
  }

  /** The id under which the session lies that the old one finds for the time of a grace. */
  private String moved(String id) {
    Entry entry = entries.get(id);
    return entry == null || entry.movedTo == null || settings.now() >= entry.endsAt
        ? id
        : entry.movedTo;
  }

  private static WriteResult result(@Nullable Entry after, Entry mine) {
    if (after == null) {
      return WriteResult.GONE;
    }
    return after == mine ? WriteResult.WRITTEN : new WriteResult.Conflict(after.session);
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
    long last = lastSweep.get();
    if (now - last >= SWEEP_INTERVAL_MILLIS && lastSweep.compareAndSet(last, now)) {
      entries.values().removeIf(entry -> now >= entry.endsAt);
    }
  }

  /** Compared by identity: two writes of the same content are two writes. */
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

  private static final class Holder {
    @Nullable Entry entry;
  }
}
