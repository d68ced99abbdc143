package io.latchkey.valkey;

import io.latchkey.UnreadableSessionException;
import io.latchkey.internal.FormerSecret;
import io.latchkey.internal.SessionBackend;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionSettings;
import io.latchkey.internal.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A layout whose sessions are read from replicas, and written to the primary.
 *
 * <h2>What a replica's answer counts for</h2>
 *
 * <p>Only a session counts, and it may be as old as {@link Replicas} allow; one that this store
 * itself has written to of late is read from the primary. That a session is absent or unreadable
 * the primary alone can say, so whatever else comes from a replica, an error or no answer, has it
 * asked. It is asked too where a read is the base of a change.
 *
 * <p>All changes go to the primary, which compares what it has with what they build upon: upon what
 * was read from a replica they are merged or refused as upon any read that somebody has overtaken.
 */
final class ReplicaReads implements SessionBackend {
  /** A read that took no longer of its time may have all of it once more. */
  private static final int PART_OF_THE_TIMEOUT = 10;

  private final SessionBackend primary;
  private final SessionBackend replicas;
  private final SessionSettings settings;
  private final RecentWrites writes = new RecentWrites();
  private final long timeoutNanos;

  /**
   * A layout on primary and replicas.
   *
   * @param primary the layout there
   * @param replicas the same layout upon {@link ReplicaConnections}
   * @param settings tell how long a session lasts
   * @param commandTimeout how long a read may take, both together
   */
  ReplicaReads(
      SessionBackend primary,
      SessionBackend replicas,
      SessionSettings settings,
      Duration commandTimeout) {
    this.primary = primary;
    this.replicas = replicas;
    this.settings = settings;
    this.timeoutNanos = commandTimeout.toNanos();
  }

  // Reading.

  @Override
  public Mono<Snapshot> read(SessionId id) {
    return Mono.defer(
        () -> {
          if (writes.isRecent(id)) {
            return primary.read(id);
          }
          long askedAtNanos = System.nanoTime();
          return replicas
              .read(id)
              .filter(this::lasts)
              .onErrorResume(UnreadableSessionException.class, error -> Mono.empty())
              .switchIfEmpty(Mono.defer(() -> inTime(primary.read(id), askedAtNanos)));
        });
  }

  /** The base of a change: from the primary, as one that is out of date would be refused. */
  @Override
  public Mono<Snapshot> readLatest(SessionId id) {
    return primary.readLatest(id);
  }

  @Override
  public Mono<Snapshot> readAcknowledged(SessionId id) {
    return primary.readAcknowledged(id);
  }

  @Override
  public Flux<Found> readAll(List<SessionId> ids) {
    return Flux.fromIterable(ids)
        .buffer(Connections.COMMANDS_PER_WRITE)
        .concatMap(batch -> Flux.defer(() -> readBatch(batch)));
  }

  /** From replicas and the primary at once; then what replicas do not have from the primary. */
  private Flux<Found> readBatch(List<SessionId> ids) {
    long askedAtNanos = System.nanoTime();
    List<SessionId> own = new ArrayList<>();
    List<SessionId> others = new ArrayList<>();
    boolean[] isOwn = new boolean[ids.size()];
    for (int i = 0; i < isOwn.length; i++) {
      isOwn[i] = writes.isRecent(ids.get(i));
      (isOwn[i] ? own : others).add(ids.get(i));
    }
    Mono<List<Found>> completed =
        all(replicas, others).flatMap(found -> completed(found, askedAtNanos));
    return Mono.zip(all(primary, own), completed)
        .flatMapIterable(
            found -> inOrder(isOwn, found.getT1().iterator(), found.getT2().iterator()));
  }

  /** What replicas have, and the rest from the primary. */
  private Mono<List<Found>> completed(List<Found> found, long askedAtNanos) {
    List<SessionId> missing = found.stream().filter(each -> !isThere(each)).map(Found::id).toList();
    return inTime(all(primary, missing), askedAtNanos)
        .map(
            rest -> {
              Iterator<Found> next = rest.iterator();
              return found.stream().map(each -> isThere(each) ? each : next.next()).toList();
            });
  }

  private boolean isThere(Found found) {
    return found.session() != null && lasts(found.session());
  }

  /**
   * Whether its idle timeout is not over. A replica goes by a clock of its own in this; where that
   * is slow the primary knows better.
   */
  private boolean lasts(Snapshot session) {
    long accessedAt = session.lastAccessedAt();
    long timeToLive = settings.timeToLive(session.idleMillis(), session.absoluteEnd(), accessedAt);
    return timeToLive == SessionSettings.NEVER || accessedAt + timeToLive > settings.now();
  }

  private static Mono<List<Found>> all(SessionBackend backend, List<SessionId> ids) {
    return ids.isEmpty() ? Mono.just(List.of()) : backend.readAll(ids).collectList();
  }

  private static List<Found> inOrder(boolean[] isOwn, Iterator<Found> own, Iterator<Found> others) {
    List<Found> all = new ArrayList<>(isOwn.length);
    for (boolean mine : isOwn) {
      all.add((mine ? own : others).next());
    }
    return all;
  }

  /** The primary's answer, in what is left of the time where a replica took much of it. */
  private <T> Mono<T> inTime(Mono<T> answer, long askedAtNanos) {
    long taken = System.nanoTime() - askedAtNanos;
    return taken < timeoutNanos / PART_OF_THE_TIMEOUT
        ? answer
        : answer.timeout(
            Duration.ofNanos(Math.max(1, timeoutNanos - taken)), Mono.error(ServerErrors::timeUp));
  }

  // Writing.

  @Override
  public Mono<Boolean> insert(SessionId id, Snapshot session) {
    return marked(id, primary.insert(id, session));
  }

  @Override
  public Mono<WriteResult> write(SessionId id, Write write) {
    return marked(id, primary.write(id, write));
  }

  @Override
  public Mono<String> salt(SessionId id, FormerSecret former) {
    return primary.salt(id, former);
  }

  @Override
  public Mono<Boolean> touch(SessionId id, long now) {
    return marked(id, primary.touch(id, now));
  }

  @Override
  public Mono<Boolean> delete(SessionId id) {
    return marked(id, primary.delete(id));
  }

  /**
   * Marked before it is sent, for those who read while it is under way; and again when it ends, in
   * whatever way and before anybody is told, as it may have been executed until then.
   */
  private <T> Mono<T> marked(SessionId id, Mono<T> write) {
    return Mono.defer(
        () -> {
          writes.mark(id);
          return write.doOnTerminate(() -> writes.mark(id)).doOnCancel(() -> writes.mark(id));
        });
  }
}
