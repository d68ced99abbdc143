package io.latchkey.webflux;

import static io.latchkey.webflux.TestSessions.IDLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.ConflictPolicy;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionGoneException;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.WebSessionStore;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/**
 * The contract of Spring's WebSessionStore and WebSession, and what we promise where it is open.
 */
@ParameterizedClass
@EnumSource
class LatchkeyWebSessionStoreTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions.Kind kind;
  private final TestSessions sessions;
  private final WebSessionStore store;

  LatchkeyWebSessionStoreTest(TestSessions.Kind kind) {
    this.kind = kind;
    sessions = new TestSessions(kind, SERVER);
    store = sessions.web();
  }

  @AfterEach
  void close() {
    sessions.close();
  }

  @Test
  void createdSessionIsNotStarted() {
    assertThat(created().isStarted()).isFalse();
  }

  @Test
  void createSendsNoCommand() {
    created();

    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void eachSubscriptionCreatesASessionOfItsOwn() {
    Mono<WebSession> creation = store.createWebSession();

    assertThat(get(creation).getId()).isNotEqualTo(get(creation).getId());
  }

  @Test
  void startStartsASession() {
    WebSession session = created();

    session.start();

    assertThat(session.isStarted()).isTrue();
  }

  @Test
  void theFirstAttributeStartsASession() {
    WebSession session = created();

    session.getAttributes().put("user", "ada");

    assertThat(session.isStarted()).isTrue();
  }

  @Test
  void saveOfAnUnstartedSessionWritesNothing() {
    WebSession session = created();

    save(session);

    assertThat(sessions.calls).isEmpty();
    StepVerifier.create(store.retrieveSession(session.getId())).verifyComplete();
  }

  @Test
  void saveOfAStartedSessionWithoutAttributesStoresIt() {
    WebSession session = created();
    session.start();

    save(session);

    assertThat(retrieved(session.getId()).getAttributes()).isEmpty();
  }

  @Test
  void retrievedSessionIsStarted() {
    assertThat(retrieved(stored().getId()).isStarted()).isTrue();
  }

  @Test
  void retrievedSessionHasItsAttributes() {
    String id = stored().getId();

    assertThat(retrieved(id).getAttributes())
        .isEqualTo(Map.of("user", "ada", "cart", List.of("tea")));
  }

  @Test
  void retrieveOfAnUnknownIdIsEmpty() {
    StepVerifier.create(store.retrieveSession(created().getId())).verifyComplete();
  }

  @Test
  void retrieveOfAMalformedIdIsEmpty() {
    StepVerifier.create(store.retrieveSession("../../etc/passwd")).verifyComplete();
  }

  @Test
  void retrieveOfAnExpiredSessionIsEmpty() {
    String id = stored().getId();

    sessions.advance(IDLE.plusMinutes(1));

    StepVerifier.create(store.retrieveSession(id)).verifyComplete();
  }

  @Test
  void requestThatReadsCostsOneCommand() {
    String id = stored().getId();
    sessions.calls.clear();

    WebSession session = retrieved(id);
    assertThat(session.<List<String>>getAttribute("cart")).containsExactly("tea");
    save(session);

    assertThat(sessions.calls).containsExactly("get");
  }

  @Test
  void requestThatChangesCostsTwoCommands() {
    String id = stored().getId();
    sessions.calls.clear();

    WebSession session = retrieved(id);
    session.getAttributes().put("user", "grace");
    save(session);

    assertThat(sessions.calls).containsExactly("get", "save");
  }

  @Test
  void secondSaveWithoutChangesSendsNothing() {
    WebSession session = stored();
    sessions.calls.clear();

    save(session);

    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void secondSaveWritesWhatChangedAfterTheFirst() {
    WebSession session = stored();
    session.getAttributes().put("user", "grace");

    save(session);

    assertThat(retrieved(session.getId()).<String>getAttribute("user")).isEqualTo("grace");
  }

  @Test
  void saveDoesNothingBeforeItIsSubscribedTo() {
    WebSession session = created();
    session.start();

    Mono<Void> save = session.save();

    assertThat(sessions.calls).isEmpty();
    StepVerifier.create(save).verifyComplete();
    assertThat(sessions.calls).containsExactly("save");
  }

  // Ended here.

  @Test
  void invalidateMarksTheSessionAsEndedWhenItIsCalled() {
    WebSession session = stored();

    Mono<Void> neverSubscribedTo = session.invalidate();

    assertThat(neverSubscribedTo).isNotNull();
    assertThat(session.isExpired()).isTrue();
    assertThat(session.isStarted()).isFalse();
    assertThat(session.getAttributes()).isEmpty();
  }

  @Test
  void invalidateDeletesTheSessionWhenItIsSubscribedTo() {
    WebSession session = stored();

    StepVerifier.create(session.invalidate()).verifyComplete();

    StepVerifier.create(store.retrieveSession(session.getId())).verifyComplete();
  }

  @Test
  void invalidateOfANeverStoredSessionSendsNothing() {
    WebSession session = created();
    session.getAttributes().put("user", "ada");

    StepVerifier.create(session.invalidate()).verifyComplete();

    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void saveAfterInvalidateErrsAndWritesNothing() {
    WebSession session = stored();
    StepVerifier.create(session.invalidate()).verifyComplete();
    sessions.calls.clear();
    session.getAttributes().put("user", "grace");

    verifyHasEnded(session.save());

    assertThat(sessions.calls).isEmpty();
    StepVerifier.create(store.retrieveSession(session.getId())).verifyComplete();
  }

  @Test
  void changeSessionIdAfterInvalidateErrs() {
    WebSession session = stored();
    StepVerifier.create(session.invalidate()).verifyComplete();

    verifyHasEnded(session.changeSessionId());
  }

  @Test
  void deletionWaitsForTheFirstSaveThatIsUnderWay() {
    WebSession session = created();
    session.start();
    Sinks.Empty<Void> answer = sessions.holdAnswers();
    StepVerifier save = StepVerifier.create(session.save()).expectComplete().verifyLater();

    StepVerifier invalidate =
        StepVerifier.create(session.invalidate()).expectComplete().verifyLater();
    assertThat(sessions.calls).containsExactly("save");
    answer.tryEmitEmpty();

    save.verify();
    invalidate.verify();
    assertThat(sessions.calls).containsExactly("save", "delete");
    StepVerifier.create(store.retrieveSession(session.getId())).verifyComplete();
  }

  @Test
  void saveThatIsCancelledBeforeItsTurnDoesNotHappen() {
    WebSession session = created();
    session.start();
    Sinks.Empty<Void> answer = sessions.holdAnswers();
    StepVerifier first = StepVerifier.create(session.save()).expectComplete().verifyLater();

    session.changeSessionId().subscribe().dispose();
    answer.tryEmitEmpty();

    first.verify();
    assertThat(sessions.calls).containsExactly("save");
  }

  @Test
  void saveThatIsCancelledOnceItWasSentIsStillTakenNoteOf() {
    WebSession session = created();
    session.start();
    Sinks.Empty<Void> answer = sessions.holdAnswers();

    session.save().subscribe().dispose();
    answer.tryEmitEmpty();
    save(session);

    assertThat(sessions.calls).containsExactly("save");
    assertThat(retrieved(session.getId()).isStarted()).isTrue();
  }

  // Ended elsewhere.

  @Test
  void saveWithChangesAfterADeletionElsewhereErrsAndWritesNothing() {
    WebSession session = retrieved(stored().getId());
    StepVerifier.create(retrieved(session.getId()).invalidate()).verifyComplete();
    session.getAttributes().put("user", "grace");

    verifyHasEnded(session.save());

    assertThat(session.isExpired()).isTrue();
    StepVerifier.create(store.retrieveSession(session.getId())).verifyComplete();
  }

  @Test
  void saveWithoutChangesAfterADeletionElsewhereSendsNothing() {
    WebSession session = retrieved(stored().getId());
    StepVerifier.create(store.removeSession(session.getId())).verifyComplete();
    sessions.calls.clear();

    save(session);

    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void changeSessionIdAfterADeletionElsewhereErrs() {
    WebSession session = retrieved(stored().getId());
    StepVerifier.create(store.removeSession(session.getId())).verifyComplete();

    verifyHasEnded(session.changeSessionId());

    assertThat(session.isExpired()).isTrue();
  }

  @Test
  void saveOfTheOldIdAfterItWasChangedElsewhereErrs() {
    String id = stored().getId();
    WebSession late = retrieved(id);
    WebSession signsIn = retrieved(id);
    StepVerifier.create(signsIn.changeSessionId()).verifyComplete();
    late.getAttributes().put("user", "mallory");

    verifyHasEnded(late.save());

    assertThat(retrieved(signsIn.getId()).<String>getAttribute("user")).isEqualTo("ada");
  }

  @Test
  void removeSessionOfAnUnknownIdCompletes() {
    StepVerifier.create(store.removeSession(created().getId())).verifyComplete();
  }

  // The id.

  @Test
  void changeSessionIdOfAnUnstartedSessionWritesNothing() {
    WebSession session = created();
    String before = session.getId();

    StepVerifier.create(session.changeSessionId()).verifyComplete();

    assertThat(session.getId()).isNotEqualTo(before);
    assertThat(session.isStarted()).isFalse();
    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void changeSessionIdBeforeTheFirstSaveStoresTheSessionUnderTheNewIdOnly() {
    WebSession session = created();
    session.getAttributes().put("user", "ada");
    session.setMaxIdleTime(Duration.ofHours(2));
    String before = session.getId();

    StepVerifier.create(session.changeSessionId()).verifyComplete();
    save(session);

    assertThat(sessions.calls).containsExactly("save");
    assertThat(session.getId()).isNotEqualTo(before);
    assertThat(retrieved(session.getId()).<String>getAttribute("user")).isEqualTo("ada");
    assertThat(retrieved(session.getId()).getMaxIdleTime()).isEqualTo(Duration.ofHours(2));
    StepVerifier.create(store.retrieveSession(before)).verifyComplete();
  }

  @Test
  void changeSessionIdEndsTheOldId() {
    WebSession session = stored();
    String before = session.getId();

    StepVerifier.create(session.changeSessionId()).verifyComplete();

    StepVerifier.create(store.retrieveSession(before)).verifyComplete();
    assertThat(retrieved(session.getId()).<String>getAttribute("user")).isEqualTo("ada");
  }

  @Test
  void changeSessionIdTakesChangesAlongInItsOneCommand() {
    WebSession session = retrieved(stored().getId());
    session.getAttributes().put("user", "grace");
    session.getAttributes().remove("cart");
    sessions.calls.clear();

    StepVerifier.create(session.changeSessionId()).verifyComplete();
    save(session);

    assertThat(sessions.calls).containsExactly("rotateId");
    assertThat(retrieved(session.getId()).getAttributes()).isEqualTo(Map.of("user", "grace"));
  }

  @Test
  void changeSessionIdTwiceEndsBothFormerIds() {
    WebSession session = stored();
    String first = session.getId();
    StepVerifier.create(session.changeSessionId()).verifyComplete();
    String second = session.getId();

    StepVerifier.create(session.changeSessionId()).verifyComplete();

    StepVerifier.create(store.retrieveSession(first)).verifyComplete();
    StepVerifier.create(store.retrieveSession(second)).verifyComplete();
    assertThat(retrieved(session.getId()).isStarted()).isTrue();
  }

  @Test
  void saveDuringAChangeOfTheIdSavesUnderTheNewOne() {
    WebSession session = retrieved(stored().getId());
    Sinks.Empty<Void> answer = sessions.holdAnswers();
    StepVerifier change =
        StepVerifier.create(session.changeSessionId()).expectComplete().verifyLater();
    session.getAttributes().put("user", "grace");
    StepVerifier save = StepVerifier.create(session.save()).expectComplete().verifyLater();

    answer.tryEmitEmpty();

    change.verify();
    save.verify();
    assertThat(retrieved(session.getId()).<String>getAttribute("user")).isEqualTo("grace");
  }

  // Time.

  @Test
  void sessionIsExpiredAfterItsIdleTime() {
    WebSession session = stored();

    sessions.advance(IDLE.plusMillis(1));

    assertThat(session.isExpired()).isTrue();
  }

  @Test
  void sessionIsNotExpiredAtItsIdleTime() {
    WebSession session = stored();

    sessions.advance(IDLE);

    assertThat(session.isExpired()).isFalse();
  }

  @Test
  void unstartedSessionDoesNotExpire() {
    WebSession session = created();

    sessions.advance(IDLE.multipliedBy(2));

    assertThat(session.isExpired()).isFalse();
  }

  @Test
  void heldSessionIsExpiredAtItsAbsoluteEndWithoutAskingTheStore() {
    try (var limited =
        new TestSessions(
            kind, SERVER, TestSessions.Options.absoluteTimeout(Duration.ofMinutes(40)))) {
      WebSession session = get(limited.web().createWebSession());
      session.start();
      save(session);
      limited.advance(Duration.ofMinutes(25));
      WebSessionStore store = limited.web();
      get(store.updateLastAccessTime(session));
      limited.advance(Duration.ofMinutes(14).plusSeconds(59));
      get(store.updateLastAccessTime(session));
      assertThat(session.isExpired()).isFalse();

      limited.advance(Duration.ofSeconds(1));
      limited.calls.clear();
      assertThat(session.isExpired()).isTrue();
      assertThat(limited.calls).isEmpty();
    }
  }

  @Test
  void sessionIsExpiredAtItsAbsoluteEndHoweverBusy() {
    try (var limited =
        new TestSessions(
            kind, SERVER, TestSessions.Options.absoluteTimeout(Duration.ofMinutes(40)))) {
      WebSession first = get(limited.web().createWebSession());
      first.start();
      save(first);
      limited.advance(Duration.ofMinutes(25));
      WebSession session = get(limited.web().retrieveSession(first.getId()));
      session.getAttributes().put("user", "ada");
      save(session);

      limited.advance(Duration.ofMinutes(15));

      assertThat(session.isExpired()).isTrue();
      StepVerifier.create(limited.web().retrieveSession(first.getId())).verifyComplete();
    }
  }

  @Test
  void sessionWithANegativeMaxIdleTimeNeverExpires() {
    WebSession session = stored();
    session.setMaxIdleTime(Duration.ofSeconds(-1));
    save(session);

    sessions.advance(Duration.ofDays(3650));

    assertThat(session.isExpired()).isFalse();
    assertThat(retrieved(session.getId()).getMaxIdleTime()).isNegative();
  }

  @Test
  void sessionWithAZeroMaxIdleTimeEndsAsSoonAsTimeHasPassed() {
    WebSession session = stored();
    session.setMaxIdleTime(Duration.ZERO);
    save(session);

    sessions.advance(Duration.ofMillis(2));

    assertThat(session.isExpired()).isTrue();
    StepVerifier.create(store.retrieveSession(session.getId())).verifyComplete();
  }

  @Test
  void maxIdleTimeThatTheStoreCannotKeepIsRefusedWhenItIsSet() {
    WebSession session = created();

    assertThatThrownBy(() -> session.setMaxIdleTime(Duration.ofDays(36_501)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void setMaxIdleTimeTakesEffectAtTheSave() {
    WebSession session = retrieved(stored().getId());
    session.setMaxIdleTime(Duration.ofHours(3));
    assertThat(retrieved(session.getId()).getMaxIdleTime()).isEqualTo(IDLE);

    save(session);

    sessions.advance(Duration.ofHours(2));
    assertThat(retrieved(session.getId()).getMaxIdleTime()).isEqualTo(Duration.ofHours(3));
  }

  @Test
  void maxIdleTimeGoesAlongWithAChangeOfTheId() {
    WebSession session = stored();
    session.setMaxIdleTime(Duration.ofHours(3));

    StepVerifier.create(session.changeSessionId()).verifyComplete();

    assertThat(retrieved(session.getId()).getMaxIdleTime()).isEqualTo(Duration.ofHours(3));
  }

  @Test
  void creationTimeStays() {
    WebSession session = stored();

    sessions.advance(Duration.ofMinutes(10));

    assertThat(retrieved(session.getId()).getCreationTime()).isEqualTo(session.getCreationTime());
  }

  @Test
  void retrievingIsAnAccess() {
    String id = stored().getId();
    sessions.advance(Duration.ofMinutes(10));

    assertThat(retrieved(id).getLastAccessTime()).isEqualTo(sessions.clock.instant());
  }

  @Test
  void retrievingKeepsTheSessionAlive() {
    String id = stored().getId();
    sessions.advance(Duration.ofMinutes(20));
    retrieved(id);
    // The access is written down beside the answer, in at most two commands; on the connection that
    // they share, two more reads come after them.
    retrieved(id);
    retrieved(id);

    sessions.advance(Duration.ofMinutes(20));

    assertThat(retrieved(id).isExpired()).isFalse();
  }

  @Test
  void updateLastAccessTimeRightAfterTheReadSendsNothing() {
    WebSession session = retrieved(stored().getId());
    sessions.calls.clear();

    StepVerifier.create(store.updateLastAccessTime(session)).expectNext(session).verifyComplete();

    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void updateLastAccessTimeKeepsASessionAliveThatIsHeldForLong() {
    WebSession session = retrieved(stored().getId());
    sessions.advance(Duration.ofMinutes(20));
    StepVerifier.create(store.updateLastAccessTime(session)).expectNext(session).verifyComplete();

    sessions.advance(Duration.ofMinutes(20));

    assertThat(session.isExpired()).isFalse();
    assertThat(retrieved(session.getId()).isStarted()).isTrue();
  }

  /** As its time to live has no more slack than that. */
  @Test
  void heldSessionIsKeptAliveAsOftenAsItsStoresTouchIntervalSays() {
    Duration touchInterval = Duration.ofSeconds(1);
    try (var exact =
        new TestSessions(kind, SERVER, TestSessions.Options.touchInterval(touchInterval))) {
      WebSession session = get(exact.web().createWebSession());
      session.start();
      save(session);
      exact.advance(Duration.ofSeconds(10));
      get(exact.web().updateLastAccessTime(session));

      exact.advance(IDLE.minusSeconds(5));

      assertThat(session.isExpired()).isFalse();
      assertThat(get(exact.web().retrieveSession(session.getId())).isStarted()).isTrue();
    }
  }

  @Test
  void heldSessionIsToldOfAnAccessThatTheReadDidNotWriteDown() {
    String id = stored().getId();
    Duration notDue = IDLE.dividedBy(60).minusSeconds(1);
    sessions.advance(notDue);
    WebSession session = retrieved(id);
    sessions.advance(notDue);
    get(store.updateLastAccessTime(session));

    sessions.advance(IDLE.minusSeconds(5));

    assertThat(session.isExpired()).isFalse();
    assertThat(retrieved(id).isStarted()).isTrue();
  }

  @Test
  void touchOfAReadIsNotSentAgainByTheHeldSession() {
    String id = stored().getId();
    sessions.advance(Duration.ofMinutes(20));
    WebSession session = retrieved(id);
    sessions.calls.clear();

    get(store.updateLastAccessTime(session));

    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void updateLastAccessTimeOfASessionThatEndedElsewhereSaysSo() {
    WebSession session = retrieved(stored().getId());
    StepVerifier.create(store.removeSession(session.getId())).verifyComplete();
    sessions.advance(Duration.ofMinutes(20));

    StepVerifier.create(store.updateLastAccessTime(session)).expectNext(session).verifyComplete();

    assertThat(session.isExpired()).isTrue();
  }

  // Two requests at once.

  @Test
  void requestsThatChangeDifferentAttributesBothWin() {
    String id = stored().getId();
    WebSession one = retrieved(id);
    WebSession other = retrieved(id);
    one.getAttributes().put("user", "grace");
    other.getAttributes().put("theme", "dark");

    save(one);
    save(other);

    assertThat(retrieved(id).getAttributes())
        .isEqualTo(Map.of("user", "grace", "theme", "dark", "cart", List.of("tea")));
  }

  @Test
  void savedSessionHasWhatTheOtherRequestAddedAndRemoved() {
    String id = stored().getId();
    WebSession one = retrieved(id);
    WebSession other = retrieved(id);
    other.getAttributes().put("theme", "dark");
    other.getAttributes().remove("cart");
    save(other);
    one.getAttributes().put("user", "grace");

    save(one);

    assertThat(one.getAttributes()).isEqualTo(Map.of("user", "grace", "theme", "dark"));
  }

  @Test
  void attributeThatWasOnlyReadIsNotWrittenOverTheOtherRequestsChange() {
    String id = stored().getId();
    WebSession one = retrieved(id);
    assertThat(one.<List<String>>getAttribute("cart")).containsExactly("tea");
    WebSession other = retrieved(id);
    other.getAttributes().put("cart", List.of("tea", "pot"));
    save(other);

    one.getAttributes().put("user", "grace");
    save(one);
    one.getAttributes().put("user", "hedy");
    save(one);

    assertThat(retrieved(id).<List<String>>getAttribute("cart")).containsExactly("tea", "pot");
  }

  @Test
  void strictStoresConflictIsPassedOnAsItIs() {
    try (var strict =
        new TestSessions(kind, SERVER, TestSessions.Options.conflicts(ConflictPolicy.REJECT))) {
      WebSession first = get(strict.web().createWebSession());
      first.start();
      save(first);
      WebSession one = get(strict.web().retrieveSession(first.getId()));
      WebSession other = get(strict.web().retrieveSession(first.getId()));
      one.getAttributes().put("user", "grace");
      other.getAttributes().put("theme", "dark");
      save(one);

      StepVerifier.create(other.save()).verifyError(SessionConflictException.class);
    }
  }

  @Test
  void changesMadeWhileASaveIsUnderWayWaitForTheNext() {
    WebSession session = retrieved(stored().getId());
    session.getAttributes().put("user", "grace");
    Sinks.Empty<Void> answer = sessions.holdAnswers();
    StepVerifier save = StepVerifier.create(session.save()).expectComplete().verifyLater();
    session.getAttributes().put("user", "hedy");
    session.getAttributes().put("theme", "dark");
    session.getAttributes().remove("cart");

    answer.tryEmitEmpty();
    save.verify();
    assertThat(session.getAttributes()).isEqualTo(Map.of("user", "hedy", "theme", "dark"));
    save(session);

    assertThat(retrieved(session.getId()).getAttributes())
        .isEqualTo(Map.of("user", "hedy", "theme", "dark"));
  }

  @Test
  void changesOfAFailedSaveAreWrittenByTheNext() {
    WebSession session = retrieved(stored().getId());
    session.getAttributes().put("user", "grace");
    session.getAttributes().put("bad", new Object());
    StepVerifier.create(session.save()).verifyError();

    session.getAttributes().remove("bad");
    save(session);

    assertThat(retrieved(session.getId()).<String>getAttribute("user")).isEqualTo("grace");
  }

  // Changes in place.

  @Test
  void listThatWasReadAndChangedInPlaceIsSaved() {
    WebSession session = retrieved(stored().getId());
    Objects.requireNonNull(session.<List<String>>getAttribute("cart")).add("pot");

    save(session);

    assertThat(retrieved(session.getId()).<List<String>>getAttribute("cart"))
        .containsExactly("tea", "pot");
  }

  @Test
  void valueThatWasPutIsStillWatchedAfterItsSave() {
    WebSession session = created();
    List<String> cart = new ArrayList<>(List.of("tea"));
    session.getAttributes().put("cart", cart);
    save(session);
    cart.add("pot");

    save(session);

    assertThat(retrieved(session.getId()).<List<String>>getAttribute("cart"))
        .containsExactly("tea", "pot");
  }

  @Test
  void changeInPlaceWhileASaveIsUnderWayIsWrittenByTheNext() {
    WebSession session = created();
    List<String> cart = new ArrayList<>(List.of("tea"));
    session.getAttributes().put("cart", cart);
    Sinks.Empty<Void> answer = sessions.holdAnswers();
    StepVerifier save = StepVerifier.create(session.save()).expectComplete().verifyLater();
    cart.add("pot");

    answer.tryEmitEmpty();
    save.verify();
    save(session);

    assertThat(retrieved(session.getId()).<List<String>>getAttribute("cart"))
        .containsExactly("tea", "pot");
  }

  @Test
  void changeInPlaceOfAnEarlierValueDoesNotBringItBack() {
    WebSession session = retrieved(stored().getId());
    List<String> old = Objects.requireNonNull(session.getAttribute("cart"));
    session.getAttributes().put("cart", List.of("new"));
    old.add("pot");

    save(session);

    assertThat(retrieved(session.getId()).<List<String>>getAttribute("cart"))
        .containsExactly("new");
  }

  @Test
  void readingEverythingWritesNothing() {
    WebSession first = created();
    first.getAttributes().put("nested", Map.of("b", List.of(1, 2.5, true), "a", Map.of("x", "y")));
    save(first);
    WebSession session = retrieved(first.getId());
    sessions.calls.clear();

    assertThat(session.getAttributes()).containsOnlyKeys("nested");
    assertThat(session.getAttributes().values()).hasSize(1);
    assertThat(session.getAttributes().hashCode()).isNotZero();
    save(session);

    assertThat(sessions.calls).isEmpty();
  }

  // What ends up in logs.

  @Test
  void toStringTellsNeitherIdNorValues() {
    WebSession session = stored();

    String all =
        session
            + store.toString()
            + session.getAttributes()
            + session.getAttributes().values()
            + session.getAttributes().entrySet();

    assertThat(all).doesNotContain(session.getId(), "ada", "tea");
  }

  private WebSession created() {
    return get(store.createWebSession());
  }

  /** A session with a user and a cart, just stored. */
  private WebSession stored() {
    WebSession session = created();
    session.getAttributes().put("user", "ada");
    session.getAttributes().put("cart", List.of("tea"));
    save(session);
    return session;
  }

  private WebSession retrieved(String id) {
    return get(store.retrieveSession(id));
  }

  private static WebSession get(Mono<WebSession> session) {
    return Objects.requireNonNull(session.block());
  }

  private static void save(WebSession session) {
    StepVerifier.create(session.save()).verifyComplete();
  }

  private static void verifyHasEnded(Mono<Void> operation) {
    StepVerifier.create(operation)
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(IllegalStateException.class)
                    .hasCauseInstanceOf(SessionGoneException.class));
  }
}
