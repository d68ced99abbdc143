package io.latchkey.webflux;

import static io.latchkey.webflux.TestSessions.IDLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.SessionGoneException;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.session.MapSession;
import org.springframework.session.Session;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** What callers of Spring Session's ReactiveSessionRepository expect, and what we promise. */
@ParameterizedClass
@EnumSource
class LatchkeyReactiveSessionRepositoryTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions.Kind kind;
  private final TestSessions sessions;
  private final LatchkeyReactiveSessionRepository repository;

  LatchkeyReactiveSessionRepositoryTest(TestSessions.Kind kind) {
    this.kind = kind;
    sessions = new TestSessions(kind, SERVER);
    repository = new LatchkeyReactiveSessionRepository(sessions, sessions.clock);
  }

  @AfterEach
  void close() {
    sessions.close();
  }

  // Creating and finding.

  @Test
  void createSendsNoCommandAndMakesAnotherSessionForEachSubscription() {
    Mono<Session> creation = repository.createSession();

    assertThat(value(creation).getId()).isNotEqualTo(value(creation).getId());
    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void createdSessionHasTheStoresTimes() {
    Session session = value(repository.createSession());

    assertThat(session.getMaxInactiveInterval()).isEqualTo(IDLE);
    assertThat(session.getCreationTime()).isEqualTo(sessions.clock.instant());
    assertThat(session.getLastAccessedTime()).isEqualTo(sessions.clock.instant());
    assertThat(session.isExpired()).isFalse();
  }

  @Test
  void saveStoresANewSessionEvenWithoutAttributes() {
    Session session = value(repository.createSession());

    save(session);

    assertThat(found(session.getId()).getAttributeNames()).isEmpty();
    assertThat(sessions.calls).containsExactly("save", "get");
  }

  @Test
  void foundSessionHasItsAttributes() {
    Session session = found(stored().getId());

    assertThat(session.getAttributeNames()).containsExactlyInAnyOrder("user", "cart");
    assertThat(session.<String>getAttribute("user")).isEqualTo("ada");
    assertThat(session.<List<String>>getRequiredAttribute("cart")).containsExactly("tea");
    assertThat(session.getAttributeOrDefault("none", "else")).isEqualTo("else");
  }

  @Test
  void findOfAnUnknownIdIsEmpty() {
    StepVerifier.create(repository.findById(sessions.newSession().id())).verifyComplete();
  }

  @Test
  void findOfAMalformedIdIsEmpty() {
    StepVerifier.create(repository.findById("not an id")).verifyComplete();
  }

  @Test
  void findOfAnExpiredSessionIsEmpty() {
    String id = stored().getId();

    sessions.advance(IDLE.plusMinutes(1));

    StepVerifier.create(repository.findById(id)).verifyComplete();
  }

  @Test
  void findOfADeletedSessionIsEmpty() {
    String id = stored().getId();

    repository.deleteById(id).block();

    StepVerifier.create(repository.findById(id)).verifyComplete();
  }

  @Test
  void deleteOfAnUnknownIdCompletes() {
    StepVerifier.create(repository.deleteById(sessions.newSession().id())).verifyComplete();
  }

  @Test
  void sessionsOfTheWebSessionStoreAreTheSameOnes() {
    String id = stored().getId();

    assertThat(
            Objects.requireNonNull(sessions.web().retrieveSession(id).block())
                .<String>getAttribute("user"))
        .isEqualTo("ada");
  }

  // Attributes.

  @Test
  void removedAttributeIsGone() {
    String id = stored().getId();
    Session session = found(id);

    session.removeAttribute("user");

    assertThat(session.<String>getAttribute("user")).isNull();
    save(session);
    assertThat(found(id).getAttributeNames()).containsExactly("cart");
  }

  @Test
  @SuppressWarnings(
      "NullAway") // Spring's contract takes null, though its signature does not say so
  void settingNullRemovesTheAttribute() {
    String id = stored().getId();
    Session session = found(id);

    session.setAttribute("user", null);
    save(session);

    assertThat(found(id).getAttributeNames()).containsExactly("cart");
  }

  @Test
  void attributeNamesAreASnapshotThatMayBeIteratedWhileAttributesAreRemoved() {
    Session session = stored();
    Set<String> names = session.getAttributeNames();

    names.forEach(session::removeAttribute);

    assertThat(names).containsExactlyInAnyOrder("user", "cart");
    assertThat(session.getAttributeNames()).isEmpty();
  }

  @Test
  void changeInPlaceIsSaved() {
    String id = stored().getId();
    Session session = found(id);

    session.<List<String>>getRequiredAttribute("cart").add("milk");
    save(session);

    assertThat(found(id).<List<String>>getAttribute("cart")).containsExactly("tea", "milk");
  }

  // Saving.

  @Test
  void saveWithoutChangesSendsNothing() {
    Session session = found(stored().getId());
    session.getAttribute("cart");
    sessions.calls.clear();

    save(session);

    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void saveWithChangesIsOneCommand() {
    Session session = found(stored().getId());
    session.setAttribute("user", "grace");
    session.removeAttribute("cart");
    session.setMaxInactiveInterval(Duration.ofMinutes(5));
    sessions.calls.clear();

    save(session);

    assertThat(sessions.calls).containsExactly("save");
  }

  @Test
  void saveDoesNothingBeforeItIsSubscribedTo() {
    Mono<Void> save = repository.save(value(repository.createSession()));

    assertThat(sessions.calls).isEmpty();
    StepVerifier.create(save).verifyComplete();
    assertThat(sessions.calls).containsExactly("save");
  }

  @Test
  void changesOfTwoRequestsToDifferentAttributesBothStay() {
    String id = stored().getId();
    Session one = found(id);
    Session other = found(id);

    one.setAttribute("user", "grace");
    other.setAttribute("theme", "dark");
    save(one);
    save(other);

    assertThat(found(id).<String>getAttribute("user")).isEqualTo("grace");
    assertThat(found(id).<String>getAttribute("theme")).isEqualTo("dark");
  }

  @Test
  void saveOfADeletedSessionIsAnErrorAndWritesNothing() {
    Session session = stored();
    session.setAttribute("user", "mallory");
    repository.deleteById(session.getId()).block();

    assertThatThrownBy(() -> save(session))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Session was invalidated")
        .hasCauseInstanceOf(SessionGoneException.class);
    StepVerifier.create(repository.findById(session.getId())).verifyComplete();
    assertThat(session.isExpired()).isTrue();
  }

  @Test
  void secondSaveOfADeletedSessionSendsNothingMore() {
    Session session = stored();
    session.setAttribute("user", "mallory");
    repository.deleteById(session.getId()).block();
    assertThatThrownBy(() -> save(session)).isInstanceOf(IllegalStateException.class);
    sessions.calls.clear();

    assertThatThrownBy(() -> save(session)).isInstanceOf(IllegalStateException.class);
    assertThat(sessions.calls).isEmpty();
  }

  @Test
  void saveOfAnExpiredSessionIsAnErrorAndWritesNothing() {
    Session session = stored();
    session.setAttribute("user", "mallory");

    sessions.advance(IDLE.plusMinutes(1));

    assertThatThrownBy(() -> save(session)).isInstanceOf(IllegalStateException.class);
    StepVerifier.create(repository.findById(session.getId())).verifyComplete();
  }

  @Test
  void savesOfOneSessionObjectHappenOneAfterAnother() {
    Session session = value(repository.createSession());
    Sinks.Empty<Void> gate = sessions.holdAnswers();

    Mono<Void> first = repository.save(session).cache();
    first.subscribe();
    session.setAttribute("user", "ada");
    Mono<Void> second = repository.save(session).cache();
    second.subscribe();

    assertThat(sessions.calls).containsExactly("save");
    gate.tryEmitEmpty();
    StepVerifier.create(first.then(second)).verifyComplete();
    assertThat(found(session.getId()).<String>getAttribute("user")).isEqualTo("ada");
  }

  @Test
  void sessionOfAnotherRepositoryIsRefused() {
    assertThatThrownBy(() -> repository.save(new MapSession()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // Changing the id.

  @Test
  void changedIdIsToldAtOnceAndStoredBySave() {
    Session session = stored();
    String oldId = session.getId();

    String newId = session.changeSessionId();

    assertThat(newId).isNotEqualTo(oldId).isEqualTo(session.getId());
    save(session);
    assertThat(session.getId()).isEqualTo(newId);
    assertThat(found(newId).<String>getAttribute("user")).isEqualTo("ada");
    StepVerifier.create(repository.findById(oldId)).verifyComplete();
  }

  @Test
  void changedIdAndChangedAttributesAreOneCommand() {
    Session session = stored();
    sessions.calls.clear();

    session.setAttribute("user", "grace");
    String newId = session.changeSessionId();
    save(session);

    assertThat(sessions.calls).containsExactly("rotateId");
    assertThat(found(newId).<String>getAttribute("user")).isEqualTo("grace");
  }

  @Test
  void idMayBeChangedBeforeTheFirstSave() {
    Session session = value(repository.createSession());
    String oldId = session.getId();

    String newId = session.changeSessionId();
    session.setAttribute("user", "ada");
    save(session);

    assertThat(found(newId).<String>getAttribute("user")).isEqualTo("ada");
    StepVerifier.create(repository.findById(oldId)).verifyComplete();
  }

  @Test
  void idThatIsChangedTwiceBeforeASaveIsAnotherEachTimeAndOnlyTheLastFindsTheSession() {
    Session session = stored();

    String first = session.changeSessionId();
    String second = session.changeSessionId();
    save(session);

    assertThat(second).isNotEqualTo(first);
    assertThat(found(second).getId()).isEqualTo(session.getId()).isEqualTo(second);
    StepVerifier.create(repository.findById(first)).verifyComplete();
  }

  @Test
  void idMayBeChangedAgainAfterASave() {
    Session session = stored();
    String first = session.changeSessionId();
    save(session);

    String second = session.changeSessionId();
    save(session);

    assertThat(second).isNotEqualTo(first);
    assertThat(found(second).<String>getAttribute("user")).isEqualTo("ada");
    StepVerifier.create(repository.findById(first)).verifyComplete();
  }

  @Test
  void changeAfterAChangedIdIsSavedUnderTheNewId() {
    Session session = stored();
    String newId = session.changeSessionId();
    save(session);
    sessions.calls.clear();

    session.setAttribute("user", "grace");
    save(session);

    assertThat(sessions.calls).containsExactly("save");
    assertThat(found(newId).<String>getAttribute("user")).isEqualTo("grace");
  }

  @Test
  void idThatIsChangedDuringASaveIsStoredByTheNext() {
    Session session = stored();
    session.setAttribute("user", "grace");
    Sinks.Empty<Void> gate = sessions.holdAnswers();
    Mono<Void> save = repository.save(session).cache();
    save.subscribe();

    String newId = session.changeSessionId();
    gate.tryEmitEmpty();
    StepVerifier.create(save).verifyComplete();

    assertThat(session.getId()).isEqualTo(newId);
    save(session);
    assertThat(found(newId).<String>getAttribute("user")).isEqualTo("grace");
  }

  @Test
  void changedIdOfADeletedSessionIsAnErrorAndWritesNothing() {
    Session session = stored();
    repository.deleteById(session.getId()).block();

    String newId = session.changeSessionId();

    assertThatThrownBy(() -> save(session)).isInstanceOf(IllegalStateException.class);
    StepVerifier.create(repository.findById(newId)).verifyComplete();
  }

  @Test
  void requestWithTheOldIdCannotBringTheSessionBack() {
    Session session = stored();
    Session late = found(session.getId());
    String oldId = session.getId();
    session.changeSessionId();
    save(session);

    late.setAttribute("user", "mallory");

    assertThatThrownBy(() -> save(late)).isInstanceOf(IllegalStateException.class);
    StepVerifier.create(repository.findById(oldId)).verifyComplete();
    assertThat(found(session.getId()).<String>getAttribute("user")).isEqualTo("ada");
  }

  // Times.

  @Test
  void intervalTakesEffectWithTheSave() {
    Session session = stored();
    session.setMaxInactiveInterval(Duration.ofMinutes(5));

    assertThat(session.getMaxInactiveInterval()).isEqualTo(Duration.ofMinutes(5));
    save(session);
    assertThat(found(session.getId()).getMaxInactiveInterval()).isEqualTo(Duration.ofMinutes(5));
    sessions.advance(Duration.ofMinutes(6));
    StepVerifier.create(repository.findById(session.getId())).verifyComplete();
  }

  @Test
  void negativeIntervalNeverExpires() {
    Session session = stored();

    session.setMaxInactiveInterval(Duration.ofMinutes(-7));
    save(session);
    sessions.advance(Duration.ofDays(1_000));

    assertThat(session.isExpired()).isFalse();
    assertThat(found(session.getId()).getMaxInactiveInterval()).isNegative();
  }

  @Test
  void zeroIntervalExpiresAtOnce() {
    Session session = stored();

    session.setMaxInactiveInterval(Duration.ZERO);

    assertThat(session.isExpired()).isTrue();
    save(session);
    sessions.advance(Duration.ofSeconds(1));
    StepVerifier.create(repository.findById(session.getId())).verifyComplete();
  }

  @Test
  void sessionIsExpiredWhenItsIntervalHasPassedSinceTheLastAccess() {
    Session session = stored();
    session.setLastAccessedTime(sessions.clock.instant());

    sessions.advance(IDLE.minusMillis(1));
    assertThat(session.isExpired()).isFalse();
    sessions.advance(Duration.ofMillis(1));
    assertThat(session.isExpired()).isTrue();
  }

  @Test
  void lastAccessedTimeMayBeSetAndDecidesExpiry() {
    Session session = stored();
    Instant past = sessions.clock.instant().minus(Duration.ofHours(1));

    session.setLastAccessedTime(past);

    assertThat(session.getLastAccessedTime()).isEqualTo(past);
    assertThat(session.isExpired()).isTrue();
  }

  @Test
  void foundSessionTellsTheAccessBeforeThisOne() {
    String id = stored().getId();
    Instant before = sessions.clock.instant();

    sessions.advance(Duration.ofMinutes(10));

    assertThat(found(id).getLastAccessedTime()).isEqualTo(before);
  }

  @Test
  void requestAsSpringSessionMakesItKeepsTheSessionAliveWithoutACommandMore() {
    String id = stored().getId();
    sessions.advance(IDLE.minusMinutes(5));
    sessions.calls.clear();

    Session session = found(id);
    session.setLastAccessedTime(sessions.clock.instant());
    save(session);

    assertThat(sessions.calls).containsExactly("get");
    awaitTouch(id);
    sessions.advance(IDLE.minusMinutes(5));
    assertThat(found(id).<String>getAttribute("user")).isEqualTo("ada");
  }

  @Test
  void accessOfASessionThatIsHeldForLongKeepsItAlive() {
    Session session = found(stored().getId());
    sessions.advance(IDLE.minusMinutes(5));
    sessions.calls.clear();

    session.setLastAccessedTime(sessions.clock.instant());
    save(session);

    assertThat(sessions.calls).containsExactly("touch");
    sessions.advance(IDLE.minusMinutes(5));
    assertThat(found(session.getId()).<String>getAttribute("user")).isEqualTo("ada");
  }

  @Test
  void heldSessionIsKeptAliveAsOftenAsItsStoresTouchIntervalSays() {
    var touchInterval = TestSessions.Options.touchInterval(Duration.ofSeconds(1));
    try (var exact = new TestSessions(kind, SERVER, touchInterval)) {
      var exactRepository = new LatchkeyReactiveSessionRepository(exact, exact.clock);
      Session session = value(exactRepository.createSession());
      exactRepository.save(session).block();
      exact.advance(Duration.ofSeconds(10));
      session.setLastAccessedTime(exact.clock.instant());
      exactRepository.save(session).block();

      exact.advance(IDLE.minusSeconds(5));

      assertThat(value(exactRepository.findById(session.getId())).isExpired()).isFalse();
    }
  }

  @Test
  void accessOfASessionThatHasEndedIsAnError() {
    Session session = stored();
    repository.deleteById(session.getId()).block();
    sessions.advance(Duration.ofMinutes(5));

    session.setLastAccessedTime(sessions.clock.instant());

    assertThatThrownBy(() -> save(session)).isInstanceOf(IllegalStateException.class);
    StepVerifier.create(repository.findById(session.getId())).verifyComplete();
  }

  @Test
  void absoluteEndExpiresHoweverMuchASessionIsUsed() {
    try (var limited =
        new TestSessions(
            kind, SERVER, TestSessions.Options.absoluteTimeout(Duration.ofMinutes(40)))) {
      var limitedRepository = new LatchkeyReactiveSessionRepository(limited, limited.clock);
      Session session = value(limitedRepository.createSession());
      limitedRepository.save(session).block();
      limited.advance(Duration.ofMinutes(20));
      session.setAttribute("user", "ada");
      limitedRepository.save(session).block();
      limited.advance(Duration.ofMinutes(20));

      session.setLastAccessedTime(limited.clock.instant());

      assertThat(session.isExpired()).isTrue();
      StepVerifier.create(limitedRepository.findById(session.getId())).verifyComplete();
    }
  }

  @Test
  void tooLongAnIntervalIsRefusedAtOnce() {
    Session session = stored();

    assertThatThrownBy(() -> session.setMaxInactiveInterval(Duration.ofDays(100_000)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(session.getMaxInactiveInterval()).isEqualTo(IDLE);
  }

  @Test
  void toStringTellsNoIdAndNoValue() {
    Session session = stored();

    assertThat(session.toString()).doesNotContain(session.getId()).doesNotContain("ada");
  }

  /** Asks until the touch that the store sends beside a read is answered too. */
  private void awaitTouch(String id) {
    Instant now = sessions.clock.instant();
    int attempts = 0;
    while (!found(id).getLastAccessedTime().equals(now)) {
      assertThat(++attempts).as("reads without a touch").isLessThan(1_000);
    }
  }

  private Session stored() {
    Session session = value(repository.createSession());
    session.setAttribute("user", "ada");
    session.setAttribute("cart", new ArrayList<>(List.of("tea")));
    save(session);
    return session;
  }

  private Session found(String id) {
    return value(repository.findById(id));
  }

  private void save(Session session) {
    repository.save(session).block();
  }

  private static Session value(Mono<Session> session) {
    return Objects.requireNonNull(session.block());
  }
}
