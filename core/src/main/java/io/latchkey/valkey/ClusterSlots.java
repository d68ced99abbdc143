package io.latchkey.valkey;

import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.valkey.ServerErrors.RedirectedException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Which node of a cluster has which slot. The nodes are asked for all slots at the first use, every
 * half minute, and soon after an answer or a failure that shows that something has changed.
 */
final class ClusterSlots {
  private static final Logger log = LoggerFactory.getLogger(ClusterSlots.class);

  /** The question is about no session; it only needs to go out on some connection. */
  private static final byte[] ANY_KEY = ByteWriter.ascii("0000");

  private static final Duration PERIOD = Duration.ofSeconds(30);
  private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();
  private static final Duration UNUSED = Duration.ofMinutes(1);

  private final List<RedisURI> seeds;
  private final Function<RedisURI, Node> connect;
  private final long unusedNanos;
  private final AtomicReferenceArray<@Nullable Member> owners =
      new AtomicReferenceArray<>(SlotHash.SLOT_COUNT);
  private final Map<String, Member> members = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable CompletableFuture<Void>> refreshing =
      new AtomicReference<>();
  private final AtomicReference<@Nullable Disposable> periodic = new AtomicReference<>();
  private volatile long refreshedAtNanos = System.nanoTime() - PAUSE_NANOS;
  private volatile boolean loaded;
  private volatile boolean closed;

  /**
   * Nothing is known yet.
   *
   * @param seeds nodes to ask first, and again when no other answers
   * @param connect makes a node, without connecting to it yet
   * @param timeout how long a command may take
   */
  ClusterSlots(List<RedisURI> seeds, Function<RedisURI, Node> connect, Duration timeout) {
    this.seeds = seeds;
    this.connect = connect;
    this.unusedNanos = UNUSED.plus(timeout.multipliedBy(2)).toNanos();
  }

  /** Who has the slot, if that is known. */
  @Nullable Member owner(int slot) {
    return owners.get(slot);
  }

  boolean isLoaded() {
    return loaded;
  }

  /** Completes when it is known who has which slot; fails if nobody can be asked. */
  Mono<Void> load() {
    return loaded ? Mono.empty() : Futures.outcome(this::refresh);
  }

  /** The slot has a new owner, and so may others have. */
  Member moved(int slot, Member from, RedirectedException to) {
    Member owner = member(from, to);
    owners.set(slot, owner);
    refreshSoon();
    return owner;
  }

  /** The node that another one points to. */
  Member member(Member from, RedirectedException to) {
    return member(to.host().isEmpty() ? from.host : to.host(), to.port());
  }

  /** Asks for all slots, unless that has only just been done. */
  void refreshSoon() {
    if (System.nanoTime() - refreshedAtNanos >= PAUSE_NANOS && !closed) {
      var unused = refresh();
    }
  }

  void close() {
    closed = true;
    Disposable timer = periodic.get();
    if (timer != null) {
      timer.dispose();
    }
  }

  private CompletableFuture<Void> refresh() {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> others = refreshing.compareAndExchange(null, mine);
    if (others != null) {
      return others;
    }
    refreshedAtNanos = System.nanoTime();
    FirstAnswer.of(candidates(), this::ask)
        .subscribe(
            answer -> {
              adopt(answer);
              refreshing.set(null);
              mine.complete(null);
            },
            error -> {
              log.debug("the cluster's slots could not be asked for", error);
              refreshing.set(null);
              mine.completeExceptionally(error);
            });
    return mine;
  }

  /** Those that are connected in random order, so that one with an old view does not stay alone. */
  private List<Member> candidates() {
    List<Member> up = new ArrayList<>();
    List<Member> down = new ArrayList<>();
    members.values().forEach(member -> (member.node.isUp() ? up : down).add(member));
    Collections.shuffle(up);
    Set<Member> all = new LinkedHashSet<>(up);
    if (up.size() < 2) {
      seeds.forEach(seed -> all.add(member(seed.getHost(), seed.getPort())));
    }
    all.addAll(down);
    return List.copyOf(all);
  }

  private Mono<List<SlotRange>> ask(Member member) {
    return member
        .node
        .send(ANY_KEY, SlotRange.REQUEST, null)
        .map(answer -> SlotRange.parse(answer, member.host))
        .filter(ranges -> !ranges.isEmpty())
        .switchIfEmpty(
            Mono.error(
                () ->
                    new SessionStoreUnavailableException(
                        "the node belongs to no cluster that has slots", null, false)));
  }

  private void adopt(List<SlotRange> ranges) {
    boolean[] covered = new boolean[SlotHash.SLOT_COUNT];
    for (SlotRange range : ranges) {
      Member owner = member(range.host(), range.port());
      for (int slot = range.from(); slot <= range.to(); slot++) {
        owners.set(slot, owner);
        covered[slot] = true;
      }
    }
    for (int slot = 0; slot < covered.length; slot++) {
      if (!covered[slot]) {
        owners.set(slot, null);
      }
    }
    loaded = true;
    closeUnused();
    if (periodic.get() == null) {
      Disposable timer =
          Flux.interval(PERIOD, PERIOD, Schedulers.parallel()).subscribe(tick -> refreshSoon());
      if (!periodic.compareAndSet(null, timer) || closed) {
        timer.dispose();
      }
    }
  }

  private Member member(String host, int port) {
    Member member =
        members.computeIfAbsent(
            host + ':' + port,
            address -> {
              RedisURI uri = RedisURI.builder(seeds.get(0)).withHost(host).withPort(port).build();
              return new Member(host, connect.apply(uri));
            });
    member.usedAtNanos = System.nanoTime();
    return member;
  }

  /** A node that has left, or was only asked for the slots. */
  private void closeUnused() {
    long now = System.nanoTime();
    members
        .values()
        .removeIf(
            member -> {
              boolean unused = now - member.usedAtNanos >= unusedNanos;
              if (unused) {
                member.node.close();
              }
              return unused;
            });
  }

  /** A node of the cluster. */
  static final class Member {
    private final String host;
    private final Node node;
    private volatile long usedAtNanos;

    private Member(String host, Node node) {
      this.host = host;
      this.node = node;
    }

    Node node() {
      return node;
    }
  }
}
