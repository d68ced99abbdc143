package io.latchkey.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.memory.MemorySessionStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Stores that break their promises now and then are found out. */
class AccountTest {
  private static final Duration STEADY = Duration.ofMillis(200);

  private final MemorySessionStore sound = MemorySessionStore.create();

  @Test
  void soundStoreIsClean() {
    Account account = run(sound).account().isClean();
    assertThat(account.withoutTouch()).isPositive();
    assertThat(account.withoutSave()).isPositive();
  }

  @Test
  void saveThatStoresNothingIsFoundAlsoIfTheNextOneDoes() {
    SessionStore store =
        breaking("save", 50, (original, session) -> Mono.just(withoutItsLastChange(session)));
    assertThatThrownBy(run(store).account()::isClean).hasMessageContaining("changes lost");
  }

  @Test
  void saveThatStoresNothingIsNoEviction() {
    SessionStore store =
        breaking("save", 50, (original, session) -> Mono.just(withoutItsLastChange(session)));
    FaultRun run = run(store);
    assertThatThrownBy(run.accountWhereServerMayLoseSessions("eviction")::isClean)
        .hasMessageContaining("changes lost");
  }

  @Test
  void sessionThatVanishesIsEvictedOrLost() {
    SessionStore store =
        breaking("touch", 20, (touch, session) -> sound.delete(session.id()).then(touch));
    FaultRun run = run(store);
    assertThatThrownBy(run.account()::isClean).hasMessageContaining("changes lost");
    assertThat(run.accountWhereServerMayLoseSessions("eviction").lostByServer()).isPositive();
  }

  @Test
  void saveCannotExcuseThatItsSessionVanishes() {
    AtomicBoolean broken = new AtomicBoolean();
    SessionStore store =
        breaking(
            "save",
            5,
            (save, session) ->
                broken.get()
                    ? save.flatMap(saved -> sound.delete(session.id()).thenReturn(saved))
                    : save);
    FaultRun run =
        FaultRun.of(
            "none",
            store,
            sound,
            STEADY,
            struck -> {
              broken.set(true);
              FaultRun.pause(STEADY);
              broken.set(false);
            });
    assertThatThrownBy(
            run.accountWhereServerMayLose(Duration.ZERO, "asynchronous replication")::isClean)
        .hasMessageContaining("changes lost");
  }

  @Test
  void rotationThatLeavesTheOldIdIsFound() {
    SessionStore store =
        breaking("rotateId", 20, (rotation, session) -> sound.create(attributes(session)));
    FaultRun run = run(store);
    assertThatThrownBy(run.account()::isClean).hasMessageContaining("resurrected");
    assertThatThrownBy(run.accountWhereServerMayLoseSessions("eviction")::isClean)
        .hasMessageContaining("resurrected");
  }

  @Test
  void callThatHangsIsFound() {
    AtomicBoolean hung = new AtomicBoolean();
    SessionStore store =
        breaking(
            "touch",
            50,
            (touch, session) -> hung.compareAndSet(false, true) ? Mono.never() : touch);
    assertThatThrownBy(run(store).account()::isClean).hasMessageContaining("TimeoutException");
  }

  @Test
  void errorThatNobodyExpectsIsFound() {
    SessionStore store =
        breaking("save", 50, (save, session) -> Mono.error(new IllegalStateException()));
    assertThatThrownBy(run(store).account()::isClean).hasMessageContaining("IllegalStateException");
  }

  @Test
  void refusedSaveThatIsStoredIsFound() {
    SessionStore store =
        breaking(
            "save",
            20,
            (save, session) ->
                save.flatMap(
                    saved -> Mono.error(new SessionStoreUnavailableException("", null, false))));
    assertThatThrownBy(run(store).account()::isClean).hasMessageContaining("refused changes");
  }

  private FaultRun run(SessionStore store) {
    return FaultRun.of("none", store, sound, STEADY, struck -> {});
  }

  private static Map<String, Object> attributes(Session session) {
    return session.names().stream()
        .collect(Collectors.toMap(name -> name, name -> session.get(name).orElseThrow()));
  }

  private static Session withoutItsLastChange(Session session) {
    session.names().stream()
        .filter(name -> name.startsWith("c"))
        .max((a, b) -> Integer.compare(number(a), number(b)))
        .ifPresent(session::remove);
    return session;
  }

  private static int number(String name) {
    return Integer.parseInt(name.substring(1));
  }

  /** A store of which each so many-th call of one method does something else. */
  private SessionStore breaking(
      String method, int every, BiFunction<Mono<?>, Session, Mono<?>> otherwise) {
    AtomicInteger calls = new AtomicInteger();
    return (SessionStore)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {SessionStore.class},
            (proxy, called, arguments) -> {
              try {
                Object answer = called.invoke(sound, arguments);
                if (called.getName().equals(method) && calls.incrementAndGet() % every == 0) {
                  return otherwise.apply((Mono<?>) answer, (Session) arguments[0]);
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
  }
}
