package io.latchkey.tck;

import static io.latchkey.tck.Signals.all;
import static io.latchkey.tck.Signals.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

abstract class MergingContract extends ContractTopic {
  MergingContract(SessionStoreContract kit) {
    super(kit);
  }

  @Test
  void savesOfDifferentAttributesBothWin() {
    Session mine = created();
    Session theirs = stored(mine);
    value(other().save(theirs.set("theirs", 1)));
    value(store().save(mine.set("mine", 1)));
    assertThat(stored(mine).names()).containsExactlyInAnyOrder("mine", "theirs");
  }

  @Test
  void ofTheSameAttributeTheLaterSaveWins() {
    Session mine = created(Map.of("n", "old"));
    Session theirs = stored(mine);
    value(other().save(theirs.set("n", "earlier")));
    value(store().save(mine.set("n", "later")));
    assertThat(stored(mine).get("n", String.class)).contains("later");
  }

  @Test
  void saveAnswersWithTheChangesOfOthersToo() {
    Session mine = created(Map.of("n", "old", "removed", 1));
    Session theirs = stored(mine);
    value(other().save(theirs.set("n", "new").set("theirs", 1).remove("removed")));
    Session saved = value(store().save(mine.set("mine", 1)));
    assertThat(saved.names()).containsExactlyInAnyOrder("n", "mine", "theirs");
    assertThat(saved.get("n", String.class)).contains("new");
  }

  @Test
  void removalAndChangeOfAnotherAttributeBothWin() {
    Session mine = created(Map.of("a", 1, "b", 1));
    Session theirs = stored(mine);
    value(other().save(theirs.remove("a")));
    value(store().save(mine.set("b", 2)));
    assertThat(stored(mine).names()).containsExactly("b");
    assertThat(stored(mine).get("b", Integer.class)).contains(2);
  }

  @Test
  void laterRemovalWinsOverAnEarlierChange() {
    Session mine = created(Map.of("n", 1));
    Session theirs = stored(mine);
    value(other().save(theirs.set("n", 2)));
    value(store().save(mine.remove("n")));
    assertThat(stored(mine).names()).isEmpty();
  }

  @Test
  void laterChangeWinsOverAnEarlierRemoval() {
    Session mine = created(Map.of("n", 1));
    Session theirs = stored(mine);
    value(other().save(theirs.remove("n")));
    value(store().save(mine.set("n", 2)));
    assertThat(stored(mine).get("n", Integer.class)).contains(2);
  }

  @Test
  void idleTimeoutOfAnotherSurvivesAChangeOfAnAttribute() {
    Session mine = created();
    Session theirs = stored(mine);
    value(other().save(theirs.idleTimeout(Duration.ofHours(7))));
    value(store().save(mine.set("n", 1)));
    assertThat(stored(mine).idleTimeout()).isEqualTo(Duration.ofHours(7));
  }

  @Test
  void manySavesAtOnceOfDifferentAttributesAllWin() {
    String id = created().id();
    List<Session> copies =
        IntStream.range(0, 8).mapToObj(i -> value(store().get(id)).set("n" + i, i)).toList();
    assertThat(all(Flux.fromIterable(copies).flatMap(copy -> store().save(copy)))).hasSize(8);
    assertThat(value(other().get(id)).names()).hasSize(8);
  }
}
