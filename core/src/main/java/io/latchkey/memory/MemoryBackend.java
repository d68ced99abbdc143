package io.latchkey.memory;

import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sessions in a map, by their locators, each with the time at which a server would drop its key.
 */
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
  public Mono<Boolean> insert(SessionId id, Snapshot session) {
    return step(
        () -> {
          long now = settings.now();
          sweep(now);
          Entry present = entries.get(id.locator());
          if (present != null && now < present.endsAt) {
            return false;
          }
          entries.put(id.locator(), entry(session, null, now));
          return true;
        });
  }

  @Override
  public Mono<Snapshot> read(SessionId id) {
    return step(
        () -> {
          Entry entry = find(id, settings.now());
          return entry == null ? null : entry.session;
        });
  }

  @Override
  public Flux<Found> readAll(List<SessionId> ids) {
    return Flux.fromIterable(ids)
        .concatMap(
            id ->
                read(id)
                    .map(session -> new Found(id, session, null))
                    .defaultIfEmpty(new Found(id, null, null)));
  }

  @Override
  public Mono<WriteResult> write(SessionId id, Write write) {
    return step(
        () -> {
          long now = settings.now();
          Entry present = find(id, now);
          if (present == null) {
            return WriteResult.GONE;
          }
          if (present.session.version() != write.expected().version()) {
            return new WriteResult.Conflict(present.session);
          }
          String salt =
              write.next().body().former() == null
                  ? null
                  : write.rotation() == null ? present.salt : write.rotation().salt();
          entries.put(id.locator(), entry(write.next(), salt, now));
          return WriteResult.WRITTEN;
        });
  }

  @Override
  public Mono<String> salt(SessionId id, FormerSecret former) {
    return step(
        () -> {
          Entry present = find(id, settings.now());
          return present == null || !former.equals(present.session.body().former())
              ? null
              : present.salt;
        });
  }

  @Override
  public Mono<Boolean> touch(SessionId id, long now) {
    return step(
        () -> {
          Entry present = find(id, now);
          if (present == null) {
            return false;
          }
          if (now > present.session.lastAccessedAt()) {
            entries.put(id.locator(), entry(present.session.accessedAt(now), present.salt, now));
          }
          return true;
        });
  }

  @Override
  public Mono<Boolean> delete(SessionId id) {
    return step(() -> find(id, settings.now()) != null && entries.remove(id.locator()) != null);
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

  /** The session that an id opens. */
  private @Nullable Entry find(SessionId id, long now) {
    Entry entry = entries.get(id.locator());
    return entry != null && now < entry.endsAt && entry.session.isOpenedBy(id, now) ? entry : null;
  }

  private Entry entry(Snapshot session, @Nullable String salt, long now) {
    long timeToLive = settings.timeToLive(session.idleMillis(), session.absoluteEnd(), now);
    return new Entry(
        session, salt, timeToLive == SessionSettings.NEVER ? Long.MAX_VALUE : now + timeToLive);
  }

  /** Sessions that nobody asks for again would stay for ever. */
  private void sweep(long now) {
    if (now - lastSweep >= SWEEP_INTERVAL_MILLIS) {
      lastSweep = now;
      entries.values().removeIf(entry -> now >= entry.endsAt);
    }
  }

  /** A session, the salt of its last renewal, and when it ends. */
  static final class Entry {
    final Snapshot session;
    final @Nullable String salt;
    final long endsAt;

    Entry(Snapshot session, @Nullable String salt, long endsAt) {
      this.session = session;
      this.salt = salt;
      this.endsAt = endsAt;
    }
  }
}
