package io.latchkey.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.UnreadablePolicy;
import io.latchkey.codec.AttributeCodec;
import io.latchkey.internal.TrackedSession.Edit;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrackedSessionTest {
  private final SessionIds ids = new SessionIds();
  private final Snapshot read =
      new Snapshot(
          1,
          1_800_000,
          0,
          1,
          "k3JbV0sQ9xTa",
          ids.next().digest(),
          new Snapshot.PlainBody(1, Map.of(), Map.of()));
  private final TrackedSession session =
      TrackedSession.stored(
          ids.next(),
          ids,
          new Attributes(new AttributeCodec(), UnreadablePolicy.FAIL),
          SessionSettings.DEFAULT,
          read);

  /** Answers come on several connections, and one may have been told by another's conflict. */
  @Test
  void theAnswerToAnEarlierSaveMayComeAfterThatToALaterOne() {
    session.set("a", 1);
    Edit first = session.edit();
    session.set("b", 2);
    Edit second = session.edit();
    Snapshot afterFirst = first.appliedTo(read, 2);
    session.begin(afterFirst.token(), first);
    Snapshot afterBoth = second.appliedTo(afterFirst, 3);
    session.begin(afterBoth.token(), second);
    session.saved(second, afterBoth);
    assertThat(session.edit().isEmpty()).isTrue();
    session.saved(first, afterFirst);
    session.failed("an attempt that nobody remembers");
    assertThat(session.edit().isEmpty()).isTrue();
    assertThat(session.base()).isEqualTo(afterBoth);
    assertThat(session.get("b", Integer.class)).contains(2);
  }

  @Test
  void whatWasChangedWhileASaveWasUnderWayIsLeftForTheNext() {
    session.set("a", 1).set("b", 1);
    Edit first = session.edit();
    session.set("a", 2);
    session.saved(first, first.appliedTo(read, 2));
    assertThat(session.edit().encoded()).containsOnlyKeys("a");
    assertThat(session.get("a", Integer.class)).contains(2);
    assertThat(session.get("b", Integer.class)).contains(1);
  }

  /** An edit has the changes themselves. */
  @Test
  void whatIsChangedLaterIsNoPartOfAnEdit() {
    session.set("a", 1);
    Edit first = session.edit();
    session.set("b", 1);
    Edit second = session.edit();
    session.set("c", 1);
    session.saved(first, first.appliedTo(read, 2));
    assertThat(session.edit().encoded()).containsOnlyKeys("b", "c");
    assertThat(second.encoded()).containsOnlyKeys("a", "b");
  }

  @Test
  void ofManyAttemptsWithoutAnAnswerTheOldestIsForgotten() {
    for (int i = 0; i < 17; i++) {
      session.set("a", i);
      session.begin("token" + i, session.edit());
    }
    assertThat(session.outstanding("token0")).isNull();
    assertThat(session.outstanding("token1")).isNotNull();
    assertThat(session.outstanding("token16")).isNotNull();
    session.failed("token16");
    assertThat(session.outstanding("token16")).isNull();
    assertThat(session.outstanding("token15")).isNotNull();
  }
}
