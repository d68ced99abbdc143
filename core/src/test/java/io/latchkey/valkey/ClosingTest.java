package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.storedElsewhere;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ValkeyServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Promise;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@ExtendWith(ValkeyServer.class)
class ClosingTest {
  private final ValkeyServer server;

  ClosingTest(ValkeyServer server) {
    this.server = server;
  }

  @ParameterizedTest
  @EnumSource
  void everyCallAfterItSaysThatTheStoreIsClosed(Call call) {
    ValkeySessionStore store = builder().build();
    Session session = created(store);
    close(store);
    assertThat(error(call.on(store, session)))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isFalse())
        .hasMessageContaining("this store is closed");
  }

  @ParameterizedTest
  @EnumSource
  void aStoreThatWasNeverUsedIsClosedToo(Call call) {
    ValkeySessionStore store = builder().build();
    store.close();
    assertThat(error(call.on(store, storedElsewhere())))
        .isInstanceOf(SessionStoreUnavailableException.class)
        .hasMessageContaining("this store is closed");
  }

  @Test
  void callsThatNeedNoCommandSayItToo() {
    ValkeySessionStore store = builder().build();
    Session session = created(store);
    close(store);
    assertThat(
            Stream.of(
                store.save(session),
                store.get("malformed"),
                store.delete("malformed"),
                store.update("malformed", Mono::just),
                store.getAll(List.of())))
        .allSatisfy(call -> assertThat(error(call)).hasMessageContaining("this store is closed"));
  }

  @Test
  void aCallThatWasMadeBeforeAndIsSubscribedAfterItFails() {
    ValkeySessionStore store = builder().build();
    Mono<Session> call = store.get(created(store).id());
    close(store);
    assertThat(error(call)).hasMessageContaining("this store is closed");
  }

  @Test
  void aSecondCloseDoesNothing() {
    ValkeySessionStore store = builder().build();
    created(store);
    store.close();
    store.close();
    close(store);
    close(store);
  }

  @Test
  void closeDoesNotWait() {
    ValkeySessionStore store = builder().build();
    created(store);
    // BlockHound would not let it, on this thread.
    StepVerifier.create(Mono.fromRunnable(store::close).subscribeOn(Schedulers.parallel()))
        .expectComplete()
        .verify(PATIENCE);
    close(store);
  }

  @Test
  void noThreadOfAnOwnClientIsLeft() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    ValkeySessionStore store = builder().connections(4).build();
    for (int i = 0; i < 32; i++) {
      created(store);
    }
    Set<Thread> started = new HashSet<>(Thread.getAllStackTraces().keySet());
    started.removeAll(before);
    started.removeIf(thread -> !thread.getName().startsWith("lettuce"));
    assertThat(started).isNotEmpty();
    close(store);
    // A pool says that it has ended in the last steps of its threads.
    for (Thread thread : started) {
      assertThat(ended(thread)).as(thread.getName()).isTrue();
    }
  }

  @Test
  void lentResourcesStayInTheHandsOfTheLender() throws Exception {
    ClientResources lent = DefaultClientResources.create();
    RedisClient client = RedisClient.create(lent, RedisURI.create(plainUri()));
    try {
      ValkeySessionStore store = builder().resources(lent).build();
      created(store);
      close(store);
      assertThat(client.connect().sync().ping()).isEqualTo("PONG");
      try (ValkeySessionStore another = builder().resources(lent).build()) {
        assertThat(created(another).id()).hasSize(40);
      }
    } finally {
      client.shutdown();
      assertThat(lent.shutdown(0, 5, TimeUnit.SECONDS).get(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Lettuce's own limits of time are kept by these loops, so none of them ends the call. */
  @Test
  void aCallOnEventLoopsThatHaveEndedFailsInsteadOfHanging() throws Exception {
    ClientResources lent = DefaultClientResources.create();
    try (ValkeySessionStore store =
        builder().resources(lent).commandTimeout(Duration.ofMillis(50)).build()) {
      EventExecutorGroup loops =
          lent.eventLoopGroupProvider().allocate(MultiThreadIoEventLoopGroup.class);
      loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).get(20, TimeUnit.SECONDS);
      assertThat(error(store.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              unavailable -> assertThat(unavailable.outcomeUnknown()).isFalse())
          .hasMessageContaining("no connection to the server could be made");
    } finally {
      lent.shutdown(0, 5, TimeUnit.SECONDS).await(20, TimeUnit.SECONDS);
    }
  }

  /** Else it may be given those that end with the other: Lettuce does not look. */
  @Test
  void noStoreTakesEventLoopsWhileAnotherGivesThemBack() throws Exception {
    CountDownLatch givingBack = new CountDownLatch(1);
    CountDownLatch taken = new CountDownLatch(1);
    AtomicBoolean takenMeanwhile = new AtomicBoolean();
    ClientResources lent =
        DefaultClientResources.builder()
            .eventLoopGroupProvider(
                new DefaultEventLoopGroupProvider(2) {
                  @Override
                  public <T extends EventLoopGroup> T allocate(Class<T> type) {
                    if (givingBack.getCount() == 0) {
                      taken.countDown();
                    }
                    return super.allocate(type);
                  }

                  @Override
                  public Promise<Boolean> release(
                      EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
                    givingBack.countDown();
                    takenMeanwhile.compareAndSet(false, isOver(taken));
                    return super.release(group, quietPeriod, timeout, unit);
                  }
                })
            .build();
    try (ValkeySessionStore next = builder().resources(lent).build()) {
      ValkeySessionStore last = builder().resources(lent).build();
      created(last);
      CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> close(last));
      assertThat(givingBack.await(20, TimeUnit.SECONDS)).isTrue();
      created(next);
      closing.get(20, TimeUnit.SECONDS);
      assertThat(takenMeanwhile).isFalse();
    } finally {
      lent.shutdown(0, 5, TimeUnit.SECONDS).await(20, TimeUnit.SECONDS);
    }
  }

  /** Looks again and again, and does not wait: this may be an event loop, where BlockHound is. */
  private static boolean isOver(CountDownLatch latch) {
    long until = System.nanoTime() + Duration.ofMillis(300).toNanos();
    boolean over;
    do {
      over = latch.getCount() == 0;
    } while (!over && System.nanoTime() < until);
    return over;
  }

  @Test
  void aStoreUsesTheEventLoopsThatItIsLent() throws Exception {
    ClientResources lent = DefaultClientResources.create();
    RedisClient client = RedisClient.create(lent, RedisURI.create(plainUri()));
    try {
      assertThat(client.connect().sync().ping()).isEqualTo("PONG");
      Set<String> lenders = eventLoops();
      try (ValkeySessionStore store = builder().resources(lent).build()) {
        created(store);
        // Those of an earlier test may just be coming to their end.
        assertThat(eventLoops()).isNotEmpty().isSubsetOf(lenders);
      }
    } finally {
      client.shutdown();
      assertThat(lent.shutdown(0, 5, TimeUnit.SECONDS).get(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void theConnectionsAreGoneFromTheServer() {
    ValkeySessionStore store = builder().connections(3).build();
    for (int i = 0; i < 32; i++) {
      created(store);
    }
    long open = connectionsNamedLatchkey();
    close(store);
    assertThat(connectionsNamedLatchkey()).isLessThanOrEqualTo(open - 3);
  }

  private long connectionsNamedLatchkey() {
    return String.valueOf(server.command("CLIENT", "LIST"))
        .lines()
        .filter(line -> line.contains("name=latchkey"))
        .count();
  }

  private static boolean ended(Thread thread) throws InterruptedException {
    thread.join(PATIENCE.toMillis());
    return !thread.isAlive();
  }

  /** The names of the groups of threads that carry connections. */
  private static Set<String> eventLoops() {
    Set<String> groups = new HashSet<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().matches("lettuce-(nio|epoll|io_?uring|kqueue)EventLoop-.*")) {
        groups.add(thread.getName().replaceFirst("-\\d+$", ""));
      }
    }
    return groups;
  }

  private String plainUri() {
    return server.uri().replace("valkey://", "redis://");
  }

  private ValkeySessionStore.Builder builder() {
    return ValkeySessionStore.builder(server.uri()).namespace(server.namespace());
  }

  private static void close(ValkeySessionStore store) {
    StepVerifier.create(store.closeAsync()).expectComplete().verify(PATIENCE);
  }
}
