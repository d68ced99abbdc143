package io.latchkey.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;

/**
 * What came of a fault.
 *
 * @param fault what was done
 * @param operations how many were tried
 * @param errors those that failed, by what their callers were told
 * @param allowed the classes that these may be of
 * @param unknown how many of these may have been done
 * @param withoutTouch the longest time between two touches of a session
 * @param withoutSave the longest time between two saves of a session
 * @param lost acknowledged changes that are missing, and nothing explains it
 * @param lostByServer those that the server may lose by its own promise
 * @param resurrected sessions that were found after the acknowledged end of them, or of their id
 * @param undoneByServer those whose end the server may lose by its own promise
 * @param neverAcknowledged changes that were stored, though their callers were told otherwise
 * @param why what the server may lose
 */
record Account(
    String fault,
    long operations,
    Map<String, Long> errors,
    Set<String> allowed,
    long unknown,
    Duration withoutTouch,
    Duration withoutSave,
    long lost,
    long lostByServer,
    long resurrected,
    long undoneByServer,
    long neverAcknowledged,
    String why) {

  /** Nothing is lost and nothing comes back but what the server itself may lose. */
  Account isClean() {
    SoftAssertions.assertSoftly(
        all -> {
          all.assertThat(lost).as("%s: acknowledged changes lost", fault).isZero();
          all.assertThat(resurrected).as("%s: sessions resurrected", fault).isZero();
          all.assertThat(neverAcknowledged).as("%s: refused changes stored", fault).isZero();
          all.assertThat(errors.keySet())
              .as("%s: errors", fault)
              .allMatch(what -> allowed.contains(what.split("[ ,]", 2)[0]));
          all.assertThat(operations).as("%s: operations", fault).isGreaterThan(100);
        });
    return this;
  }

  Account hasErrors() {
    assertThat(errors).as("%s: the fault struck nobody", fault).isNotEmpty();
    return this;
  }

  static String header() {
    return """
        | fault | operations | errors seen by callers | of unknown outcome | longest without touch | longest without save | acknowledged changes lost | sessions resurrected |
        | --- | --- | --- | --- | --- | --- | --- | --- |""";
  }

  String row() {
    String seen =
        errors.isEmpty()
            ? "none"
            : errors.entrySet().stream()
                .map(error -> "%,d %s".formatted(error.getValue(), error.getKey()))
                .collect(Collectors.joining("; "));
    return "| %s | %,d | %s | %,d | %s | %s | %s | %s |"
        .formatted(
            fault,
            operations,
            seen,
            unknown,
            seconds(withoutTouch),
            seconds(withoutSave),
            withServers(lost, lostByServer),
            withServers(resurrected, undoneByServer));
  }

  private static String seconds(Duration time) {
    return "%.2f s".formatted(time.toMillis() / 1000.0);
  }

  private String withServers(long ours, long servers) {
    return servers == 0 ? Long.toString(ours) : ours + " (and %,d by %s)".formatted(servers, why);
  }
}
