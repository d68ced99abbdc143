package io.latchkey.valkey;

import io.latchkey.SessionStoreUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * The replicas of one primary, and which of them may be read from.
 *
 * <p>Twice a second the primary is asked for its {@link Role}, on a connection that is there, and
 * on no request's path. It answers how far it has written, and how far each replica has confirmed
 * to be, which replicas do once a second, of what they have executed. So replicas are found, and
 * known to be up to date, in the same way in every topology.
 *
 * <h2>Why what a replica serves is not older than the bound</h2>
 *
 * <p>Let the primary be asked at the times <i>s1, s2, ...</i> of this process's clock, and say that
 * it has written up to <i>p1, p2, ...</i> Whatever the primary had executed at <i>si</i> lies
 * before <i>pi</i>, as it executed the question after <i>si</i>. If the answer to a later question
 * (or the same one) says that a replica has confirmed an offset of <i>pi</i> or more, the replica
 * has executed all that lies before <i>pi</i>, and so all that the primary had executed at
 * <i>si</i>. A replica does not go back: from then on that stays so. It is read from as long as
 * <i>si</i> is at most the bound ago. So what it answers has every change that the primary had
 * executed at the time of the question less the bound. A replica that lags more, has lost its
 * primary or is none any more gets no new proof, and is not read from once the last one is older
 * than the bound; so it is when the primary does not answer.
 *
 * <p>That needs three things to be true.
 *
 * <p><b>All offsets are of one server</b>, and that is the primary still, as far as this store
 * knows. So a proof combines only answers that came on one and the same connection, and holds only
 * while that is the one to the primary; where another is asked, proving begins anew.
 *
 * <p><b>The replica does not go back</b>: it would if its process were started again, with old data
 * from its disk, while its primary has not yet noticed that the former one is dead. So what was
 * proven holds for a process: each connection to a replica is used only after it has said there
 * that it is a replica and in touch with its primary, and only a question to the primary after that
 * proves anything. By then the primary lists the new process, if it goes on from old data, beside
 * the dead one, and of an address that is listed twice the lower offset counts; or it has copied
 * all data since the former one died. An answer counts only if no connection was made anew between
 * the choice of the replica and it.
 *
 * <p><b>The address leads to that replica</b>, and not to another server where it means something
 * else. So what it says at first of how far it is must lie between what the primary had heard from
 * it before, and how far the primary is after.
 */
final class Replicas {
  private static final Logger log = LoggerFactory.getLogger(Replicas.class);

  /** How old what a replica serves may be. */
  static final Duration BOUND = Duration.ofSeconds(3);

  static final long BOUND_NANOS = BOUND.toNanos();

  /**
   * A replica confirms up to a second late, what it confirms proves a question of up to one period
   * before, and is learned and used up to a period each later: 2.5 s of the bound.
   */
  private static final Duration PERIOD = Duration.ofMillis(500);

  /** As many questions as fit into the bound, and a few more. */
  private static final int QUESTIONS = 8;

  /** How long a replica that is not listed any more stays connected, for the case that it is. */
  private static final long UNLISTED_NANOS = Duration.ofSeconds(10).toNanos();

  private static final long AFTER_REFUSAL_NANOS = Duration.ofSeconds(30).toNanos();

  private final Node primary;
  private final Function<Role.Address, Replica> connect;
  private final BooleanSupplier isClosed;
  private final AtomicReference<@Nullable Disposable> ticking = new AtomicReference<>();
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile Replica[] listed = {};
  private volatile @Nullable Basis basis;
  private volatile boolean closed;

  // Used by whoever has set asking.
  private final Deque<Question> questions = new ArrayDeque<>();
  private final Map<Role.Address, Known> known = new TreeMap<>();
  private @Nullable Stripe asked;
  private boolean refused;
  private long refusedAtNanos;

  /**
   * Replicas of which nothing is known yet.
   *
   * @param primary their primary
   * @param connect makes one of them, without connecting to it yet
   * @param isClosed whether the store is
   */
  Replicas(Node primary, Function<Role.Address, Replica> connect, BooleanSupplier isClosed) {
    this.primary = primary;
    this.connect = connect;
    this.isClosed = isClosed;
  }

  /**
   * A replica to ask about a session now: the same for all of its reads, as long as nothing
   * changes, so that they do not see it go back and forth.
   *
   * @return null if the primary is to be asked
   */
  Replica.@Nullable Way way(byte[] key) {
    if (ticking.get() == null) {
      start();
    }
    Replica[] all = listed;
    Basis proofs = basis;
    if (all.length == 0 || proofs == null || !proofs.holds()) {
      return null;
    }
    long now = System.nanoTime();
    int first = Math.floorMod(SessionKeys.hash(key), all.length);
    for (int i = 0; i < all.length; i++) {
      Replica.Way way = all[(first + i) % all.length].way(key, now);
      if (way != null) {
        return way;
      }
    }
    return null;
  }

  /** Closes all connections, without waiting for it. */
  void close() {
    closed = true;
    stop();
    closeKnown();
  }

  private void stop() {
    Disposable timer = ticking.get();
    if (timer != null) {
      timer.dispose();
    }
  }

  private void closeKnown() {
    if (closed && asking.compareAndSet(false, true)) {
      known.values().forEach(each -> each.replica.close());
    }
  }

  private void start() {
    // Not all instances at the same time.
    Duration first = Duration.ofMillis(ThreadLocalRandom.current().nextLong(PERIOD.toMillis()));
    Disposable timer =
        Flux.interval(first, PERIOD, Schedulers.parallel())
            .onBackpressureDrop()
            .subscribe(tick -> tick());
    if (!ticking.compareAndSet(null, timer) || closed) {
      timer.dispose();
    }
  }

  private void tick() {
    if (isClosed.getAsBoolean()) {
      stop(); // and all connections are closed
      return;
    }
    if (closed || !asking.compareAndSet(false, true)) {
      return;
    }
    long now = System.nanoTime();
    Stripe stripe = asked;
    if (stripe == null || !stripe.isUp()) {
      stripe = primary.anyUp();
      asked = stripe;
    }
    if (stripe == null || (refused && now - refusedAtNanos < AFTER_REFUSAL_NANOS)) {
      asking.set(false);
      closeKnown();
      return;
    }
    Stripe to = stripe;
    Object connection = to.connectionMark();
    new Exchange<>(to, Role.REQUEST)
        .map(Role::parse)
        .doFinally(
            end -> {
              asking.set(false);
              closeKnown();
            })
        .subscribe(
            role -> {
              if (connection.equals(to.connectionMark())) {
                answered(role, new Basis(to, connection), now);
              }
            },
            this::failed);
  }

  private void failed(Throwable error) {
    if (error instanceof SessionStoreUnavailableException) {
      log.debug("the primary did not say who its replicas are", error);
      return;
    }
    if (!refused) {
      log.warn(
          "replicas are not read from (readFromReplicas), and all reads go to the primary, as it"
              + " does not say who they are: {}",
          error.getMessage());
    }
    refused = true;
    refusedAtNanos = System.nanoTime();
  }

  private void answered(Role role, Basis answered, long askedAtNanos) {
    refused = false;
    if (!answered.equals(basis)) {
      questions.clear();
      known.values().forEach(each -> each.replica.unproven());
      basis = answered;
    }
    if (!(role instanceof Role.Primary answer)) {
      basis = null; // what it said as a primary holds no more
      listed = new Replica[0];
      forgetUnlisted();
      return;
    }
    questions.addFirst(new Question(askedAtNanos, answer.offset()));
    if (questions.size() > QUESTIONS) {
      questions.removeLast();
    }
    answer.acknowledged().forEach((address, offset) -> listed(address, offset, askedAtNanos));
    forgetUnlisted();
    listed =
        known.values().stream()
            .filter(each -> each.listedAtNanos == askedAtNanos)
            .map(each -> each.replica)
            .toArray(Replica[]::new);
    long now = System.nanoTime();
    for (Replica replica : listed) {
      replica.lookAfter(now);
    }
  }

  private void forgetUnlisted() {
    long now = System.nanoTime();
    known
        .values()
        .removeIf(
            each -> {
              boolean gone = now - each.listedAtNanos >= UNLISTED_NANOS;
              if (gone) {
                each.replica.close();
              }
              return gone;
            });
  }

  private void listed(Role.Address address, long acknowledged, long askedAtNanos) {
    Known each = known.computeIfAbsent(address, to -> new Known(connect.apply(to)));
    each.listedAtNanos = askedAtNanos;
    each.replica.listed(acknowledged);
    long offset = questions.element().offset;
    for (Question question : questions) {
      if (question.offset <= acknowledged) {
        each.replica.proven(question.askedAtNanos, askedAtNanos, offset);
        return;
      }
    }
  }

  /**
   * The connection on which all proofs came.
   *
   * @param stripe to the primary
   * @param connection what it was connected by
   */
  private record Basis(Stripe stripe, Object connection) {
    boolean holds() {
      return stripe.isUp() && stripe.connectionMark().equals(connection);
    }
  }

  /**
   * A question to the primary.
   *
   * @param askedAtNanos when it was asked
   * @param offset how far the primary was when it answered
   */
  private record Question(long askedAtNanos, long offset) {}

  /** A replica that was listed of late. */
  private static final class Known {
    final Replica replica;
    long listedAtNanos;

    Known(Replica replica) {
      this.replica = replica;
    }
  }
}
