package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.UnreadableSessionException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * A replica that may be read from, as far as it is proven to be up to date; the proof is told in
 * {@link Replicas}. Connections to it are opened beside the requests, and never waited for.
 */
final class Replica {
  private static final Logger log = LoggerFactory.getLogger(Replica.class);

  private static final AtomicReferenceFieldUpdater<Replica, State> STATE =
      AtomicReferenceFieldUpdater.newUpdater(Replica.class, State.class, "state");

  private static final State UNVERIFIED = new State(false, 0, 0, false, 0);

  private static final long RETRY_MIN_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long RETRY_MAX_NANOS = Duration.ofSeconds(4).toNanos();

  /** It will hardly permit soon what it did not. */
  private static final long AFTER_REFUSAL_NANOS = Duration.ofSeconds(30).toNanos();

  private static final Request<String> READONLY =
      new Request<>(
          CommandType.READONLY, () -> new StatusOutput<>(ByteArrayCodec.INSTANCE), Request.args());

  private final Role.Address address;
  private final boolean inCluster;
  private final Node node;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile State state = UNVERIFIED;
  private volatile long acknowledged;
  private volatile long dueAtNanos = System.nanoTime();
  private volatile boolean failing;

  /**
   * A replica to which nothing is connected yet.
   *
   * @param address where it is
   * @param count how many connections it gets
   * @param opener how each is made
   * @param inCluster whether it answers only those who say that they know what it is
   */
  Replica(Role.Address address, int count, Stripe.Opener opener, boolean inCluster) {
    this.address = address;
    this.inCluster = inCluster;
    this.node = new Node(count, new Verified(opener), null, null);
  }

  Role.Address address() {
    return address;
  }

  // Reading.

  /**
   * Where to ask it about a session now.
   *
   * @return null if it is not connected, or not known to be up to date
   */
  @Nullable Way way(byte[] key, long now) {
    // In this order: a connection that is made anew makes the state anew before it is up.
    Stripe stripe = node.up(key);
    State current = state;
    return stripe != null && current.isFresh(now) ? new Way(this, stripe, current) : null;
  }

  /**
   * What is to be done about a read that failed. The caller asks the primary; others are not to
   * meet the same before the replica has been asked how it is.
   */
  void failed(Throwable error) {
    if (error instanceof UnreadableSessionException
        || error instanceof ServerErrors.RedirectedException
        || ServerErrors.isOurOwn(error)) {
      return;
    }
    state = UNVERIFIED;
    if (!(error instanceof SessionStoreUnavailableException)) {
      dueAtNanos = System.nanoTime() + AFTER_REFUSAL_NANOS;
      warn(error);
    }
  }

  // Watching; one caller at a time.

  /** What its primary says of it. */
  void listed(long acknowledged) {
    this.acknowledged = acknowledged;
  }

  /**
   * It has all that the primary had executed at some time.
   *
   * @param upToNanos that time
   * @param askedAtNanos when the primary was asked for what proves it
   * @param offset how far the primary was when it answered that
   */
  void proven(long upToNanos, long askedAtNanos, long offset) {
    State current = state;
    if (!current.verified || askedAtNanos - current.verifiedAtNanos <= 0) {
      return;
    }
    // Further than its primary: then it is the replica of another, or was.
    State next = current.offset > offset ? UNVERIFIED : current.provenUpTo(upToNanos);
    // If this fails, it was connected anew, or has failed.
    STATE.compareAndSet(this, current, next);
  }

  /** What was proven, was by another server than the one that is the primary now. */
  void unproven() {
    State current = state;
    STATE.compareAndSet(this, current, current.unproven());
  }

  /** Connects what is not connected, and asks it how it is if that is in doubt. */
  void lookAfter(long now) {
    boolean missing = !node.isOpened();
    boolean unverified = !state.verified;
    if ((!missing && !unverified) || now - dueAtNanos < 0 || !busy.compareAndSet(false, true)) {
      return;
    }
    Stripe up = node.anyUp();
    Mono<Void> work = unverified && up != null ? verify(up) : node.open();
    work.doFinally(end -> busy.set(false))
        .subscribe(
            done -> {},
            error -> {
              dueAtNanos =
                  System.nanoTime()
                      + ThreadLocalRandom.current().nextLong(RETRY_MIN_NANOS, RETRY_MAX_NANOS);
              warn(error);
            },
            () -> {
              if (state.verified) {
                failing = false;
              }
            });
  }

  void close() {
    node.close();
  }

  /** Once, until it works again. */
  private void warn(Throwable error) {
    if (!failing) {
      failing = true;
      log.warn(
          "the replica {}:{} is not read from; the primary is asked instead: {}",
          address.host(),
          address.port(),
          ServerErrors.translate(error).getMessage());
    }
  }

  /** Asks on a connection whether there is a replica that has its primary's data. */
  private Mono<Void> verify(Link link) {
    long atLeast = acknowledged;
    Mono<List<Object>> role = Mono.defer(() -> new Exchange<>(link, Role.REQUEST));
    return (inCluster ? new Exchange<>(link, READONLY).then(role) : role)
        .map(Role::parse)
        .flatMap(
            answer -> {
              // What it has confirmed it has, or it was started anew with older data.
              if (!(answer instanceof Role.Replica replica)
                  || !replica.isConnected()
                  || replica.offset() < atLeast) {
                return Mono.error(
                    new SessionStoreUnavailableException(
                        "it is no replica, or not in touch with its primary", null, false));
              }
              state = new State(true, System.nanoTime(), replica.offset(), false, 0);
              return Mono.empty();
            });
  }

  /** Connects, and uses no connection before what it leads to is verified. */
  private final class Verified implements Stripe.Opener {
    private final Stripe.Opener opener;

    Verified(Stripe.Opener opener) {
      this.opener = opener;
    }

    @Override
    public CompletionStage<StatefulRedisConnection<byte[], byte[]>> open() {
      return opener
          .open()
          .thenCompose(
              connection ->
                  verify(connection::dispatch)
                      .thenReturn(connection)
                      .onErrorResume(
                          error ->
                              Mono.fromCompletionStage(connection::closeAsync)
                                  .onErrorComplete()
                                  .then(Mono.error(error)))
                      .toFuture());
    }

    @Override
    public Mono<Boolean> isRight(StatefulRedisConnection<byte[], byte[]> connection) {
      return verify(connection::dispatch).thenReturn(true);
    }
  }

  /**
   * How to ask the replica, for one read.
   *
   * @param replica the replica
   * @param stripe a connection to it
   * @param before what was known of it then
   */
  record Way(Replica replica, Stripe stripe, State before) {

    /** The answer; empty where there is none that can be relied on. */
    <T> Mono<T> ask(Request<T> request) {
      return new Exchange<>(stripe, request)
          .filter(answer -> isReliable())
          .onErrorResume(
              SessionStoreException.class,
              error -> {
                replica.failed(error);
                return Mono.empty();
              });
    }

    /**
     * Whether what answered is still the process that the proof is about, and the proof not too old
     * by now: this process may have stood still between.
     */
    boolean isReliable() {
      State after = replica.state;
      return after.verified
          && after.verifiedAtNanos == before.verifiedAtNanos
          && after.isFresh(System.nanoTime());
    }
  }

  /**
   * What is known of it.
   *
   * @param verified whether it said, since its latest connection was made, that it is a replica and
   *     has its primary's data
   * @param verifiedAtNanos when it did
   * @param offset how far it was then
   * @param proven whether it is known up to when it is up to date
   * @param provenUpToNanos up to when
   */
  record State(
      boolean verified, long verifiedAtNanos, long offset, boolean proven, long provenUpToNanos) {

    boolean isFresh(long now) {
      return proven && now - provenUpToNanos <= Replicas.BOUND_NANOS;
    }

    State provenUpTo(long nanos) {
      return proven && provenUpToNanos - nanos >= 0
          ? this
          : new State(verified, verifiedAtNanos, offset, true, nanos);
    }

    State unproven() {
      return proven ? new State(verified, verifiedAtNanos, offset, false, 0) : this;
    }
  }
}
