package io.latchkey.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import io.latchkey.webflux.testing.Visitor;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Visitors who came while the application ran with Spring Session, and come back after. */
@ParameterizedClass
@EnumSource(names = {"LATCHKEY_MIGRATING", "LATCHKEY_MIGRATING_BY_BOOT"})
class SessionsTakenAlongTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  @SuppressWarnings("NullAway.Init")
  private static RunningShop before;

  @SuppressWarnings("NullAway.Init")
  private static RunningShop after;

  @SuppressWarnings({"NullAway.Init", "unused"})
  @Parameter
  RunningShop.Variant variant;

  @BeforeAll
  static void startBefore() {
    before = RunningShop.start(RunningShop.Variant.SPRING_SESSION, SERVER);
  }

  @BeforeParameterizedClassInvocation
  static void startAfter(RunningShop.Variant variant) {
    after = RunningShop.start(variant, SERVER);
  }

  @AfterParameterizedClassInvocation
  static void stopAfter() throws IOException {
    after.close();
  }

  @AfterAll
  static void stopBefore() throws IOException {
    before.close();
  }

  @Test
  void visitorWhoSignedInBeforeIsStillKnownAndHasTheCart() {
    Visitor visitor = before.visitor();
    visitor.post("/cart/tea");
    visitor.post("/delivery/Elm");
    visitor.signIn();

    Visitor later = after.visitor().with(visitor.id());

    assertThat(later.page("/account")).isEqualTo("ada");
    assertThat(later.page("/cart")).isEqualTo("1 tea");
    later.post("/cart/milk");
    assertThat(later.page("/cart")).isEqualTo("1 tea, 1 milk");
    assertThat(later.page("/delivery")).contains("fee=4.90, speed=EXPRESS");
    assertThat(later.id()).isEqualTo(visitor.id());
  }

  @Test
  void signingInGivesAnIdOfLatchkeys() {
    Visitor visitor = before.visitor();
    visitor.post("/cart/tea");
    String springs = Objects.requireNonNull(visitor.id());

    Visitor later = after.visitor().with(springs);
    later.signIn();

    assertThat(later.id()).matches("[A-Za-z0-9_-]{40}");
    assertThat(later.page("/cart")).isEqualTo("1 tea");
    assertThat(after.visitor().with(springs).page("/cart")).isEqualTo("null");
  }
}
