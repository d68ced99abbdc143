package io.latchkey.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.valkey.Layout;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GeneratorTest {
  @Test
  void sameSeedMakesTheSameHistory() {
    assertThat(Generator.history(42, Layout.HASH)).isEqualTo(Generator.history(42, Layout.HASH));
  }

  @Test
  void hundredSeedsMakeHundredHistoriesWithEveryKindOfFaultAndCall() {
    Set<Object> kinds = new HashSet<>();
    Set<History> histories = new HashSet<>();
    for (int seed = 0; seed < 100; seed++) {
      History history = Generator.history(seed, Layout.STRING);
      histories.add(history);
      for (Step step : history.steps()) {
        kinds.add(
            step instanceof Step.Break fault
                ? fault.kind()
                : step instanceof Step.Begin begin ? begin.kind() : step.getClass());
      }
    }
    assertThat(histories).hasSize(100);
    assertThat(kinds).containsAll(EnumSet.allOf(Step.FaultKind.class));
    assertThat(kinds)
        .contains(
            Kind.CREATE,
            Kind.FIRST_SAVE,
            Kind.GET,
            Kind.SAVE,
            Kind.TOUCH,
            Kind.ROTATE,
            Kind.ROTATE_WITH_GRACE,
            Kind.RENEW,
            Kind.DELETE,
            Kind.UPDATE,
            Step.Cancel.class,
            Step.FlushScripts.class);
  }
}
