package io.latchkey.tck;

import static io.latchkey.tck.Signals.all;
import static io.latchkey.tck.Signals.assertEmpty;
import static io.latchkey.tck.Signals.value;
import static java.time.temporal.ChronoUnit.MILLIS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.Session;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

abstract class ReadingContract extends ContractTopic {
  ReadingContract(SessionStoreContract kit) {
    super(kit);
  }

  @Test
  void createdSessionIsReadByAnotherInstance() {
    Session session = created(Map.of("user", "user123"));
    assertThat(stored(session).id()).isEqualTo(session.id());
    assertThat(stored(session).get("user", String.class)).contains("user123");
  }

  @Test
  void createdSessionHasItsAttributesAtOnce() {
    Session session = created(Map.of("user", "user123", "n", 1));
    assertThat(session.names()).containsExactlyInAnyOrder("user", "n");
    assertThat(session.get("n", Integer.class)).contains(1);
  }

  @Test
  void sessionWithoutAttributesIsStoredToo() {
    assertThat(stored(created()).names()).isEmpty();
  }

  @Test
  void idsAre40CharactersOfTheBase64UrlAlphabet() {
    assertThat(created().id()).matches("[A-Za-z0-9_-]{40}");
    assertThat(store().newSession().id()).matches("[A-Za-z0-9_-]{40}");
  }

  @Test
  void noTwoIdsAreAlike() {
    Set<String> ids =
        Stream.generate(() -> store().newSession().id()).limit(1000).collect(Collectors.toSet());
    assertThat(ids).hasSize(1000);
  }

  @Test
  void createStoresNothingBeforeItIsSubscribedToAndANewSessionEachTime() {
    Mono<Session> create = store().create(Map.of("n", 1));
    Session first = value(create);
    Session second = value(create);
    assertThat(first.id()).isNotEqualTo(second.id());
    assertThat(all(other().getAll(List.of(first.id(), second.id())))).hasSize(2);
  }

  @Test
  void newSessionIsOnlyInMemory() {
    Session session = store().newSession();
    assertThat(session.names()).isEmpty();
    assertGone(session.id());
  }

  @Test
  void newSessionHasTheStoresIdleTimeout() {
    assertThat(store().newSession().idleTimeout()).isEqualTo(options().idleTimeout());
  }

  @Test
  void getAsksAnewAtEachSubscription() {
    Session session = created(Map.of("n", 1));
    Mono<Session> get = other().get(session.id());
    assertThat(value(get).get("n", Integer.class)).contains(1);
    value(store().save(session.set("n", 2)));
    assertThat(value(get).get("n", Integer.class)).contains(2);
  }

  @Test
  void unknownIdIsEmpty() {
    assertEmpty(store().get(UNKNOWN_ID));
  }

  @Test
  void twoReadsGiveTwoCopies() {
    String id = created(Map.of("n", 1)).id();
    Session first = value(store().get(id));
    Session second = value(store().get(id));
    first.set("n", 2);
    assertThat(second.get("n", Integer.class)).contains(1);
  }

  @Test
  void timesAreInWholeMilliseconds() {
    Session session = stored(created());
    assertThat(session.createdAt()).isEqualTo(session.createdAt().truncatedTo(MILLIS));
    assertThat(session.lastAccessedAt()).isEqualTo(session.lastAccessedAt().truncatedTo(MILLIS));
  }

  @Test
  void timesAreTheSameForEveryInstance() {
    Session session = created();
    Session read = stored(session);
    assertThat(read.createdAt()).isEqualTo(session.createdAt());
    assertThat(read.lastAccessedAt()).isEqualTo(session.lastAccessedAt());
    assertThat(read.idleTimeout()).isEqualTo(session.idleTimeout());
    assertThat(read.expiresAt()).isEqualTo(session.expiresAt());
  }

  @Test
  void firstAccessIsTheCreation() {
    Session session = created();
    assertThat(session.lastAccessedAt()).isEqualTo(session.createdAt());
  }

  @Test
  void getAllAnswersInTheOrderOfTheIds() {
    List<String> ids = Stream.generate(() -> created().id()).limit(20).toList();
    assertThat(all(store().getAll(ids)).stream().map(Session::id)).containsExactlyElementsOf(ids);
  }

  @Test
  void getAllLeavesOutWhatIsAbsent() {
    Session session = created(Map.of("n", 1));
    List<Session> found = all(store().getAll(List.of(UNKNOWN_ID, session.id(), "malformed")));
    assertThat(found).hasSize(1);
    assertThat(found.get(0).get("n", Integer.class)).contains(1);
  }

  @Test
  void getAllAnswersEachTimeThatAnIdIsGiven() {
    String first = created().id();
    String second = created().id();
    assertThat(all(store().getAll(List.of(first, second, first))).stream().map(Session::id))
        .containsExactly(first, second, first);
  }

  @Test
  void getAllOfNoIdsIsEmpty() {
    assertEmpty(store().getAll(List.of()));
  }

  @Test
  void getAllAsksAnewAtEachSubscription() {
    String id = created().id();
    Flux<Session> all = store().getAll(List.of(id));
    assertThat(all(all)).hasSize(1);
    value(other().delete(id));
    assertEmpty(all);
  }

  @Test
  void sessionFromGetAllCanBeSaved() {
    Session session = all(store().getAll(List.of(created().id()))).get(0);
    value(store().save(session.set("n", 1)));
    assertThat(stored(session).get("n", Integer.class)).contains(1);
  }

  @Test
  void namesAreAnUnmodifiableSnapshotThatCountsOwnChangesIn() {
    Session session = stored(created(Map.of("kept", 1, "removed", 1)));
    session.set("added", 1).remove("removed");
    Set<String> names = session.names();
    session.set("later", 1);
    assertThat(names).containsExactlyInAnyOrder("kept", "added");
    assertThatThrownBy(() -> names.add("x")).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void absentAttributeIsEmptyWhateverTheType() {
    Session session = stored(created());
    assertThat(session.get("none", Integer.class)).isEmpty();
    assertThat(session.get("none", String.class)).isEmpty();
  }

  @Test
  void toStringTellsNeitherIdNorValue() {
    Session session = created(Map.of("user", "top-secret"));
    assertThat(session.toString()).doesNotContain(session.id(), "top-secret");
    assertThat(stored(session).toString()).doesNotContain(session.id(), "top-secret");
    assertThat(session.set("more", "also-secret").toString()).doesNotContain("also-secret");
    assertThat(store().toString()).doesNotContain(session.id(), "top-secret");
  }
}
