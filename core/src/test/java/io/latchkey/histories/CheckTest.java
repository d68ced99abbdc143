package io.latchkey.histories;

import static io.latchkey.histories.Calls.looking;
import static io.latchkey.histories.Calls.merging;
import static io.latchkey.histories.Calls.rejecting;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each check is shown histories that it must object to, and their innocent neighbours. */
class CheckTest {
  private static final String ID = "s1.0";
  private static final String NEXT = "s1.1";

  // Nothing is lost.

  @Test
  void acknowledgedSaveThatIsMissingIsAViolation() {
    assertLost(created(), save(3, 4, "a", "x"), get(5, 6));
  }

  @Test
  void acknowledgedSaveThatWasOverwrittenByOneThatOverlapsItIsNone() {
    assertFine(created(), save(3, 6, "a", "x"), save(4, 5, "a", "y"), get(7, 8, "a", "x"));
    assertFine(created(), save(3, 6, "a", "x"), save(4, 5, "a", "y"), get(7, 8, "a", "y"));
  }

  @Test
  void olderValueAfterALaterSaveIsAViolation() {
    assertLost(created(), save(3, 4, "a", "x"), save(5, 6, "a", "y"), get(7, 8, "a", "x"));
  }

  @Test
  void anotherAttributeThatASaveTookAwayIsAViolation() {
    assertLost(
        created(), save(3, 4, "a", "x"), save(3, 5, "b", "y").sees("b", "y"), get(6, 7, "b", "y"));
  }

  @Test
  void removedAttributeThatIsThereAgainIsAViolation() {
    assertLost(created(), save(3, 4, "a", "x"), save(5, 6, "a", Call.REMOVED), get(7, 8, "a", "x"));
  }

  @Test
  void saveOfUnknownOutcomeMayTakeEffectLateOrNever() {
    assertFine(created(), unknownSave(3, "a", "x"), get(5, 6));
    assertFine(created(), unknownSave(3, "a", "x"), get(5, 6), get(7, 8, "a", "x"));
  }

  @Test
  void saveOfUnknownOutcomeThatTakesEffectTwiceIsAViolation() {
    assertLost(
        created(),
        unknownSave(3, "a", "x"),
        get(5, 6, "a", "x"),
        save(7, 8, "a", "y"),
        get(9, 10, "a", "y"),
        get(11, 12, "a", "x"));
  }

  @Test
  void saveOfUnknownOutcomeThatIsRepeatedByTheCallerMayTakeEffectTwice() {
    assertFine(
        created(),
        unknownSave(3, "a", "x"),
        get(5, 6, "a", "x"),
        save(7, 8, "a", "y"),
        save(9, 10, "a", "x"),
        get(11, 12, "a", "x"));
  }

  @Test
  void valueOfASaveThatFailedForCertainIsAViolation() {
    assertLost(created(), save(3, 4, "a", "x").with(Outcome.FAILED), get(5, 6, "a", "x"));
    assertLost(created(), save(3, 4, "a", "x").with(Outcome.CONFLICT), get(5, 6, "a", "x"));
  }

  @Test
  void halfASaveIsAViolation() {
    assertLost(created(), save(3, 6, "a", "x").writes("b", "y"), get(4, 5, "a", "x"));
  }

  @Test
  void changesOfARotationThatAreMissingAreAViolation() {
    assertLost(
        created(),
        Calls.of(Kind.ROTATE, ID).at(3, 4).to(NEXT).writes("a", "x").sees("a", "x"),
        Calls.of(Kind.GET, NEXT).at(5, 6).sees());
  }

  @Test
  void changesThatAnAbandonedSaveMayHaveStoredNeedNotBeStoredAgain() {
    assertFine(
        created(),
        unknownSave(3, "a", "x"),
        save(5, 6, "a", "y"),
        save(7, 8, "b", "z").perhaps("a", "x"),
        get(9, 10, "a", "y", "b", "z"));
    assertFine(
        created(),
        unknownSave(3, "a", "x"),
        save(5, 6, "a", "y"),
        save(7, 8, "b", "z").perhaps("a", "x"),
        get(9, 10, "a", "x", "b", "z"));
  }

  // The counter.

  @Test
  void incrementThatIsMissingIsAViolation() {
    assertViolation(
        new CounterCheck(), created(), update(3, 4, "1"), update(5, 6, "2"), get(7, 8, "n", "1"));
  }

  @Test
  void incrementThatIsCountedTwiceIsAViolation() {
    assertViolation(new CounterCheck(), created(), update(3, 4, "1"), get(7, 8, "n", "2"));
    assertViolation(
        new CounterCheck(),
        created(),
        Calls.of(Kind.UPDATE, ID).unknownFrom(3).writes("n", Call.INCREMENT),
        get(7, 8, "n", "2"));
  }

  @Test
  void sameCountForTwoUpdatesIsAViolation() {
    assertViolation(new CounterCheck(), created(), update(3, 6, "1"), update(4, 5, "1"));
  }

  @Test
  void incrementOfUnknownOutcomeMayBeCounted() {
    Calls unknown = Calls.of(Kind.UPDATE, ID).unknownFrom(3).writes("n", Call.INCREMENT);
    assertFine(created(), unknown, get(5, 6), get(7, 8, "n", "1"), update(9, 10, "2"));
  }

  // What has ended.

  @Test
  void sessionThatIsReadAfterItsDeletionIsAViolation() {
    assertViolation(
        new NothingComesBackCheck(), created(), Calls.of(Kind.DELETE, ID).at(3, 4), get(5, 6));
  }

  @Test
  void saveOrTouchAfterADeletionIsAViolation() {
    Calls deletion = Calls.of(Kind.DELETE, ID).at(3, 4);
    assertViolation(new NothingComesBackCheck(), created(), deletion, save(5, 6, "a", "x"));
    assertViolation(
        new NothingComesBackCheck(), created(), deletion, Calls.of(Kind.TOUCH, ID).at(5, 6));
  }

  @Test
  void sessionThatIsReadWhileItIsDeletedIsNone() {
    assertFine(created(), Calls.of(Kind.DELETE, ID).at(3, 6), get(4, 7));
  }

  @Test
  void oldIdThatIsAliveAfterARotationIsAViolation() {
    assertViolation(
        new NothingComesBackCheck(),
        created(),
        Calls.of(Kind.ROTATE, ID).at(3, 4).to(NEXT).sees(),
        get(5, 6));
  }

  @Test
  void sessionThatComesBackAfterItExpiredIsAViolation() {
    assertViolation(
        new NothingComesBackCheck(),
        created(),
        get(5_000, 5_001).with(Outcome.ABSENT),
        get(5_002, 5_003));
  }

  @Test
  void firstSaveOfUnknownOutcomeMayAppearLate() {
    assertFine(
        Calls.of(Kind.FIRST_SAVE, ID).unknownFrom(1).writes("a", "x"),
        get(3, 4).with(Outcome.ABSENT),
        get(5, 6, "a", "x"));
  }

  @Test
  void firstSaveOfUnknownOutcomeMustNotAppearTwice() {
    assertViolation(
        new NothingComesBackCheck(),
        Calls.of(Kind.FIRST_SAVE, ID).unknownFrom(1).writes("a", "x"),
        get(3, 4, "a", "x"),
        Calls.of(Kind.DELETE, ID).at(5, 6),
        get(7, 8, "a", "x"));
  }

  // Expiry.

  @Test
  void sessionThatIsAbsentBeforeItsIdleTimeoutIsAViolation() {
    assertViolation(
        new NothingEndsEarlyCheck(),
        created(),
        Calls.of(Kind.TOUCH, ID).at(500, 501),
        get(1_400, 1_401).with(Outcome.ABSENT));
    assertFine(
        created(), Calls.of(Kind.TOUCH, ID).at(500, 501), get(1_600, 1_601).with(Outcome.ABSENT));
  }

  @Test
  void shorterIdleTimeoutOfTheSessionsOwnCounts() {
    assertFine(created(), save(3, 4, Call.IDLE, "100"), get(200, 201).with(Outcome.ABSENT));
    assertViolation(
        new NothingEndsEarlyCheck(),
        created(),
        save(3, 4, Call.IDLE, "100"),
        save(5, 6, Call.IDLE, "1000"),
        get(200, 201).with(Outcome.ABSENT));
  }

  @Test
  void sessionThatMayHaveBeenDeletedMayBeAbsent() {
    assertFine(created(), Calls.of(Kind.DELETE, ID).unknownFrom(3), get(5, 6).with(Outcome.ABSENT));
    assertViolation(
        new NothingEndsEarlyCheck(),
        created(),
        Calls.of(Kind.DELETE, ID).at(3, 4).with(Outcome.FAILED),
        get(5, 6).with(Outcome.ABSENT));
  }

  @Test
  void sessionThatOutlivesItsIdleTimeoutByFarIsAViolation() {
    assertViolation(new NothingOutlivesCheck(), created(), get(9_000, 9_001));
  }

  @Test
  void keyWithoutATimeToLiveIsAViolation() {
    assertThat(new NothingOutlivesCheck().violations(looking(look(ID, -1), created()))).hasSize(1);
  }

  @Test
  void keyThatLivesTooLongIsAViolation() {
    NothingOutlivesCheck check = new NothingOutlivesCheck();
    assertThat(check.violations(looking(look(ID, 1_010), created()))).isEmpty();
    assertThat(check.violations(looking(look(ID, 1_100), created()))).hasSize(1);
  }

  // One id.

  @Test
  void twoIdsOfOneSessionAreAViolation() {
    Look look =
        new Look(
            new Moment(9, 9),
            new Moment(10, 10),
            true,
            List.of(new Look.Key(ID, 100), new Look.Key(NEXT, 100)));
    assertThat(new OneIdCheck().violations(looking(look, created()))).hasSize(1);
  }

  @Test
  void keyOfNobodyIsAViolationUnlessACallOfUnknownOutcomeExplainsIt() {
    OneIdCheck check = new OneIdCheck();
    assertThat(check.violations(looking(look(null, 100), created()))).hasSize(1);
    assertThat(
            check.violations(
                looking(look(null, 100), created(), Calls.of(Kind.CREATE, null).unknownFrom(3))))
        .isEmpty();
  }

  // Conflicts and errors.

  @Test
  void saveThatShouldHaveBeenRejectedIsAViolation() {
    Calls mine = save(7, 8, "a", "x").by(1, 2, 3);
    Calls theirs = save(5, 6, "b", "y").by(2, 2, 3);
    assertThat(new RejectCheck().violations(rejecting(created(), theirs, mine))).isNotEmpty();
    assertThat(new RejectCheck().violations(merging(created(), theirs, mine))).isEmpty();
  }

  @Test
  void twoSavesUponOneReadMustNotBothBeAcknowledged() {
    Calls mine = save(5, 8, "a", "x").by(1, 2, 3);
    Calls theirs = save(6, 7, "b", "y").by(2, 2, 3);
    assertThat(new RejectCheck().violations(rejecting(created(), mine, theirs))).isNotEmpty();
  }

  @Test
  void saveUponALaterReadIsNotToBeRejected() {
    Calls theirs = save(3, 4, "b", "y").by(2, 1, 2);
    Calls mine = save(7, 8, "a", "x").by(1, 5, 6);
    assertThat(new RejectCheck().violations(rejecting(created(), theirs, mine))).isEmpty();
  }

  @Test
  void conflictWithoutAnotherSaveIsAViolation() {
    Calls mine = save(7, 8, "a", "x").by(1, 5, 6).with(Outcome.CONFLICT);
    Calls before = save(3, 4, "b", "y").by(2, 1, 2);
    Calls between = save(7, 7, "b", "y").by(2, 1, 2);
    assertThat(new ErrorsCheck().violations(rejecting(created(), before, mine))).hasSize(1);
    assertThat(new ErrorsCheck().violations(rejecting(created(), between, mine))).isEmpty();
    assertThat(new ErrorsCheck().violations(merging(created(), between, mine))).hasSize(1);
  }

  @Test
  void errorThatIsNotAllowedIsAViolation() {
    assertViolation(new ErrorsCheck(), created(), get(3, 4).with(Outcome.WRONG));
  }

  private static Calls created() {
    return Calls.of(Kind.CREATE, ID).at(1, 2);
  }

  private static Calls save(long from, long to, String name, String value) {
    return Calls.of(Kind.SAVE, ID).at(from, to).writes(name, value);
  }

  private static Calls unknownSave(long from, String name, String value) {
    return Calls.of(Kind.SAVE, ID).unknownFrom(from).writes(name, value);
  }

  private static Calls update(long from, long to, String count) {
    return Calls.of(Kind.UPDATE, ID).at(from, to).writes("n", Call.INCREMENT).sees("n", count);
  }

  private static Calls get(long from, long to, String... seen) {
    return Calls.of(Kind.GET, ID).at(from, to).sees(seen);
  }

  private static Look look(@Nullable String id, long timeToLive) {
    return new Look(
        new Moment(9, 9), new Moment(10, 10), true, List.of(new Look.Key(id, timeToLive)));
  }

  private static void assertLost(Calls... calls) {
    assertViolation(new NothingIsLostCheck(), calls);
  }

  private static void assertViolation(Check check, Calls... calls) {
    assertThat(check.violations(merging(calls))).isNotEmpty();
  }

  private static void assertFine(Calls... calls) {
    assertThat(Check.all(merging(calls))).isEmpty();
  }

  @Test
  void absenceOnAConnectionOutOfStepIsNoLoss() {
    Trace trace =
        Calls.merging(
            Calls.of(Kind.CREATE, "s1.0")
                .at(1, 2)
                .writes(Call.IDLE, "1000")
                .sees(Call.IDLE, "1000"),
            Calls.of(Kind.GET, "s1.0").at(3, 4).with(Outcome.ABSENT).outOfStep());
    assertThat(Check.all(trace)).isEmpty();
  }

  @Test
  void absenceThatIsProvenIsALossAlsoOutOfStep() {
    Trace trace =
        Calls.merging(
            Calls.of(Kind.CREATE, "s1.0")
                .at(1, 2)
                .writes(Call.IDLE, "1000")
                .sees(Call.IDLE, "1000"),
            Calls.of(Kind.TOUCH, "s1.0").at(3, 4).with(Outcome.ABSENT).outOfStep());
    assertThat(Check.all(trace)).isNotEmpty();
  }

  @Test
  void absenceAfterTheConnectionIsALoss() {
    Trace trace =
        Calls.merging(
            Calls.of(Kind.CREATE, "s1.0")
                .at(1, 2)
                .writes(Call.IDLE, "1000")
                .sees(Call.IDLE, "1000"),
            Calls.of(Kind.GET, "s1.0").at(3, 4).with(Outcome.ABSENT));
    assertThat(Check.all(trace)).isNotEmpty();
  }

  @Test
  void insertThatIsBelievedOutOfStepMayNotHaveBeenMade() {
    Calls believed = Calls.of(Kind.CREATE, "s1.0").at(1, 2).inserting();
    Calls get = Calls.of(Kind.GET, "s1.0").at(3, 4).with(Outcome.ABSENT);
    assertThat(Check.all(Calls.merging(believed, get))).isNotEmpty();
    assertThat(Check.all(Calls.merging(believed.outOfStep(), get))).isEmpty();
  }

  @Test
  void formerIdIsOpenWithinItsGraceAlone() {
    Calls create =
        Calls.of(Kind.CREATE, "s1.0").at(1, 2).writes(Call.IDLE, "1000").sees(Call.IDLE, "1000");
    Calls renewal = Calls.of(Kind.RENEW, "s1.0").to("s1.1").at(3, 4);
    Calls within = Calls.of(Kind.GET, "s1.0").at(90, 91).sees(Call.IDLE, "1000");
    Calls after = Calls.of(Kind.GET, "s1.0").at(120, 121).sees(Call.IDLE, "1000");
    Calls early = Calls.of(Kind.GET, "s1.0").at(50, 51).with(Outcome.ABSENT);
    assertThat(Check.all(Calls.merging(create, renewal, within))).isEmpty();
    assertThat(Check.all(Calls.merging(create, renewal, after))).isNotEmpty();
    assertThat(Check.all(Calls.merging(create, renewal, early))).isNotEmpty();
  }

  @Test
  void rotationWithoutGraceClosesAFormerIdAtOnce() {
    Calls create =
        Calls.of(Kind.CREATE, "s1.0").at(1, 2).writes(Call.IDLE, "1000").sees(Call.IDLE, "1000");
    Calls renewal = Calls.of(Kind.RENEW, "s1.0").to("s1.1").at(3, 4);
    Calls signIn = Calls.of(Kind.ROTATE, "s1.1").to("s1.2").at(5, 6).sees(Call.IDLE, "1000");
    Calls get = Calls.of(Kind.GET, "s1.0").at(20, 21).sees(Call.IDLE, "1000");
    assertThat(Check.all(Calls.merging(create, renewal, signIn, get))).isNotEmpty();
  }

  @Test
  void twoNewIdsOfOneRenewalAreFound() {
    Calls create =
        Calls.of(Kind.CREATE, "s1.0").at(1, 2).writes(Call.IDLE, "1000").sees(Call.IDLE, "1000");
    Calls one = Calls.of(Kind.RENEW, "s1.0").to("s1.1").at(3, 5);
    Calls same = Calls.of(Kind.RENEW, "s1.0").to("s1.1").at(4, 6);
    Calls other = Calls.of(Kind.RENEW, "s1.0").to("s1.2").at(4, 6);
    assertThat(Check.all(Calls.merging(create, one, same))).isEmpty();
    assertThat(Check.all(Calls.merging(create, one, other))).isNotEmpty();
  }
}
